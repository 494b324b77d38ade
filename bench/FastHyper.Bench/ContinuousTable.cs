using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Problems.Tax;
using FastHyper.Rollouts;

namespace FastHyper.Bench;

/// <summary>
/// Continuous states: environment steps beside a plain loop, leader iterations and where their time goes, and the error of one gradient by
/// estimator and samples.
/// </summary>
internal static class ContinuousTable
{
    private const int Leaders = 10;

    public static void Print(bool quick)
    {
        using CpuBackend backend = new();
        Console.WriteLine($"{MachineLimits.Processor}, {backend.Description}, .NET {Environment.Version}");
        PrintRollouts(backend, quick);
        PrintLeaders(backend, quick);
        PrintErrors(backend, quick);
    }

    private static void PrintRollouts(CpuBackend backend, bool quick)
    {
        using CpuBackend one = new(1);
        SamplingOptions sampling = new() { Steps = 10_000, Streams = 100, EpisodeLimit = 100 };
        using Leader all = Lead(BuildingThermal.Create(), new NaiveEstimator { Sampling = sampling }, backend);
        using Leader single = Lead(BuildingThermal.Create(), new NaiveEstimator { Sampling = sampling }, one);
        PlainBuilding plain = new();
        Interleaved timing = new();
        ulong[] seeds = [.. Enumerable.Range(1, Leaders).Select(seed => (ulong)seed)];
        uint iteration = 0;
        Timed team = timing.Add(() => all.Rollouts!.Sample(all.Follower, seeds, iteration++), Leaders * 10_000);
        Timed alone = timing.Add(() => single.Rollouts!.Sample(single.Follower, seeds, iteration++), Leaders * 10_000);
        Timed loop = timing.Add(() => plain.Roll(10_000, 100), 10_000);
        timing.Run(quick ? 3 : 10);
        Console.WriteLine("Environment steps of building-thermal, 4 state and 2 action dimensions, 6 normal numbers a step, 100 streams");
        TextTable table = new("", "steps/s", "ratio");
        table.Add("a plain C# loop, System.Random", $"{loop.Rate:E2}", "1");
        table.Add("rollouts, 1 thread", $"{alone.Rate:E2}", $"{alone.Rate / loop.Rate:F1}");
        table.Add($"rollouts, {backend.Threads} threads", $"{team.Rate:E2}", $"{team.Rate / loop.Rate:F1}");
        table.Print();
    }

    private static void PrintLeaders(CpuBackend backend, bool quick)
    {
        SamplingOptions many = new() { Steps = 10_000, Streams = 100, EpisodeLimit = 100 };
        SamplingOptions few = new() { Steps = 1000, Streams = 10, EpisodeLimit = 100 };
        SamplingOptions four = new() { Steps = 400, Streams = 4, EpisodeLimit = 100 };
        (string Name, Problem Problem, IHypergradientEstimator Estimator)[] rows =
        [
            ("building-thermal, exact", BuildingThermal.Create(), new ExactEstimator()),
            ("building-thermal, fitted, 10 000 steps", BuildingThermal.Create(), new FittedEstimator { Sampling = many }),
            ("building-thermal, fitted, 1 000 steps", BuildingThermal.Create(), new FittedEstimator { Sampling = few }),
            ("building-thermal, bc-hg, 10 000 steps", BuildingThermal.Create(), new BcHgEstimator { Sampling = many }),
            ("bilevel-lqr, exact", BilevelLqr.Create(), new ExactEstimator()),
            ("bilevel-lqr, fitted, 400 steps", BilevelLqr.Create(), new FittedEstimator { Sampling = four }),
            ("tax-design, exact, 101 points", TaxDesign.Create(new TaxDesignOptions { Points = 101 }), new ExactEstimator()),
            ("pendulum, exact, 41 x 41 points", Pendulum.Create().Discretise(), new ExactEstimator()),
        ];
        Console.WriteLine($"Leader iterations of {Leaders} leaders at once, and the share of time by part");
        TextTable table = new("", "leader iterations/s", "follower", "rollouts", "gradient");
        foreach ((string name, Problem problem, IHypergradientEstimator estimator) in rows)
        {
            using Leader leader = Lead(problem, estimator, backend);
            ulong[] seeds = [.. Enumerable.Range(1, Leaders).Select(seed => (ulong)seed)];
            uint iteration = 1;
            Interleaved timing = new();
            Timed whole = timing.Add(() => leader.Step(), Leaders);
            Timed follower = timing.Add(
                () =>
                {
                    leader.Instances.Configure();
                    leader.Follower.Respond(seeds, iteration++);
                },
                Leaders);
            Timed? rollouts = leader.Rollouts is RolloutSampler sampler
                ? timing.Add(() => sampler.Sample(leader.Follower, seeds, iteration++), Leaders) : null;
            Timed gradient = timing.Add(leader.Hypergradient.Estimate, Leaders);
            timing.Run(quick ? 2 : 5);
            double parts = follower.Seconds + (rollouts?.Seconds ?? 0) + gradient.Seconds;
            table.Add(
                name, $"{whole.Rate:G3}", $"{follower.Seconds / parts:P0}", rollouts is null ? "" : $"{rollouts.Seconds / parts:P0}",
                $"{gradient.Seconds / parts:P0}");
        }

        table.Print();
    }

