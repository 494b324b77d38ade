using FastHyper.Files;
using FastHyper.Problems.Files;

namespace FastHyper.Problems.Games;

/// <summary>
/// Reads a game: all names and shapes from the headers, and what they take together; then what is short; and the entries of its
/// matrices last.
/// </summary>
internal sealed class GameReader(NpzReader reader, string file, long memoryLimit)
{
    private const string DenseTransitions = "P", StateFeatures = "state_features";
    private static readonly string[] s_compressed = ["indptr", "indices", "data"];
    private static readonly string[] s_vectors = ["follower_reward", "leader_reward", "initial", "theta"];
    private readonly ProblemArrays _arrays = new(reader, file);

    /// <summary>Names of the arrays that are read.</summary>
    public static IReadOnlyList<string> ArrayNames { get; } =
    [
        "indptr", "indices", "data", "P_indptr", "P_indices", "P_data", DenseTransitions, "follower_reward", "leader_reward", "initial",
        "gamma", "gamma_leader", "temperature", "theta", StateFeatures,
    ];

    public GameData Read()
    {
        _arrays.RequireKnown(ArrayNames, ProblemReader.ArrayNames);
        (int followers, int states, int leaderActions, int actions) = RequireShapes();
        StoredMatrix transitions = RequireTransitions(states, leaderActions, actions);
        StoredMatrix? features = RequireFeatures(states, leaderActions);
        reader.RequireMemory(
        [
            .. transitions.Arrays, .. features?.Arrays ?? [],
            .. s_vectors.Where(reader.Contains).Select(name => (name, sizeof(double))),
        ]);

        (double gamma, double gammaLeader, double temperature) = _arrays.ReadScalars();
        double[] initial = _arrays.ReadInitial(states);
        transitions.ReadOffsets();
        double[] reward = reader.ReadDoubles("follower_reward").Data, leaderReward = reader.ReadDoubles("leader_reward").Data;
        int rows = reward.Length / followers;
        return GameCheck.Require(file, new GameData
        {
            Transitions = _arrays.ReadTransitions(states, leaderActions * actions, transitions),
            LeaderActions = leaderActions,
            Followers = [.. Enumerable.Range(0, followers)
                .Select(n => new GameFollower(reward[(n * rows)..((n + 1) * rows)], leaderReward[(n * rows)..((n + 1) * rows)]))],
            Initial = initial,
            Gamma = gamma,
            GammaLeader = gammaLeader,
            Temperature = temperature,
            PolicyFeatures = features is null ? null : GameData.LinearInStates(features.Read(features.Columns!.Value), leaderActions),
            Theta = reader.Contains("theta") ? reader.ReadDoubles("theta").Data : null,
        });
    }

    private (int Followers, int States, int LeaderActions, int Actions) RequireShapes()
    {
        int[] shape = reader.ReadHeader("follower_reward").Shape;
        int[] game = shape.Length == 4 ? shape[1..] : shape;
        if (shape.Length is not (3 or 4) || shape.Any(n => n < 1)
            || shape.Aggregate(1L, (product, n) => Math.Min(product * n, Array.MaxLength)) >= Array.MaxLength)
            throw _arrays.Refuse(
                "follower_reward", $"shape {NpyHeader.Shown(shape)}",
                "(states, leader actions, follower actions), after (followers) where there are several, at least one of each");
        _arrays.RequireShape("leader_reward", "that of follower_reward", shape);
        if (reader.Contains("initial")) _arrays.RequireShape("initial", "(states) as in follower_reward", game[0]);
        return (shape.Length == 4 ? shape[0] : 1, game[0], game[1], game[2]);
    }

    private StoredMatrix RequireTransitions(int states, int leaderActions, int actions)
    {
        (string, int[]) rows = ("states x leader actions x follower actions", [states, leaderActions, actions]);
        string prefix = s_compressed.Any(name => reader.Contains("P_" + name)) ? "P_" : "";
        string? second = prefix.Length > 0 ? s_compressed.FirstOrDefault(reader.Contains) : null;
        if (second is not null) throw _arrays.Refuse(second, $"there beside P_{second}", "one of them");
        StoredMatrix transitions = _arrays.FindMatrix(DenseTransitions, prefix, rows, "states")
            ?? _arrays.RequireDense(DenseTransitions, rows, "states");
        if (transitions.IsDense)
            _arrays.RequireShape(
                DenseTransitions, "(states, leader actions, follower actions, states)", states, leaderActions, actions, states);
        else transitions.RequireEntries(states);
        return transitions;
    }

    private StoredMatrix? RequireFeatures(int states, int leaderActions)
    {
        StoredMatrix? features = null;
        if (reader.Contains(StateFeatures))
        {
            features = _arrays.RequireDense(StateFeatures, ("states", [states]), "features");
            int[] shape = reader.ReadHeader(StateFeatures).Shape;
            if (shape[1] < 1)
                throw _arrays.Refuse(StateFeatures, $"shape {NpyHeader.Shown(shape)}", $"({states}, features), at least one of them");
            // Each of them counts once for each leader action, in theta and in the policy's features.
            long limit = Math.Min(Array.MaxLength, memoryLimit / 12);
            if ((long)shape[1] * leaderActions >= limit || (long)shape[0] * shape[1] * leaderActions >= limit)
                throw _arrays.Refuse(
                    StateFeatures, $"shape {NpyHeader.Shown(shape)} for {leaderActions} leader actions",
                    "features that fit in memory once for each leader action");
        }

        if (reader.Contains("theta"))
        {
            if (features?.Columns is int k) _arrays.RequireShape("theta", "(leader actions, features)", leaderActions, k);
            else _arrays.RequireShape("theta", "(states, leader actions)", states, leaderActions);
        }

        return features;
    }
}
