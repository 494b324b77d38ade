using FastHyper.Backends;
using FastHyper.Followers.Solves;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>
/// A follower of a finite problem: it answers with a table π(a|s). The <see cref="BestResponse"/> is the one that the theory is about;
/// others come near it, or learn it.
/// </summary>
public abstract class TabularFollower : Follower
{
    private readonly ResidualBound[] _bounds;

    /// <summary>Allocates V and π.</summary>
    /// <param name="mdp">What the follower responds to.</param>
    /// <param name="options">How what is linear in an estimate is solved, and when the follower counts as converged.</param>
    protected TabularFollower(Mdp mdp, SolveOptions? options)
        : base(mdp, options)
    {
        Mdp = mdp;
        V = mdp.Engine.Allocate(ArrayKind.State);
        Policy = mdp.Engine.Allocate(ArrayKind.StateAction);
        _bounds = new ResidualBound[mdp.Engine.Instances];
        Storage = new StorageRounding(mdp);
    }

    /// <summary>The follower's soft values V, (S) for each instance: its own belief, where it is not solved exactly.</summary>
    public DeviceArray V { get; }

    /// <summary>Policy π, (S, A) for each instance.</summary>
    public DeviceArray Policy { get; }

    /// <summary>What it responds to.</summary>
    protected Mdp Mdp { get; }

    /// <summary>What a residual says of the problem as it is given.</summary>
    private protected StorageRounding Storage { get; }

    /// <summary>
    /// Writes V(s,a), the follower's values once it has seen the leader's action, to a function of s: what covariances and policies
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

    /// <inheritdoc/>
    public override void Certify(Span<Certificate> certificates)
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
    /// <remarks>π = exp((Q − V)/τ): the residual and the last place of V, over τ.</remarks>
    public override double PolicyError(int instance, Certificate certificate)
    {
        double[] v = new double[Mdp.Engine.States];
        Mdp.Engine.Download(V, instance, v);
        return (certificate.Residual + (Mdp.Engine.Options.Precision.Epsilon() * v.Max(Math.Abs))) / Mdp.Temperatures[instance];
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        V.Dispose();
        Policy.Dispose();
    }
}
