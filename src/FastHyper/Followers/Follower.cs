using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>
/// Whoever answers the leader: a policy for the configured MDP. The <see cref="BestResponse"/> is the one that the theory
/// is about; others come near it, or learn it.
/// </summary>
public abstract class Follower : IDisposable
{
    private readonly ResidualBound[] _bounds;

    /// <summary>Allocates V and π.</summary>
    /// <param name="mdp">What the follower responds to.</param>
    /// <param name="options">How what is linear in an estimate is solved, and when the follower counts as converged.</param>
    protected Follower(Mdp mdp, SolveOptions? options)
    {
        ArgumentNullException.ThrowIfNull(mdp);
        Mdp = mdp;
        Options = options ?? new SolveOptions();
        V = mdp.Engine.Allocate(ArrayKind.State);
        Policy = mdp.Engine.Allocate(ArrayKind.StateAction);
        Status = new SweepStatus(mdp.Engine.Instances);
        _bounds = new ResidualBound[mdp.Engine.Instances];
        Storage = new StorageRounding(mdp);
    }

    /// <summary>How solves go about it, and when they stop.</summary>
    public SolveOptions Options { get; }

    /// <summary>The follower's soft values V, (S) for each instance: its own belief, where it is not solved exactly.</summary>
    public DeviceArray V { get; }

    /// <summary>Policy π, (S, A) for each instance.</summary>
    public DeviceArray Policy { get; }

    /// <summary>How the last response went, as those who work it out see it.</summary>
    internal SweepStatus Status { get; init; }

    /// <summary>Arrays that the next response depends on, by name: what a checkpoint holds.</summary>
    public abstract IEnumerable<(string Name, DeviceArray Array)> State { get; }

    /// <summary>What it responds to.</summary>
    protected Mdp Mdp { get; }

    /// <summary>What a residual says of the problem as it is given.</summary>
    private protected StorageRounding Storage { get; }

    /// <summary>Answers the configured MDP: writes <see cref="V"/> and <see cref="Policy"/>.</summary>
    /// <param name="seeds">Seed of each leader, for followers that draw.</param>
    /// <param name="iteration">Leader iteration; with the seed it names the draws.</param>
    /// <exception cref="InvalidOperationException">There is no answer: a solve did not converge, or values are not finite.</exception>
    public abstract void Respond(ReadOnlySpan<ulong> seeds, uint iteration);

    /// <summary>
    /// Writes V(s,a), the follower's values once he has seen the leader's action, to a function of s: what covariances and policies
    /// need of them.
    /// </summary>
    /// <param name="target">(S, L) for each instance.</param>
    public virtual void LeaderActionValues(DeviceArray target) =>
        Mdp.Engine.LeaderActionValues(V, Mdp.Reward, Mdp.Problem.Discount, target);

    /// <summary>
    /// How the answer depends on what x configures. Of a soft best response by default, V = TV, whether V has come there or only near: what
    /// learns or stops early is differentiated as if it had.
    /// </summary>
    /// <param name="options">How the adjoint is found.</param>
    public virtual ResponseDerivative Differentiate(AdjointOptions options) => new SoftBellmanDerivative(Mdp, this, options);

    /// <summary>How far each instance's V is from the best response, by an independent pass over the states in float64.</summary>
    /// <param name="certificates">Written, one for each instance.</param>
    public virtual void Certify(Span<Certificate> certificates)
    {
        Mdp.Engine.CertifiedResidual(V, Mdp.Reward, Mdp.Problem.Discount, _bounds);
        for (int i = 0; i < certificates.Length; i++)
        {
            ResidualBound found = _bounds[i];
            certificates[i] = new Certificate(
                found.Residual <= Options.Tolerance ? Outcome.Converged
                    : found.Residual <= Options.Tolerance + found.Rounding ? Outcome.AtRounding
                    : double.IsFinite(found.Residual) ? Outcome.MaxSteps : Outcome.NotFinite,
                Status.Sweeps[i], found.Residual, Storage.Bound(found, i), SolveMethod.Sweeps, 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the follower's memory.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        V.Dispose();
        Policy.Dispose();
    }
}
