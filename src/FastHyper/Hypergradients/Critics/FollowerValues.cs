using FastHyper.Backends;

namespace FastHyper.Hypergradients.Critics;

/// <summary>Where a leader who acts has the follower's soft values V(s,a) from.</summary>
internal abstract class FollowerValues : IDisposable
{
    /// <summary>Arrays that belong into a checkpoint, by name.</summary>
    public virtual IEnumerable<(string Name, DeviceArray Array)> State => [];

    /// <summary>Writes V(s,a), to a function of s, (S, L) for each instance.</summary>
    public abstract void Write(DeviceArray target);

    public void Dispose() => Dispose(true);

    protected virtual void Dispose(bool disposing) { }
}

/// <summary>The follower's own: it is a white box.</summary>
internal sealed class KnownFollowerValues(EstimationContext context) : FollowerValues
{
    public override void Write(DeviceArray target) => context.Response.LeaderActionValues(target);
}

/// <summary>
/// Fitted to what the leader observes, (s, a, b, r_F), by soft policy evaluation: Q_F(s,a,b) towards r_F + γ V(s') with
/// V(s,a) = Σ_b g(b|s,a) (Q_F(s,a,b) − τ log g(b|s,a)), one table kept across leader iterations. O(samples · A) a pass.
/// </summary>
internal sealed class FittedFollowerValues(EstimationContext context, CriticOptions options) : FollowerValues
{
    private readonly TabularCritic _table = new(context, options, ValuesOf.Follower);

    public override IEnumerable<(string Name, DeviceArray Array)> State => [("follower_critic", _table.Q)];

    public override void Write(DeviceArray target)
    {
        _table.Learn();
        context.Mdp.Engine.LeaderActionMeans(context.Response.Policy, _table.Q, entropy: true, target);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _table.Dispose();
        base.Dispose(disposing);
    }
}
