using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Bench;

/// <summary>
/// The bias of <see cref="FittedEstimator"/>, whose fit is a quotient of sums over samples: the mean over many leaders at one x against the
/// exact gradient, by environment steps of each.
/// </summary>
internal static class FittedBias
{
    private const int Leaders = 512;
    private const int States = 12;
    private const int Actions = 3;

    public static void Print()
    {
        Console.WriteLine(
            $"random {States} x {Actions}, fitted with a feature for each pair: mean of direct + response over {Leaders} seeds at one x");
        FiniteProblem problem = LinearProblem.Create(
            "random", RandomProblem.Generate(4, new RandomProblemOptions { States = States, Actions = Actions, Parameters = 5 }));
        StateCoordinates places = new(States, [.. Enumerable.Range(0, States).Select(s => (double)s)]);
        TextTable table = new("steps", "bias", "noise of the mean", "steps x bias", "error of one estimate");
        foreach (int steps in (int[])[500, 2_000, 8_000, 32_000])
        {
            FittedEstimator estimator = new()
            {
                Features = new TabularFeatures().Create(Actions, places),
                Sampling = new SamplingOptions { Steps = steps, EpisodeLimit = 60 },
            };
            (double bias, double noise, double error) = Measure(problem, estimator);
            table.Add($"{steps}", $"{bias:F4}", $"{noise:F4}", $"{bias * steps:F0}", $"{error:F3}");
        }

        table.Print();
    }

    private static (double Bias, double Noise, double Error) Measure(FiniteProblem problem, FittedEstimator estimator)
    {
        using CpuBackend backend = new(2);
        using Mdp mdp = new(problem, backend, Leaders);
        double[] x = new double[problem.ParameterCount];
        problem.InitialParameters(2, x);
        for (int leader = 0; leader < Leaders; leader++) mdp.Engine.Upload(mdp.X, leader, x);
        mdp.Configure();
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-10 });
        response.Solve();
        using Hypergradient exact = new ExactEstimator().Bind(new EstimationContext(mdp, response, null));
        exact.Estimate();
        double[] expected = Gradients.Of(mdp, exact, 0);
        using EpisodeSampler sampler = new(mdp, estimator.Sampling);
        using Hypergradient estimate = estimator.Bind(new EstimationContext(mdp, response, sampler));
        sampler.Sample(response, [.. Enumerable.Range(1, Leaders).Select(i => (ulong)i)], 0);
        estimate.Estimate();
        double[][] all = [.. Enumerable.Range(0, Leaders).Select(leader => Gradients.Of(mdp, estimate, leader))];
        double[] mean = [.. expected.Select((_, p) => all.Average(gradient => gradient[p]))];
        double squares = all.Sum(gradient => Square(gradient, mean)), norm = Gradients.Norm(expected);
        return (
            Math.Sqrt(Square(mean, expected)) / norm, Math.Sqrt(squares / (Leaders * (Leaders - 1.0))) / norm,
            all.Average(gradient => Math.Sqrt(Square(gradient, expected))) / norm);
    }

    private static double Square(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();
}