    private static void PrintErrors(CpuBackend backend, bool quick)
    {
        BuildingThermal problem = BuildingThermal.Create();
        double[] x = new double[problem.ParameterCount];
        GradientEstimate exact = GradientEstimate.Compute(problem, new ExactEstimator(), backend, Precision.F64, 1, at: x);
        double norm = Math.Sqrt(exact.Gradient.Sum(g => g * g));
        Console.WriteLine(
            $"building-thermal at x = 0: error of one gradient, root mean square over {(quick ? 16 : 64)}, beside its norm {norm:F1}; in "
                + "brackets that of their mean");
        TextTable table = new("", "400 steps", "1 000 steps", "10 000 steps");
        BcHgEstimator traces = new();
        ContinuousTraces scores = new() { Transitions = TransitionTerm.Score };
        (string Name, Func<SamplingOptions, IHypergradientEstimator> Create)[] rows =
        [
            ("fitted", sampling => new FittedEstimator { Sampling = sampling }),
            ("fitted, starts as expected", sampling => new FittedEstimator { Sampling = sampling, Starts = StartsKind.Expected }),
            ("bc-hg, centred slopes", sampling => traces with { Sampling = sampling }),
            ("bc-hg, slopes", sampling => traces with { Sampling = sampling, Continuous = new() { Centred = false } }),
            ("bc-hg, centred scores", sampling => traces with { Sampling = sampling, Continuous = scores }),
            ("bc-hg, scores as published", sampling => traces with { Sampling = sampling, Continuous = scores with { Centred = false } }),
            ("naive", sampling => new NaiveEstimator { Sampling = sampling }),
        ];
        foreach ((string name, Func<SamplingOptions, IHypergradientEstimator> create) in rows)
            table.Add([name, .. ((int[])[400, 1000, 10_000]).Select(steps => Error(create, steps))]);
        table.Print();

        string Error(Func<SamplingOptions, IHypergradientEstimator> create, int steps)
        {
            int batches = quick ? 16 : 64;
            SamplingOptions sampling = new() { Steps = steps, Streams = steps / 100, EpisodeLimit = 100 };
            GradientEstimate found = GradientEstimate.Compute(problem, create(sampling), backend, Precision.F64, 1, batches, at: x);
            double bias = found.Gradient.Zip(exact.Gradient, (g, e) => (g - e) * (g - e)).Sum();
            double spread = found.StandardError!.Sum(error => error * error) * batches;
            return $"{Math.Sqrt(bias + spread) / norm:G3} ({Math.Sqrt(bias) / norm:G2})";
        }
    }

    private static Leader Lead(Problem problem, IHypergradientEstimator estimator, Backend backend)
    {
        LeaderOptions options = new() { Leaders = LeaderOptions.Seeds(1, Leaders, 1e-3), Optimizer = OptimizerKind.Adam, GradientClip = 1 };
        Leader leader = new(problem, estimator, options, backend);
        leader.Step();
        return leader;
    }
}
