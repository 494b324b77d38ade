using System.Globalization;
using System.Text.Json;
using FastHyper.Backends;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Problems;

namespace FastHyper.Cli;

/// <summary>An estimate beside the exact gradient at the same x.</summary>
/// <param name="Error">‖g − g*‖/‖g*‖.</param>
/// <param name="Cosine">g·g*/(‖g‖‖g*‖).</param>
/// <param name="Deviation">‖g − g*‖ in standard errors ‖σ‖ of the estimate; null of one without samples.</param>
internal sealed record ExactComparison(double Error, double Cosine, double? Deviation)
{
    // An unbiased estimate is off by one in the mean square, and by four in less than one case of sixteen whatever its distribution
    // (Markov); of nearly normal ones in less than one of a thousand.
    private const double MostStandardErrors = 4;

    // The exact gradient takes about as long as two solves; of more than these it takes minutes.
    private const long MostStateActions = 1_000_000;

    /// <summary>Whether the difference is more than samples explain.</summary>
    public bool IsBiased => Deviation > MostStandardErrors;

    /// <summary>Computes the exact gradient, where the model is at hand and there is anything to compare; null elsewhere.</summary>
    public static ExactComparison? Of(
        GradientEstimate estimate, IHypergradientEstimator estimator, Problem problem, Catalogue catalogue, IObjective? objective,
        Backend backend, ulong seed, SolveMethod method, WorkMonitor monitor, double[]? x)
    {
        bool isSmall = problem is FiniteProblem finite && (long)finite.Transitions.States * finite.Transitions.Actions <= MostStateActions;
        if (estimator.Name == Exact || !isSmall || catalogue.Estimators.Entries.All(entry => entry.Name != Exact)) return null;
        IHypergradientEstimator exact = new EstimatorChoice(catalogue, Exact, objective).Create();
        double[] truth =
            GradientEstimate.Compute(problem, exact, backend, Precision.F64, seed, method: method, monitor: monitor, at: x).Gradient;
        double[] gradient = estimate.Gradient, difference = [.. gradient.Zip(truth, (g, t) => g - t)];
        double? deviation = estimate.StandardError is double[] error ? Norm(difference) / Norm(error) : null;
        return new ExactComparison(
            Norm(difference) / Norm(truth), gradient.Zip(truth, (g, t) => g * t).Sum() / (Norm(gradient) * Norm(truth)), deviation);
    }

    /// <summary>As members of a JSON object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteFinite("exact_error", Error);
        json.WriteFinite("exact_cosine", Cosine);
        if (Deviation is not double deviation) return;
        json.WriteFinite("exact_standard_errors", deviation);
        json.WriteBoolean("biased", IsBiased);
    }

    public override string ToString()
    {
        string beside = Deviation is double deviation
            ? string.Create(CultureInfo.InvariantCulture, $", {deviation:F1} standard errors{(IsBiased ? ": biased" : "")}")
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"beside the exact gradient: error {Error:E2}, cosine {Cosine:F6}{beside}");
    }

    private const string Exact = "exact";

    private static double Norm(double[] vector) => Math.Sqrt(vector.Sum(v => v * v));
}
