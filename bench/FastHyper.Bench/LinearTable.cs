using System.Diagnostics;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Followers;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Followers.LinearSystems;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Bench;

/// <summary>
/// Followers that are linear in features: what a sweep and a Newton step take, by part, beside the larger of their bytes over the measured
/// bandwidth and their products over the measured multiply–add peak; leaders over few features; and fits of a replacement problem.
/// </summary>
internal static class LinearTable
{
    private const int Rounds = 5;

    public static void Print(bool quick)
    {
        using CpuBackend backend = new();
        using ThreadTeam team = new(backend.Threads);
        using MachineLimits limits = new(512 << 20);
        Console.WriteLine($"{MachineLimits.Processor}, {backend.Description}, .NET {Environment.Version}");
        Console.WriteLine(
            "float64; best times, limits measured in the same rounds; x: time over the larger of bytes/bandwidth and products/peak.");
        Console.WriteLine();
        TextTable table = new("problem", "features", "instances", "part", "ms", "MB", "M products", "limit ms", "x");
        Add(table, backend, team, limits, $"random {(quick ? 10_000 : 100_000)} x 8 x 8", Random(quick ? 10_000 : 100_000), 1);
        Add(table, backend, team, limits, $"grid {(quick ? 200 : 1000)}, tiles", Tiles(quick ? 200 : 1000), 1);
        Add(table, backend, team, limits, "random 4096 x 4 x 8", Small(), quick ? 8 : 64);
        table.Print();
        Console.WriteLine();
        Leads(quick);
        Console.WriteLine();
        Warehouses(backend, quick);
        Console.WriteLine();
        Fits(backend, quick);
    }

    private static (Transitions Transitions, FeatureRows Features) Random(int states) =>
        (Workload.Random(states, 8, 8).Transitions, FeatureRows.OfStates(states, 8, Draws(states * 64)));

    private static (Transitions Transitions, FeatureRows Features) Tiles(int side)
    {
        double[] cells = [.. Enumerable.Range(0, side * side).SelectMany(cell => new double[] { cell / side, cell % side })];
        // 8 · 11² = 968 tiles for each of four actions, of which eight are active.
        FeatureRows tiles = new TileCoding { Tilings = 8, Tiles = 10 }.Create(4, new StateCoordinates(side * side, cells));
        return (Workload.Grid(side).Transitions, tiles.Fitted(null, 1e-3));
    }

    private static (Transitions Transitions, FeatureRows Features) Small() =>
        (Workload.Random(4096, 4, 8).Transitions, FeatureRows.OfPairs(4096, 4, Draws(4096 * 4 * 32)));

    private static double[] Draws(int count)
    {
        double[] draws = new double[count];
        for (int k = 0; k < count; k++) draws[k] = Philox.Uniforms((uint)k, Philox.Purpose.Problem, 5, 5, 1).First - 0.5;
        return draws;
    }

