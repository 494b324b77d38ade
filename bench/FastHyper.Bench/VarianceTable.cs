using System.Diagnostics;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Bench;

/// <summary>
/// Error of the sampled gradient, ‖ĝ − g‖/‖g‖, against the environment steps of a leader iteration. Seeds are leaders of one
/// engine, which go the same straight path to the x that counts, so that critics and reuse look back on what moved.
/// </summary>
internal sealed partial class VarianceTable(FiniteProblem problem, int seeds, int iterations)
{
    /// <summary>Length of a leader's step on the path.</summary>
    private const double Step = 0.02;
    private readonly double[] _end = Start(problem);
    private double[] _exact = [];
    private double[] _direction = [];

    public static void Print(bool quick)
    {
        const int seeds = 24, iterations = 50;
        int[] budgets = quick ? [400] : [100, 400, 1600];
        Stopwatch watch = Stopwatch.StartNew();
        Console.WriteLine(
            $"Gradient error |g' - g|/|g|, mean of {seeds} seeds ± its standard error, by environment steps in an iteration.");
        Console.WriteLine(
            $"Iteration {iterations} of a path of steps {Step}; the best critic step of {string.Join(", ", CriticSteps)} for each cell, "
                + "after the error.");
        Console.WriteLine(
            "An estimate of zero has error 1. Learned critics and reuse have seen all iterations before; the others need the last alone.");
        Console.WriteLine();
        foreach ((string title, FiniteProblem problem) in Problems())
        {
            VarianceTable table = new(problem, seeds, iterations);
            table.SolveExactly();
            Console.WriteLine(title);
            TextTable text = new(["", .. budgets.Select(n => $"{n}")]);
            foreach (Method method in Methods(problem)) text.Add([method.Name, .. budgets.Select(n => table.Best(method, n))]);
            text.Print();
        }

        Console.WriteLine($"{watch.Elapsed.TotalSeconds:F0} s");
    }

    private string Best(Method method, int budget)
    {
        (double Mean, double Error, double Step) best = (double.PositiveInfinity, 0, 0);
        foreach (double step in method.Learns ? CriticSteps : [0])
        {
            (double mean, double error) = Measure(method.Create(budget, step), method.Remembers);
            if (mean < best.Mean) best = (mean, error, step);
        }

        return $"{best.Mean:F2} ± {best.Error:F2}" + (method.Learns ? $" ({best.Step})" : "");
    }

    private (double Mean, double Error) Measure(IHypergradientEstimator estimator, bool remembers)
    {
        using CpuBackend backend = new(2);
        using Mdp mdp = new(problem, backend, seeds);
        using SolvedFollower response = SolvedFollower.Create(mdp, new SolveOptions { Tolerance = 1e-9 });
        using EpisodeSampler sampler = new(mdp, estimator.Sampling!);
        Draws draws = new([.. Enumerable.Range(1, seeds).Select(i => (ulong)i)]);
        using Hypergradient estimate = estimator.Bind(new EstimationContext(mdp, response, sampler) { Draws = draws });
        for (int k = remembers ? 0 : iterations - 1; k < iterations; k++)
        {
            double back = Step * (iterations - 1 - k);
            double[] x = [.. _end.Zip(_direction, (end, d) => end - (back * d))];
            for (int leader = 0; leader < seeds; leader++) mdp.Engine.Upload(mdp.X, leader, x);
            mdp.Configure();
            response.Solve();
            draws.Iteration = (uint)k;
            if (!estimator.SamplesItself) sampler.Sample(response, draws.Seeds, draws.Iteration);
            estimate.Estimate();
        }

        double[] errors = [.. Enumerable.Range(0, seeds).Select(
            leader => Gradients.Norm([.. Gradients.Of(mdp, estimate, leader).Zip(_exact, (a, b) => a - b)]) / Gradients.Norm(_exact))];
        double mean = errors.Average();
        return (mean, Math.Sqrt(errors.Sum(e => (e - mean) * (e - mean)) / (seeds - 1.0) / seeds));
    }

    private void SolveExactly()
    {
        using CpuBackend backend = new(2);
        using Mdp mdp = new(problem, backend);
        mdp.Engine.Upload(mdp.X, 0, _end);
        mdp.Configure();
        using SolvedFollower response = SolvedFollower.Create(mdp, new SolveOptions { Tolerance = 1e-12 });
        response.Solve();
        using Hypergradient exact = new ExactEstimator().Bind(new EstimationContext(mdp, response, null));
        exact.Estimate();
        _exact = Gradients.Of(mdp, exact, 0);
        _direction = [.. _exact.Select(g => g / Gradients.Norm(_exact))];
    }

    private static double[] Start(FiniteProblem problem)
    {
        double[] x = new double[problem.ParameterCount];
        problem.InitialParameters(2, x);
        return x;
    }
}
