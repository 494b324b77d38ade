using System.Runtime.InteropServices;
using FastHyper.Backends;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Files;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Problems.Games;

namespace FastHyper.Native;

/// <summary>Problems of the caller's arrays, of files and of the catalogue.</summary>
internal static unsafe class Models
{
    private static readonly Lazy<Catalogue> s_catalogue = new(() => new Catalogue());

    /// <summary>What can be had by name.</summary>
    public static Catalogue Catalogue => s_catalogue.Value;

    /// <summary>A problem that is named as the command line names it, with settings <c>key=value</c>, one a line.</summary>
    public static Model Open(string what, string settings)
    {
        if (!what.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
            return new Model(ConfigFile.ResolveProblem(what, Lines(settings), "problem", Catalogue).CreateFiniteProblem("problem"), null);
        if (settings.Length > 0)
            throw new InvalidInputException($"{OneLine.Path(what)}: settings '{OneLine.Value(settings)}'; expected none, a file has all");
        string name = Path.GetFileNameWithoutExtension(what);
        bool isGame;
        using (NpzReader reader = NpzReader.Open(what)) isGame = reader.Contains("follower_reward");
        return isGame ? Of(name, GameFile.Load(what)) : Of(name, ProblemFile.Load(what));
    }

    public static Model Create(string name, ref readonly MdpDescription mdp)
    {
        if (mdp.Size != sizeof(MdpDescription)) throw WrongSize("fh_mdp", mdp.Size, sizeof(MdpDescription));
        mdp.Reward.Require("reward");
        if (mdp.Reward.Rank != 2) throw new InvalidInputException($"{name}: reward: shape {mdp.Reward.Shown()}; expected (S, A)");
        int states = checked((int)mdp.Reward.Length(0)), actions = checked((int)mdp.Reward.Length(1));
        long rows = (long)states * actions;
        ReadOnlySpan<long> pairs = [states, actions];
        SparseMatrix? features = Matrices.Read("features", mdp.Features, pairs, null);
        SparseMatrix? leaderFeatures = Matrices.Read("leader_features", mdp.LeaderFeatures, pairs, features?.ColumnCount);
        int parameters = features?.ColumnCount ?? leaderFeatures?.ColumnCount ?? 0;
        mdp.X.Require("x");
        if (!mdp.X.IsAbsent) mdp.X.RequireShape("x", "as many as features have columns", parameters);
        return Of(name, new ProblemData
        {
            Transitions = Matrices.ReadTransitions(mdp.Transitions, pairs, states, actions, mdp.Flags),
            Reward = mdp.Reward.ToDoubles(),
            LeaderReward = Optional("leader_reward", mdp.LeaderReward, "(S, A)", pairs) ?? new double[rows],
            Prior = Optional("prior", mdp.Prior, "(S, A)", pairs),
            Features = features,
            LeaderFeatures = leaderFeatures,
            ValueFeatures = ValueFeatures(in mdp, states, actions),
            Initial = Optional("initial", mdp.Initial, "(S)", states) ?? Distributions.Uniform(states),
            Gamma = mdp.Gamma,
            GammaLeader = double.IsNaN(mdp.GammaLeader) ? mdp.Gamma : mdp.GammaLeader,
            Temperature = mdp.Temperature,
            X = mdp.X.IsAbsent ? new double[parameters] : mdp.X.ToDoubles(),
        });
    }

    public static Model Create(string name, ref readonly GameDescription game)
    {
        if (game.Size != sizeof(GameDescription)) throw WrongSize("fh_game", game.Size, sizeof(GameDescription));
        StridedArray reward = game.FollowerReward, leader = game.LeaderReward;
        reward.Require("follower_reward");
        if (reward.Rank is not (3 or 4))
            throw new InvalidInputException($"{name}: follower_reward: shape {reward.Shown()}; expected (S, L, A), or (N, S, L, A)");
        long[] shape = [.. Enumerable.Range(0, reward.Rank).Select(axis => reward.Length(axis))];
        leader.RequireShape("leader_reward", "that of follower_reward", shape);
        long[] each = shape[^3..];
        int states = checked((int)each[0]), actions = checked((int)(each[1] * each[2]));
        SparseMatrix? stateFeatures = Matrices.Read("state_features", game.StateFeatures, [states], null);
        return Of(name, new GameData
        {
            Transitions = Matrices.ReadTransitions(game.Transitions, each, states, actions, 0),
            LeaderActions = (int)each[1],
            Followers = reward.Rank == 3
                ? [new GameFollower(reward.ToDoubles(), leader.ToDoubles())]
                : [.. Enumerable.Range(0, (int)shape[0]).Select(n => new GameFollower(reward.At(n).ToDoubles(), leader.At(n).ToDoubles()))],
            Initial = Optional("initial", game.Initial, "(S)", states) ?? Distributions.Uniform(states),
            Gamma = game.Gamma,
            GammaLeader = double.IsNaN(game.GammaLeader) ? game.Gamma : game.GammaLeader,
            Temperature = game.Temperature,
            PolicyFeatures = stateFeatures is null ? null : GameData.LinearInStates(stateFeatures, (int)each[1]),
            Theta = game.Theta.IsAbsent ? null : game.Theta.ToDoubles(),
        });
    }

    public static ProblemInfo Describe(FiniteProblem problem) => new()
    {
        States = problem.Transitions.States,
        Actions = problem.Transitions.Actions,
        Parameters = problem.ParameterCount,
        Entries = problem.Transitions.EntryCount,
        LeaderActions = problem.LeaderActions,
        Contexts = problem.ContextProbabilities.Count,
        Notices = problem.Notices.Count,
        Gamma = problem.Discount,
        GammaLeader = problem.LeaderDiscount,
        Temperature = problem.Temperature,
    };

    /// <summary>The lines of a text that are not empty.</summary>
    public static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Text of the caller's; empty where it is null.</summary>
    public static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    public static InvalidInputException WrongSize(string name, long size, int expected) =>
        new($"{name}: size {size}; expected {expected}, as in the fasthyper.h of this library");

    private static Model Of(string name, ProblemData data) =>
        new(Soft(LinearProblem.Create(name, data)), x => LinearProblem.Create(name, data with { X = x }));

    private static Model Of(string name, GameData data) =>
        new(Soft(new MarkovGame(name, data)), theta => new MarkovGame(name, data with { Theta = theta }));

    /// <summary>Answers here are to be differentiated.</summary>
    private static FiniteProblem Soft(FiniteProblem problem)
    {
        problem.RequireSoft();
        return problem;
    }

    private static FeatureRows? ValueFeatures(ref readonly MdpDescription mdp, int states, int actions)
    {
        bool ofPairs = !mdp.ValueFeatures.IsAbsent, ofStates = !mdp.StateFeatures.IsAbsent;
        if (ofPairs && ofStates) throw new InvalidInputException("state_features: there beside value_features; expected one of them");
        if (!ofPairs && !ofStates)
        {
            if (!mdp.ValueWeights.IsAbsent) throw new InvalidInputException("value_weights: there without value_features; expected none");
            return null;
        }

        double[]? weights = Optional("value_weights", mdp.ValueWeights, "(S, A)", states, actions);
        MatrixDescription matrix = ofPairs ? mdp.ValueFeatures : mdp.StateFeatures;
        FeatureRows rows;
        if (!matrix.Dense.IsAbsent)
        {
            StridedArray dense = matrix.Dense;
            dense.Require("features");
            long width = dense.Rank > 0 ? dense.Length(dense.Rank - 1) : 0;
            if (ofPairs) dense.RequireShape("value_features", "(S, A, k)", states, actions, width);
            else dense.RequireShape("state_features", "(S, f)", states, width);
            rows = ofPairs
                ? FeatureRows.OfPairs(states, actions, dense.ToDoubles())
                : FeatureRows.OfStates(states, actions, dense.ToDoubles());
        }
        else
        {
            rows = ofPairs
                ? FeatureRows.OfPairs(states, actions, Matrices.Read("value_features", matrix, [states, actions], null)!)
                : FeatureRows.OfStates(states, actions, Matrices.Read("state_features", matrix, [states], null)!);
        }

        return rows.Fitted(weights, mdp.Ridge);
    }

    private static double[]? Optional(string name, in StridedArray array, string meaning, params ReadOnlySpan<long> shape)
    {
        if (array.IsAbsent) return null;
        array.RequireShape(name, meaning, shape);
        return array.ToDoubles();
    }
}