    private static void Add(
        TextTable table, CpuBackend backend, ThreadTeam team, MachineLimits limits, string name,
        (Transitions Transitions, FeatureRows Features) problem, int instances)
    {
        (Transitions transitions, FeatureRows features) = problem;
        using Engine engine = backend.CreateEngine(transitions, new EngineOptions(instances, 1));
        engine.SetTemperatures([.. Enumerable.Repeat(0.1, instances)]);
        int k = features.Count;
        double[] w = Draws(instances * k), sums = new double[instances * k], matrices = new double[instances * k * k];
        using DeviceArray v = engine.Allocate(ArrayKind.State), policy = engine.Allocate(ArrayKind.StateAction),
            rows = engine.Allocate(ArrayKind.StateAction), reward = engine.Allocate(ArrayKind.StateAction);
        engine.FeatureResponse(features, w, v, policy);
        engine.ActionValues(v, reward, 0.99, rows);
        engine.FeatureMatrices(features, policy, 0.99, matrices);
        DenseSystem system = new(k);
        double[] b = new double[k];
        Interleaved timing = new();
        Timed read = timing.Add(() => limits.Read(team), MachineLimits.BytesRead);
        Timed peak = timing.Add(() => limits.MultiplyAdds(team), MachineLimits.MultiplyAddsDone(team));
        Timed response = timing.Add(() => engine.FeatureResponse(features, w, v, policy));
        Timed backup = timing.Add(() => engine.ActionValues(v, reward, 0.99, rows));
        Timed projection = timing.Add(() => engine.FeatureSums(features, rows, true, sums));
        Timed matrix = timing.Add(() => engine.FeatureMatrices(features, policy, 0.99, matrices));
        Timed factors = timing.Add(() =>
        {
            for (int i = 0; i < instances; i++) system.Factorise(matrices.AsSpan(i * k * k, k * k), features.Ridge);
        });
        Timed fit = timing.Add(() =>
        {
            for (int i = 0; i < instances; i++) system.Solve(b);
        });
        timing.Run(Rounds);
        double pairs = (double)transitions.States * transitions.Actions, numbers = features.Dense?.LongLength
            ?? features.Sparse!.EntryCount;
        double perPair = features.IsPerAction ? numbers / transitions.States : numbers / pairs;
        double transitionBytes = engine.TransitionBytes > 0 ? engine.TransitionBytes : 12.0 * transitions.Matrix.EntryCount;
        double products = pairs * perPair * instances;
        // Rows of Φ − γ P Ψ are dense in k where features are, and have the entries of all successors' actions where not.
        double entries = transitions.Matrix.EntryCount, wide = features.Dense is not null
            ? (entries * k) + (pairs * perPair * k)
            : entries * transitions.Actions * perPair * perPair;
        Row("V, policy", response, features.Bytes + (8 * instances * (pairs + transitions.States)), products);
        Row("r + γ P V", backup, transitionBytes + (8 * instances * ((2 * pairs) + transitions.States)), entries * instances);
        Row("projection", projection, features.Bytes + (8 * instances * pairs), products);
        Row("solve k x k", fit, 8.0 * k * k * instances, (double)k * k * instances);
        double sweep = response.Seconds + backup.Seconds + projection.Seconds + fit.Seconds;
        Sum(
            "sweep", sweep, (2 * features.Bytes) + transitionBytes + (8 * instances * ((4 * pairs) + (2.0 * transitions.States))),
            (2 * products) + (entries * instances));
        Row("matrix", matrix, features.Bytes + (12 * entries), wide * instances);
        Row("factors", factors, 8.0 * k * k * instances, Math.Pow(k, 3) / 3 * instances);
        Sum("Newton step", sweep + matrix.Seconds + factors.Seconds, features.Bytes, (wide * instances) + (Math.Pow(k, 3) / 3 * instances));

        void Row(string part, Timed time, double bytes, double multiplications) => Sum(part, time.Seconds, bytes, multiplications);

        void Sum(string part, double seconds, double bytes, double multiplications)
        {
            double limit = Math.Max(bytes * read.Seconds, multiplications * peak.Seconds);
            table.Add(
                part == "V, policy" ? name : "", part == "V, policy" ? $"{k}" : "", part == "V, policy" ? $"{instances}"
                    : "", part, $"{seconds * 1e3:F2}",
                $"{bytes / 1e6:F1}", $"{multiplications / 1e6:F1}", $"{limit * 1e3:F3}", $"{seconds / limit:F1}");
        }
    }

    private static void Leads(bool quick)
    {
        FourRooms rooms = FourRooms.Create(new FourRoomsOptions { Temperature = 0.005 });
        FeatureRows features = new RadialFeatures { Points = 3 }.Create(4, StateCoordinates.Of(rooms.Grid)).Fitted(null, 1e-3);
        int iterations = quick ? 20 : 200;
        TextTable table = new("four rooms, exact gradient, 10 seeds, 1 thread", "features", "iterations/s");
        foreach (bool linear in (bool[])[false, true])
        {
            using CpuBackend one = new(1);
            LeaderOptions options = new()
            {
                Leaders = LeaderOptions.Seeds(1, 10, 0.1),
                CreateFollower = linear
                    ? mdp => new LinearResponse(mdp, features, new SolveOptions { Tolerance = 1e-7 })
                    : mdp => new BestResponse(mdp, new SolveOptions { Tolerance = 1e-7 }),
            };
            using Leader leader = new(rooms, new ExactEstimator(1e-10), options, one);
            for (int i = 0; i < 3; i++) leader.Step();
            long begin = Stopwatch.GetTimestamp();
            for (int i = 0; i < iterations; i++) leader.Step();
            table.Add(
                linear ? "linear" : "tabular", linear ? $"{features.Count}" : "",
                $"{iterations / Stopwatch.GetElapsedTime(begin).TotalSeconds:F0}");
        }

        table.Print();
    }

