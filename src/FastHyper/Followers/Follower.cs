using FastHyper.Backends;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Problems;
using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Followers;

/// <summary>The follower, whatever the problem's states and actions are.</summary>
public abstract class Follower : IDisposable
{
    private protected Follower(ProblemInstances instances, SolveOptions? options)
    {
        ArgumentNullException.ThrowIfNull(instances);
        Options = options ?? new SolveOptions();
        Status = new SweepStatus(instances.Engine.Instances);
    }

    /// <summary>How solves go about it, and when they stop.</summary>
    public SolveOptions Options { get; }

    /// <summary>How the last response went, as those who work it out see it.</summary>
    internal SweepStatus Status { get; init; }

    /// <summary>Arrays that the next response depends on, by name: what a checkpoint holds.</summary>
    public abstract IEnumerable<(string Name, DeviceArray Array)> State { get; }

    /// <summary>The follower that a problem is about.</summary>
    /// <param name="instances">What it responds to.</param>
    /// <param name="options">How the solve goes, and when it stops.</param>
    /// <returns>The follower, to be disposed.</returns>
    public static Follower Of(ProblemInstances instances, SolveOptions? options = null) => instances switch
    {
        Mdp mdp => SolvedFollower.Create(mdp, options),
        ClosedFormInstances closed => new ClosedFormFollower(closed, options),
        null => throw new ArgumentNullException(nameof(instances)),
        _ => throw new InvalidInputException($"{instances.Problem.Name}: no follower of its own; expected follower.kind"),
    };

    /// <summary>Answers the configured problem.</summary>
    /// <param name="seeds">Seed of each leader, for followers that draw.</param>
    /// <param name="iteration">Leader iteration; with the seed it names the draws.</param>
    /// <exception cref="InvalidOperationException">There is no answer: a solve did not converge, or values are not finite.</exception>
    public abstract void Respond(ReadOnlySpan<ulong> seeds, uint iteration);

    /// <summary>How far each instance's answer is from the best response, by an independent computation in float64.</summary>
    /// <param name="certificates">Written, one for each instance.</param>
    public abstract void Certify(Span<Certificate> certificates);

    /// <summary>How far rounding and residual may move probabilities, relative: what a gradient that is read off them inherits.</summary>
    /// <param name="instance">Which.</param>
    /// <param name="certificate">Of the instance's response.</param>
    public abstract double PolicyError(int instance, Certificate certificate);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the follower's memory.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
