using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>How the adjoint behind a <see cref="ResponseDerivative"/> is found.</summary>
public sealed record AdjointOptions
{
    /// <summary>Relative tolerance of the linear solves; of a solve that is only approached, what it is measured against.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double LinearTolerance { get; init => field = InRange.Of<AdjointOptions>(value); } = 1e-14;

    /// <summary>Steps from the last call's adjoint towards this one's; null (the default) for a solve.</summary>
    [Range(Min = 1)]
    public int? Steps { get; init => field = value is int steps ? InRange.Of<AdjointOptions>(steps) : null; }

    /// <summary>ζ of steps w ← w − ζ (AᵀA w − Aᵀ b); null (the default) for steps of conjugate gradients on the same equations.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double? DescentStep { get; init => field = value is double step ? InRange.Of<AdjointOptions>(step) : null; }
}

/// <summary>
/// How a follower's answer depends on what the leader configures, transposed: the cotangent of the follower's action values Q, at its
/// answer, becomes the cotangents of rewards, transitions and the leader's policy. This is all that hypergradients with the model know
/// of a follower; each kind of follower has its own, by <see cref="TabularFollower.Differentiate"/>.
/// </summary>
public abstract class ResponseDerivative : IDisposable
{
    /// <summary>
    /// c(s,a), the cotangent of Q, (S, A) for each instance: to be written before <see cref="Pullback"/>, which overwrites it. Of an
    /// objective f through the policy, c = π (∂f/∂π − Σ_b π ∂f/∂π)/τ.
    /// </summary>
    public abstract DeviceArray ActionValues { get; }

    /// <summary>The cotangents that <see cref="Pullback"/> writes.</summary>
    public abstract Cotangents Configured { get; }

    /// <summary>Arrays that the next call starts from, by name.</summary>
    public virtual IEnumerable<(string Name, DeviceArray Array)> State => [];

    /// <summary>The linear solves behind the last call, by name; each keeps its proof.</summary>
    public virtual IEnumerable<(string Name, ILinearProofs Solves)> Solves => [];

    /// <summary>Writes <see cref="Configured"/> from <see cref="ActionValues"/>, for the follower's present answer.</summary>
    public abstract void Pullback();

    /// <summary>Measures what the last call approached without solving, so that <see cref="Solves"/> tell of it, too.</summary>
    public virtual void Certify() { }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees memory.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
