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
    private static readonly List<(double Sweep, double Newton)> Taken = [];

    /// <summary>Prints the tables.</summary>
    /// <param name="quick">Small problems, few rounds.</param>
    /// <param name="python">The interpreter that does the same by NumPy and SciPy, in this run; null for none.</param>
    public static void Print(bool quick, string? python)
    {
        using CpuBackend backend = new();
        using ThreadTeam team = new(backend.Threads);
        using MachineLimits limits = new(512 << 20);
        Console.WriteLine($"{MachineLimits.Processor}, {backend.Description}, .NET {Environment.Version}");
        Console.WriteLine(
            "float64; best times, limits measured in the same rounds; x: time over the larger of bytes/bandwidth and products/peak.");
        Console.WriteLine();
        TextTable table = new("problem", "features", "instances", "part", "ms", "MB", "M products", "limit ms", "x");
        Add(table, backend, team, limits, Random(quick ? 10_000 : 100_000), 1);
        Add(table, backend, team, limits, Tiles(quick ? 200 : 1000), 1);
        Add(table, backend, team, limits, Small(), quick ? 8 : 64);
        table.Print();
        Console.WriteLine();
        if (python is not null) LinearPeer.Print(Taken, python, quick);
        Leads(quick);
        Console.WriteLine();
        Warehouses(backend, quick);
        Console.WriteLine();
        Fits(backend, quick);
    }

    private static (Workload Workload, FeatureRows Features) Random(int states) =>
        (Workload.Random(states, 8, 8), FeatureRows.OfStates(states, 8, Draws(states * 64)));

    private static (Workload Workload, FeatureRows Features) Tiles(int side)
    {
        double[] cells = [.. Enumerable.Range(0, side * side).SelectMany(cell => new double[] { cell / side, cell % side })];
        // 8 · 11² = 968 tiles for each of four actions, of which eight are active.
        FeatureRows tiles = new TileCoding { Tilings = 8, Tiles = 10 }.Create(4, new StateCoordinates(side * side, cells));
        return (Workload.Grid(side), tiles.Fitted(null, 1e-3));
    }

    private static (Workload Workload, FeatureRows Features) Small() =>
        (Workload.Random(4096, 4, 8), FeatureRows.OfPairs(4096, 4, Draws(4096 * 4 * 32)));

    private static double[] Draws(int count)
    {
        double[] draws = new double[count];
        for (int k = 0; k < count; k++) draws[k] = Philox.Uniforms((uint)k, Philox.Purpose.Problem, 5, 5, 1).First - 0.5;
        return draws;
    }

    private static void Add(
        TextTable table, CpuBackend backend, ThreadTeam team, MachineLimits limits, (Workload Workload, FeatureRows Features) given,
        int instances)
    {
        (Workload workload, FeatureRows features) = given;
        Transitions transitions = workload.Transitions;
        using Mdp mdp = workload.OnDevice(backend, leaders: instances);
        Engine engine = mdp.Engine;
        engine.SetTemperatures([.. Enumerable.Repeat(0.1, instances)]);
        using FittedSystems systems = FittedSystems.Create(mdp, features, null, null);
        systems.WriteGrams();
        int k = features.Count;
        bool stored = systems is DenseFittedSystems;
        double[] w = Draws(instances * k), sums = new double[instances * k], b = new double[instances * k];
        double[] matrices = stored ? new double[instances * k * k] : [];
        using DeviceArray v = engine.Allocate(ArrayKind.State), policy = engine.Allocate(ArrayKind.StateAction),
            rows = engine.Allocate(ArrayKind.StateAction);
        engine.FeatureResponse(features, w, v, policy);
        DenseSystem system = new(stored ? k : 1);
        int products = 0;
        Interleaved timing = new();
        Timed read = timing.Add(() => limits.Read(team), MachineLimits.BytesRead);
        Timed peak = timing.Add(() => limits.MultiplyAdds(team), MachineLimits.MultiplyAddsDone(team));
        Timed response = timing.Add(() => engine.FeatureResponse(features, w, v, policy));
        Timed backup = timing.Add(() => engine.ActionValues(v, mdp.Reward, 0.99, rows));
        Timed projection = timing.Add(() => engine.FeatureSums(features, rows, true, sums));
        Timed fit = timing.Add(() => systems.Fit(b));
        Timed? matrix = null, factors = null, steps = null;
        if (stored)
        {
            matrix = timing.Add(() => engine.FeatureMatrices(features, policy, 0.99, matrices));
            factors = timing.Add(() =>
            {
                for (int i = 0; i < instances; i++) system.Factorise(matrices.AsSpan(i * k * k, k * k), features.Ridge);
            });
        }
        else
        {
            matrix = timing.Add(() => systems.Prepare(policy));
            steps = timing.Add(() =>
            {
                sums.CopyTo(b, 0);
                products = systems.Solve(b);
            });
        }

        timing.Run(Rounds);
        // Features that groups of states share are multiplied with once for each group; a state then costs its group's number.
        double states = transitions.States, pairs = states * transitions.Actions, entries = transitions.Matrix.EntryCount;
        double numbers = features.Dense?.LongLength ?? features.Sparse!.EntryCount;
        double perPair = features.IsPerAction ? numbers / states : numbers / pairs;
        double responders = features.Groups is FeatureGroups groups ? groups.Count * (double)transitions.Actions : pairs;
        double featureBytes = features.Groups is null ? features.Bytes : 4 * states;
        double transitionBytes = engine.TransitionBytes > 0 ? engine.TransitionBytes : 12 * entries;
        double multiplied = responders * perPair * instances, numbersOfAll = 8.0 * instances;
        double fitBytes = stored ? 8.0 * k * k : 8.0 * features.Width * features.Width;
        bool first = true;
        Row("V, policy", response, featureBytes + (numbersOfAll * (pairs + states)), multiplied);
        Row("r + γ P V", backup, transitionBytes + (numbersOfAll * ((2 * pairs) + states)), entries * instances);
        Row("projection", projection, featureBytes + (numbersOfAll * pairs), multiplied);
        Row("fit", fit, fitBytes, instances * (stored ? (double)k * k : (double)k * features.Width));
        double sweep = response.Seconds + backup.Seconds + projection.Seconds + fit.Seconds;
        double sweepBytes = (2 * featureBytes) + transitionBytes + (numbersOfAll * ((4 * pairs) + (2 * states))) + fitBytes;
        Sum("sweep", sweep, sweepBytes, (2 * multiplied) + (entries * instances));
        if (factors is not null)
        {
            // ΦᵀDP is kept: what is left is a product of k by k for each state.
            double wide = (states * k * k) + (features.IsPerAction ? states * k : pairs * k), cubic = Math.Pow(k, 3) / 3 * instances;
            Row("matrix", matrix!, features.Bytes + (8 * states * k), wide * instances);
            Row("factors", factors, 8.0 * k * k * instances, cubic);
            Taken.Add((sweep, sweep + matrix!.Seconds + factors.Seconds));
            Sum("Newton step", sweep + matrix!.Seconds + factors.Seconds, features.Bytes, (wide * instances) + cubic);
            return;
        }

        // Rows of groups of states by groups that follow, and once more for each of their features.
        double assembled = ((KrylovFittedSystems)systems).AssembledCount, added = entries * transitions.Actions;
        Row("matrix", matrix!, transitionBytes + (numbersOfAll * pairs) + (4 * states), added);
        Row($"{products} products", steps!, products * 12 * assembled, products * assembled);
        Taken.Add((sweep, sweep + matrix!.Seconds + steps!.Seconds));
        Sum(
            "Newton step", sweep + matrix!.Seconds + steps!.Seconds,
            sweepBytes + transitionBytes + (numbersOfAll * pairs) + (products * 12 * assembled), 0);

        void Row(string part, Timed time, double bytes, double multiplications) => Sum(part, time.Seconds, bytes, multiplications);

        void Sum(string part, double seconds, double bytes, double multiplications)
        {
            double limit = Math.Max(bytes * read.Seconds, multiplications * peak.Seconds);
            table.Add(
                first ? workload.Name : "", first ? $"{k}" : "", first ? $"{instances}" : "", part, $"{seconds * 1e3:F2}",
                $"{bytes / 1e6:F1}", $"{multiplications / 1e6:F1}", $"{limit * 1e3:F3}", $"{seconds / limit:F1}");
            first = false;
        }
    }

    private static void Leads(bool quick)
    {
        FourRooms rooms = FourRooms.Create(new FourRoomsOptions { Temperature = 0.005 });
        FeatureRows features = new RandomFourierFeatures { Count = 7 }.Create(4, StateCoordinates.Of(rooms.Grid)).Fitted(null, 1e-3);
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
