using FastHyper.Experiments;
using FastHyper.Hypergradients;
using FastHyper.Problems;

namespace FastHyper.Native;

/// <summary>Estimators by name, and what is estimated by them at one x.</summary>
internal static unsafe class Estimators
{
    /// <summary>An estimator with settings <c>key=value</c>, one a line, keys as <c>fasthyper options NAME</c> lists them.</summary>
    public static IHypergradientEstimator Create(string name, string settings, Action<EstimatorChoice>? first = null)
    {
        EstimatorChoice choice = new(Models.Catalogue, name);
        first?.Invoke(choice);
        foreach (string line in Models.Lines(settings))
        {
            int at = line.IndexOf('=', StringComparison.Ordinal);
            if (at < 1) throw new InvalidInputException($"estimator {name}: '{OneLine.Value(line)}'; expected key=value");
            choice.Set(line[..at].Trim(), line[(at + 1)..].Trim());
        }

        return choice.Create();
    }

    /// <summary>A gradient, as <c>fasthyper gradient</c> estimates it.</summary>
    public static GradientEstimate Estimate(Device device, FiniteProblem problem, in GradientOptions options, WorkMonitor monitor)
    {
        if (options.Size != sizeof(GradientOptions)) throw Models.WrongSize("fh_gradient_options", options.Size, sizeof(GradientOptions));
        string settings = Models.Text(options.Settings);
        int? steps = options.Steps > 0 ? options.Steps : null;
        int batches = Math.Max(2, options.Batches);
        bool learns = false;
        IHypergradientEstimator estimator = Create(Models.Text(options.Estimator), settings, choice =>
        {
            var sampling = GradientSampling.Of(problem, steps, batches);
            choice.SetIfThere("steps", sampling.Steps);
            choice.SetIfThere("episode_limit", sampling.EpisodeLimit);
            choice.SetIfThere("critic.kind", choice.Name == "bi-ac" ? "stackelberg" : "exact");
            learns = choice.Name == "bi-ac" || settings.Contains("critic.kind", StringComparison.Ordinal)
                || settings.Contains("follower_values", StringComparison.Ordinal);
        });
        int warmUp = options.WarmUp >= 0 ? options.WarmUp : learns && estimator.Sampling is not null ? 100 : 0;
        int iterations = options.Iterations > 0 ? options.Iterations
            : GradientSampling.Iterates(estimator) ? GradientSampling.Iterations : 1;
        return GradientEstimate.Compute(
            problem, estimator, device.Backend, Solver.PrecisionOf(options.Precision), options.Seed, batches, warmUp,
            Solver.MethodOf(options.Method), iterations, monitor);
    }
}
