using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Games;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Bench;

/// <summary>
/// Markov games: what a soft sweep costs as the leader's actions grow, beside the chain over (s, a) with the leader's policy folded in;
/// and what BC-HG's gradient is worth where the follower's values are fitted.
/// </summary>
internal static class GameTable
{
    private const int FollowerActions = 4;
    private const int Successors = 8;
    private const int FoldedAtMost = 8;
    private const int Leaders = 256;

    public static void Print(bool quick)
    {
        using CpuBackend backend = new();
        Console.WriteLine($"{MachineLimits.Processor}, {backend.Description}, .NET {Environment.Version}");
        PrintSweeps(backend, quick);
        PrintEstimates(backend, quick);
    }

    private static void PrintSweeps(CpuBackend backend, bool quick)
    {
        int states = quick ? 2000 : 20_000;
        Console.WriteLine(
            $"Soft sweeps, {states} states, {FollowerActions} follower actions, {Successors} successors, states as lanes; folded: the "
                + "chain over (s, a), its transitions stored");
        TextTable table = new(
            "leader actions", "entries of P", "ms/sweep", "ns/(entry + S L A)", "entries folded", "ms/sweep folded", "folded/game");
        foreach (int leaderActions in (int[])[1, 2, 4, 8, 16, 32])
        {
            GameData data =
                RandomGame.Generate(
                    1, new RandomGameOptions
                    {
                        States = states,
                        LeaderActions = leaderActions,
                        FollowerActions = FollowerActions,
                        Successors = Successors,
                    });
            Interleaved timing = new();
            using Mdp game = Ready(new MarkovGame("game", data), backend);
            Timed own = AddSweep(timing, game);
            using Mdp? folded = leaderActions <= FoldedAtMost ? Ready(Folded(data), backend) : null;
            Timed? chain = folded is null ? null : AddSweep(timing, folded);
            timing.Run(quick ? 3 : 10);
            long entries = data.Transitions.EntryCount, rows = (long)states * leaderActions * FollowerActions;
            table.Add(
                $"{leaderActions}", $"{entries}", $"{1e3 * own.Seconds:F2}", $"{1e9 * own.Seconds / (entries + rows):F2}",
                $"{entries * leaderActions}", chain is null ? "" : $"{1e3 * chain.Seconds:F2}", chain is null ? ""
                    : $"{chain.Seconds / own.Seconds:F1}");
        }

        table.Print();
    }

    private static void PrintEstimates(CpuBackend backend, bool quick)
    {
        MarkovGame game = new(
            "random-game",
            RandomGame.Generate(
                7, new RandomGameOptions { States = 12, Termination = 0.05, Temperature = 0.2, Gamma = 0.95, GammaLeader = 0.95 }));
        CriticOptions exact = new() { Kind = CriticKind.Exact }, sarsa = new() { Kind = CriticKind.Sarsa, Step = 0.1 },
            fit = new() { Kind = CriticKind.ExpectedSarsa, Step = 0.1 };
        int warmUp = quick ? 20 : 200;
        Console.WriteLine(
            $"BC-HG on a random game of 12 states, 3 leader and 4 follower actions, theta fixed, {Leaders} leaders, tables from {warmUp} "
                + "iterations before;");
        Console.WriteLine(
            "bias: |mean - exact|/|exact| (± its standard error), spread: root mean square distance of one estimate from the mean / "
                + "|exact|");
        TextTable table = new("leader's critic, follower's values", "steps", "bias", "spread");
        foreach ((string name, CriticOptions critic, CriticOptions? follower) in new (string, CriticOptions, CriticOptions?)[]
                 {
                     ("exact, known", exact, null), ("exact, fitted", exact, fit), ("SARSA, known", sarsa, null),
                         ("SARSA, fitted", sarsa, fit),
                 })
        {
            foreach (int steps in (int[])[100, 400, 1600])
            {
                BcHgEstimator estimator = new() { Sampling = new() { Steps = steps }, Critic = critic, AverageVisits = false };
                if (follower is not null)
                    estimator = estimator with { FollowerValues = FollowerValuesKind.Fitted, FollowerCritic = follower };
                (double bias, double error, double spread) = Measure(game, estimator, backend, warmUp);
                table.Add(name, $"{steps}", $"{bias:F3} ± {error:F3}", $"{spread:F2}");
            }
        }

        table.Print();
    }

