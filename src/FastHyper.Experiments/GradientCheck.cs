using FastHyper.Backends;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
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

    // Steps, relative to the first, that tell how far differences can be trusted: where they are right, two neighbours agree.
    private static readonly double[] OtherSteps = [1.0 / 4096, 1.0 / 256, 1.0 / 16, 1, 16, 256];

    // Parameters whose differences are looked at that closely.
    private const int MostDoubted = ParametersAtOnce;

    // A difference that two steps do not agree on to this part of an error cannot show it.
    private const double Doubt = 0.05;

    /// <summary>
    /// What differences leave open in the worst parameter, at most the error there: how far two neighbouring steps are apart where they
    /// agree best, all of it where every step strides over the response; 0 where that was not in question.
    /// </summary>
    public double DifferencesError { get; private init; }

    /// <summary>The proofs of the solves behind the gradient.</summary>
    public GradientProof? Proof { get; private init; }

    /// <summary>Largest error over the scale; the error itself where all differences vanish.</summary>
    public double RelativeError => Scale > 0 ? LargestError / Scale : LargestError;

    /// <summary>Whether the two agree.</summary>
    public bool Passed => RelativeError <= Threshold;

    /// <summary>Whether they do not, and the differences are too rough to tell which is right.</summary>
    public bool Undecided => !Passed && DifferencesError >= Doubt * LargestError;

    /// <summary>Checks the gradient in each parameter, or in evenly spread ones where there are too many.</summary>
    /// <param name="problem">The problem, all contexts averaged.</param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="seed">Seed of the x where the gradient is taken.</param>
    /// <param name="maxParameters">Parameters at the most.</param>
    /// <param name="step">Step of the differences, relative to max(1, |x|); by default 1e-5, and less at low temperatures.</param>
    /// <param name="objective">Whose gradient; null for the discounted return.</param>
    /// <param name="monitor">Stops the work, and hears how far it is.</param>
    /// <param name="at">Leader parameters, (P); null for where a leader of that seed starts.</param>
    /// <exception cref="InvalidInputException">A number is out of range, or the problem has no parameters.</exception>
    /// <exception cref="OperationCanceledException">The monitor stopped it.</exception>
    public static GradientCheck Run(
        Problem problem, Backend backend, ulong seed = 1, int maxParameters = 512, double? step = null, IObjective? objective = null,
        WorkMonitor? monitor = null, double[]? at = null)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (maxParameters < 1) throw new InvalidInputException($"parameters: {maxParameters}; expected at least 1");
        if (step is double given && !(given > 0 && double.IsFinite(given)))
            throw new InvalidInputException($"step: {given}; expected a finite number above 0");
        // The differences err by about h²/6τ², and by rounding over h.
        double h = step ?? (1e-5 * Math.Min(1, Math.Sqrt(10 * problem.Temperature)));
        double[] x = new double[problem.ParameterCount];
        if (at is null) problem.InitialParameters(seed, x);
        else at.CopyTo(x, 0);
        ExactEstimator estimator = new(1e-14) { Objective = objective };
        GradientEstimate exact = GradientEstimate.Compute(problem, estimator, backend, Precision.F64, seed, monitor: monitor, at: x);
        double[] gradient = exact.Gradient;
        CentralDifferences differ = new(problem, backend, objective, x, monitor ?? WorkMonitor.None);
        int count = Math.Min(x.Length, maxParameters);
        int[] parameters = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * x.Length / count))];
        double[] differences = new double[count], doubts = new double[count];
        for (int first = 0; first < count; first += ParametersAtOnce)
        {
            monitor?.Check("parameters checked", first, count);
            int[] chunk = parameters[first..Math.Min(first + ParametersAtOnce, count)];
            foreach ((int k, CentralDifference difference) in differ.Take(chunk, h).Index())
                differences[first + k] = difference.Value;
        }

        // What is closer looked at may be smaller then, and more in doubt beside it.
        double scale = differences.Max(Math.Abs);
        HashSet<int> looked = [];
        while (Doubted() is { Length: > 0 } doubted)
        {
            LookCloser(doubted);
            looked.UnionWith(doubted);
            scale = differences.Max(Math.Abs);
        }

        int worst = Enumerable.Range(0, count).MaxBy(Error);
        return new GradientCheck(count, Error(worst), scale, parameters[worst])
        {
            DifferencesError = Math.Min(doubts[worst], Error(worst)),
            Proof = exact.Proof,
        };

        int[] Doubted() =>
        [
            .. Enumerable.Range(0, count).Where(i => !(Error(i) <= Threshold * scale) && !looked.Contains(i)).OrderByDescending(Error)
                .Take(MostDoubted - looked.Count),
        ];

        // Not-a-number counts as an error.
        double Error(int i)
        {
            double error = Math.Abs(differences[i] - gradient[parameters[i]]);
            return double.IsNaN(error) ? double.PositiveInfinity : error;
        }

        // Takes the differences of the step that agrees best with the next.
        void LookCloser(int[] which)
        {
            int[] chunk = [.. which.Select(i => parameters[i])];
            CentralDifference[][] each = [.. OtherSteps.Select(factor => differ.Take(chunk, factor * h))];
            for (int k = 0; k < which.Length; k++)
            {
                int best = Enumerable.Range(0, each.Length - 1).MinBy(step => Apart(step, k));
                (differences[which[k]], doubts[which[k]]) = (each[best][k].Value, Apart(best, k));
            }

            // Two may agree by chance, or as neither sees a change.
            double Apart(int step, int k)
            {
                int parameter = chunk[k];
                double apart = Math.Max(
                    Math.Abs(each[step][k].Value - each[step + 1][k].Value),
                    each[step][k].Blur(exact.Direct[parameter], exact.Response[parameter]));
                return double.IsNaN(apart) ? double.PositiveInfinity : apart;
            }
        }
    }
}
