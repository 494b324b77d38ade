using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Experiments;

/// <summary>How much a gradient at one x is sampled, or iterated, unless one says otherwise.</summary>
public static class GradientSampling
{
    /// <summary>Iterations at x at the most, of estimators that come nearer with each.</summary>
    public const int Iterations = 10_000;

    // An episode is cut where what it still could add has fallen to this share.
    private const double NegligibleWeight = 1e-5;
    private const int EpisodesInBatch = 100;

    // Of all batches together: about 1 GiB of rollouts.
    private const long MaxSteps = 25_000_000;

    /// <summary>Whether an estimator comes nearer to the gradient with each iteration at x.</summary>
    /// <param name="estimator">The estimator.</param>
    public static bool Iterates(IHypergradientEstimator estimator) => estimator is MSobirlEstimator or AmdEstimator;

    /// <summary>Samples of a batch: by default 100 episodes until discounting has made them negligible.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="steps">Environment steps in a batch; null for the default.</param>
    /// <param name="batches">Batches that are in memory at once.</param>
    /// <exception cref="InvalidInputException">There are no steps.</exception>
    public static SamplingOptions Of(Problem problem, int? steps, int batches)
    {
        ArgumentNullException.ThrowIfNull(problem);
        double slowest = Math.Max(problem.Discount, problem.LeaderDiscount);
        // Where nothing is discounted episodes end by themselves; the limit only bounds the buffer.
        int limit = slowest < 1 ? Math.Max(1, (int)Math.Ceiling(Math.Log(NegligibleWeight) / Math.Log(Math.Max(slowest, 1e-9)))) : 10_000;
        limit = Math.Min(limit, 100_000);
        int total = steps ?? (int)Math.Min((long)EpisodesInBatch * limit, MaxSteps / batches / problem.ContextProbabilities.Count);
        if (total < 1) throw new InvalidInputException($"steps: {total}; expected at least 1");
        return new SamplingOptions { Steps = total, EpisodeLimit = limit };
    }
}