    private static Mdp Ready(FiniteProblem problem, Backend backend)
    {
        Mdp mdp = new(problem, backend, layout: EngineLayout.States);
        mdp.Initialise([1]);
        mdp.Configure();
        return mdp;
    }

    private static Timed AddSweep(Interleaved timing, Mdp mdp)
    {
        DeviceArray v = mdp.Engine.Allocate(ArrayKind.State);
        SweepStatus status = new(1);
        return timing.Add(() =>
        {
            status.Begin();
            mdp.Engine.SoftSweeps(v, mdp.Reward, mdp.Problem.Discount, new SweepLimits(1, 0, 0), status);
        });
    }

    /// <summary>The game as an MDP over (s, a), with a uniform policy of the leader in its transitions.</summary>
    private static IncentiveProblem Folded(GameData game)
    {
        int states = game.Transitions.States, leaderActions = game.LeaderActions;
        Transitions transitions = Transitions.FromRows(
            states * leaderActions, FollowerActions, Successors * leaderActions, (z, b, columns, values) =>
        {
            int[] next = new int[Successors];
            double[] probabilities = new double[Successors];
            int count = game.Transitions.CopyRow(z / leaderActions, (z % leaderActions * FollowerActions) + b, next, probabilities);
            for (int k = 0, at = 0; k < count; k++)
                for (int a = 0; a < leaderActions; a++, at++)
                    (columns[at], values[at]) = ((next[k] * leaderActions) + a, probabilities[k] / leaderActions);
            return count * leaderActions;
        });
        double[] initial = new double[states * leaderActions];
        initial[0] = 1;
        IncentiveContext context = new(
            1, new AffineMap(game.Followers[0].Reward, null), new AffineMap(game.Followers[0].LeaderReward, null), initial);
        return new IncentiveProblem(
            "folded", transitions, 0, new LinkMap(LinkKind.Identity), [context], (_, _) => { }, game.Gamma, game.GammaLeader,
            game.Temperature);
    }

    private static (double Bias, double Error, double Spread) Measure(
        MarkovGame game, BcHgEstimator estimator, CpuBackend backend, int warmUp)
    {
        using Mdp mdp = new(game, backend, Leaders);
        double[] x = new double[game.ParameterCount];
        game.InitialParameters(1, x);
        for (int leader = 0; leader < Leaders; leader++) mdp.Engine.Upload(mdp.X, leader, x);
        mdp.Configure();
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-10 });
        response.Solve();
        using Hypergradient exact = new ExactEstimator().Bind(new EstimationContext(mdp, response, null));
        exact.Estimate();
        double[] expected = Gradients.Of(mdp, exact, 0);
        using EpisodeSampler sampler = new(mdp, estimator.Sampling);
        using Hypergradient estimate = estimator.Bind(new EstimationContext(mdp, response, sampler));
        ulong[] seeds = [.. Enumerable.Range(1, Leaders).Select(i => (ulong)i)];
        for (uint k = 0; k <= warmUp; k++)
        {
            sampler.Sample(response, seeds, k);
            estimate.Estimate();
        }

        double[][] all = [.. Enumerable.Range(0, Leaders).Select(leader => Gradients.Of(mdp, estimate, leader))];
        double[] mean = [.. expected.Select((_, p) => all.Average(g => g[p]))];
        double norm = Gradients.Norm(expected),
            spread = Math.Sqrt(all.Sum(g => g.Zip(mean, (a, b) => (a - b) * (a - b)).Sum()) / (Leaders - 1)) / norm;
        return (Gradients.Norm([.. mean.Zip(expected, (a, b) => a - b)]) / norm, spread / Math.Sqrt(Leaders), spread);
    }
}
