using FastHyper.Followers;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Rollouts.SupportPoints;

namespace FastHyper.Rollouts;

/// <summary>Rolls the follower's response out: all that a decentralised leader sees of it.</summary>
public abstract class RolloutSampler : IDisposable
{
    private protected RolloutSampler() { }

    /// <summary>The sampler of a kind of problem.</summary>
    /// <param name="instances">The configured problem.</param>
    /// <param name="follower">Whose response is rolled out.</param>
    /// <param name="options">How many samples.</param>
    /// <exception cref="InvalidInputException">Problems of this kind have no rollouts.</exception>
    /// <returns>The sampler, to be disposed.</returns>
    public static RolloutSampler Of(ProblemInstances instances, Follower follower, SamplingOptions options) => instances switch
    {
        Mdp mdp => new EpisodeSampler(mdp, options),
        ClosedFormInstances closed when follower is ClosedFormFollower response => new ContinuousSampler(
            closed, options, instance => new LinearQuadraticModel(response, closed.Problem, instance)),
        UngriddedInstances ungridded when follower is PointFollower response => new ContinuousSampler(
            ungridded, options, instance => new PointPolicyModel(ungridded, response, instance)),
        null => throw new ArgumentNullException(nameof(instances)),
        _ => throw new InvalidInputException($"{instances.Problem.Name}: has no rollouts; expected an estimator that uses the model"),
    };

    /// <summary>
    /// Rolls a problem of continuous states out as it is, rather than over the grid that it was solved on: what the grid's returns are
    /// worth. Between points the response's probabilities are interpolated.
    /// </summary>
    /// <param name="mdp">The problem over its grid, configured.</param>
    /// <param name="follower">Whose response is rolled out.</param>
    /// <param name="options">How many samples.</param>
    /// <exception cref="InvalidInputException">The problem is over no grid.</exception>
    /// <returns>The sampler, to be disposed.</returns>
    public static RolloutSampler WithoutGrid(Mdp mdp, TabularFollower follower, SamplingOptions options)
    {
        ArgumentNullException.ThrowIfNull(mdp);
        ArgumentNullException.ThrowIfNull(follower);
        return mdp.Problem is DiscretisedProblem
            ? new ContinuousSampler(mdp, options, instance => new GridPolicyModel(mdp, follower, instance))
            : throw new InvalidInputException($"{mdp.Problem.Name}: no grid of continuous states; expected a problem that was discretised");
    }

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
