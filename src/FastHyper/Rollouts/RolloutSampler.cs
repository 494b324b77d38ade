using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Rollouts;

/// <summary>Rolls the follower's response out: all that a decentralised leader sees of it.</summary>
public abstract class RolloutSampler : IDisposable
{
    private protected RolloutSampler() { }

    /// <summary>The sampler of a kind of problem.</summary>
    /// <param name="instances">The configured problem.</param>
    /// <param name="options">How many samples.</param>
    /// <exception cref="InvalidInputException">Problems of this kind have no rollouts.</exception>
    /// <returns>The sampler, to be disposed.</returns>
    public static RolloutSampler Of(ProblemInstances instances, SamplingOptions options) => instances switch
    {
        Mdp mdp => new EpisodeSampler(mdp, options),
        null => throw new ArgumentNullException(nameof(instances)),
        _ => throw new InvalidInputException($"{instances.Problem.Name}: has no rollouts; expected an estimator that uses the model"),
    };

    /// <summary>Draws new samples.</summary>
    /// <param name="response">Whose policy.</param>
    /// <param name="seeds">Seed of each leader.</param>
    /// <param name="iteration">Leader iteration; with the seed it names the draws.</param>
    public abstract void Sample(Follower response, ReadOnlySpan<ulong> seeds, uint iteration);

    /// <summary>Mean discounted leader return of the last samples, cut episodes as they are.</summary>
    /// <param name="returns">(leaders), contexts averaged.</param>
    public abstract void MeanReturns(Span<double> returns);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the samples.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
