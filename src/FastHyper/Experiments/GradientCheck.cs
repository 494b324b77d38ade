using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>The exact hypergradient of a problem against central differences of its objective.</summary>
/// <param name="Checked">Parameters checked.</param>
/// <param name="LargestError">Largest absolute difference between the two.</param>
/// <param name="Scale">Largest magnitude of the central differences.</param>
/// <param name="WorstParameter">Where the difference is largest.</param>
public sealed record GradientCheck(int Checked, double LargestError, double Scale, int WorstParameter)
{
    /// <summary>Relative error that a correct gradient stays below.</summary>
    public const double Threshold = 1e-5;

    private const int ParametersAtOnce = 64;

    /// <summary>Largest error over the scale; the error itself where all differences vanish.</summary>
    public double RelativeError => Scale > 0 ? LargestError / Scale : LargestError;

    /// <summary>Whether the two agree.</summary>
    public bool Passed => RelativeError <= Threshold;

    /// <summary>Checks the gradient in each parameter, or in evenly spread ones where there are too many.</summary>
    /// <param name="problem">The problem, all contexts averaged.</param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="seed">Seed of the x where the gradient is taken.</param>
    /// <param name="maximalParameters">Parameters at the most.</param>
    /// <param name="step">Step of the differences, relative to max(1, |x|); by default 1e-5, and less at low temperatures.</param>
    /// <param name="objective">Whose gradient; null for the discounted return.</param>
    /// <exception cref="InvalidInputException">A number is out of range, or the problem has no parameters.</exception>
    public static GradientCheck Run(Problem problem, Backend backend, ulong seed = 1, int maximalParameters = 512, double? step = null, IObjective? objective = null)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (maximalParameters < 1) throw new InvalidInputException($"parameters: {maximalParameters}; expected at least 1");
        if (step is double given && !(given > 0 && double.IsFinite(given))) throw new InvalidInputException($"step: {given}; expected a finite number above 0");
        // The differences err by about h²/6τ², and by rounding over h.
        double h = step ?? (1e-5 * Math.Min(1, Math.Sqrt(10 * problem.Temperature)));
        double[] x = new double[problem.ParameterCount];
        problem.InitialParameters(seed, x);
        double[] gradient = GradientEstimate.Compute(problem, new Exact(1e-14) { Objective = objective }, backend, Precision.F64, seed).Gradient;
        int count = Math.Min(x.Length, maximalParameters);
        int[] parameters = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * x.Length / count))];
        double largest = 0;
        double scale = 0;
        int worst = 0;
        foreach (int[] chunk in parameters.Chunk(ParametersAtOnce))
        {
            double[] differences = Differences(problem, backend, objective, x, chunk, h);
            for (int i = 0; i < chunk.Length; i++)
            {
                double error = Math.Abs(differences[i] - gradient[chunk[i]]);
                scale = Math.Max(scale, Math.Abs(differences[i]));
                // Not-a-number counts as an error.
                if (error <= largest) continue;
                largest = double.IsNaN(error) ? double.PositiveInfinity : error;
                worst = chunk[i];
            }
        }

        return new GradientCheck(count, largest, scale, worst);
    }

    /// <summary>(J(x + h) − J(x − h)) / 2h in each parameter of the chunk, all as instances of one engine.</summary>
    private static double[] Differences(Problem problem, Backend backend, IObjective? objective, double[] x, int[] chunk, double step)
    {
        using Mdp mdp = new(problem, backend, 2 * chunk.Length);
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-13 }.Scaled(Math.Min(1, problem.Temperature)));
        using Objective value = (objective ?? new DiscountedReturn(1e-15)).Bind(new EstimationContext(mdp, response, null));
        double[] moved = new double[x.Length];
        for (int i = 0; i < 2 * chunk.Length; i++)
        {
            x.CopyTo(moved, 0);
            moved[chunk[i / 2]] += (i % 2 == 0 ? 1 : -1) * Step(x[chunk[i / 2]], step);
            mdp.Engine.Upload(mdp.X, i, moved);
        }

        double[] objectives = new double[2 * chunk.Length];
        mdp.Configure();
        response.Solve();
        response.ThrowIfUnsolved();
        value.Evaluate(objectives);
        return [.. chunk.Select((p, i) => (objectives[2 * i] - objectives[(2 * i) + 1]) / (2 * Step(x[p], step)))];
    }

    private static double Step(double x, double step) => step * Math.Max(1, Math.Abs(x));
}