    /// <summary>
    /// A warehouse priced by the exact gradient, its robot of any values, or of values that are the same in each of some boxes.
    /// </summary>
    private static void Warehouses(CpuBackend backend, bool quick)
    {
        int side = quick ? 100 : 316, iterations = quick ? 5 : 30;
        Warehouse problem = Warehouse.Create(new WarehouseOptions { Rows = side, Columns = side, Start = WarehouseStart.Aisles });
        FeatureRows features = new AggregatedFeatures { Boxes = 8 }.Create(problem.Transitions.Actions, StateCoordinates.Of(problem.Grid))
            .Fitted(null, 1e-4);
        TextTable table = new(
            $"warehouse {side} x {side}, {problem.ParameterCount} prices, exact gradient", "features", "iterations", "J before", "J after",
            "s an iteration", "J with a robot of any values");
        foreach (bool linear in (bool[])[false, true])
        {
            LeaderOptions options = new()
            {
                Leaders = LeaderOptions.Seeds(1, 1, 0.1),
                Optimizer = OptimizerKind.Adam,
                CreateFollower = linear
                    ? mdp => new LinearResponse(mdp, features, new SolveOptions { Tolerance = 1e-6 })
                    : mdp => new BestResponse(mdp, new SolveOptions { Tolerance = 1e-5 }),
            };
            using Leader leader = new(problem, new ExactEstimator(1e-4), options, backend);
            using LeaderReturn value = new(leader.Mdp, new SolveOptions { Tolerance = 1e-6 });
            using ObjectiveEvaluator evaluator = new(problem, 1, backend, 1e-6);
            double[] before = new double[1], after = new double[1], judged = new double[1];
            leader.Step();
            value.Evaluate(leader.Response.Policy, before);
            long begin = Stopwatch.GetTimestamp();
            for (int i = 1; i < iterations; i++) leader.Step();
            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds / (iterations - 1);
            value.Evaluate(leader.Response.Policy, after);
            evaluator.Evaluate(leader, judged);
            table.Add(
                linear ? "linear" : "of any values", linear ? $"{features.Count}" : "", $"{iterations}", $"{before[0]:F3}",
                $"{after[0]:F3}", $"{seconds:F2}", $"{judged[0]:F3}");
        }

        table.Print();
    }

    private static void Fits(CpuBackend backend, bool quick)
    {
        TextTable table = new(
            "replacement, 20 000 simulated choices: states", "discount", "fit ms", "steps", "RC (6)", "±", "theta (3)", "±");
        foreach ((int states, double gamma, double scale) in ((int, double, double)[])[
            (5, 0.99, 0.4), (20, 0.999, 0.0045), (90, 0.9999, 0.001), (500, 0.9999, 0.00018)])
        {
            ReplacementOptions options = new() { States = states, Gamma = gamma, CostScale = scale };
            LogLikelihoodObjective choices = Simulate(backend, Replacement.Create(options with { X = [6, 3] }));
            IncentiveProblem problem = Replacement.Create(options);
            MaximumLikelihood fit = MaximumLikelihood.Fit(problem, choices, backend);
            double best = double.PositiveInfinity;
            for (int round = 0; round < (quick ? 2 : 10); round++)
            {
                long begin = Stopwatch.GetTimestamp();
                fit = MaximumLikelihood.Fit(problem, choices, backend);
                best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            }

            table.Add(
                $"{states}", $"{gamma}", $"{best:F1}", $"{fit.Steps}", $"{fit.X[0]:F3}", $"{fit.StandardErrors[0]:F3}", $"{fit.X[1]:F3}",
                $"{fit.StandardErrors[1]:F3}");
        }

        table.Print();
    }

    private static LogLikelihoodObjective Simulate(CpuBackend backend, IncentiveProblem problem)
    {
        using Mdp mdp = new(problem, backend);
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-11 });
        using EpisodeSampler sampler = new(mdp, new SamplingOptions { Steps = 20_000, Streams = 100, EpisodeLimit = 200 });
        mdp.Initialise([3]);
        mdp.Configure();
        response.Respond([3], 0);
        sampler.Sample(response, [3], 0);
        RolloutRecord record = sampler.Buffer.Download();
        return new LogLikelihoodObjective(record.State, record.Action);
    }
}
