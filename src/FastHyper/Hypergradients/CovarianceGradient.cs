using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Hypergradients;

/// <summary>
/// Response part by covariance traces: each sample carries one weight, e_j = u_j + γ e_{j−1}. O(samples · A) time and O(S·A)
/// memory, whatever the number of leader parameters, and one pullback. Where the leader acts, the traces that arrive in a state weigh
/// Σ_a ∂f(a|s) V(s,a), V the follower's values: the expectation of V(s,a) ∂ log f(a|s) over his draw of a.
/// </summary>
internal class CovarianceGradient : SampledDirect
{
    private readonly VisitAveraging _averaging;
    private readonly Cotangents _response;
    private readonly FollowerValues _followerValues;

    public CovarianceGradient(EstimationContext context, Critic critic, VisitAveraging averaging, FollowerValues? followerValues = null)
        : base(context, critic)
    {
        _averaging = averaging;
        _followerValues = followerValues ?? new KnownFollowerValues(context);
        Rows = context.Mdp.Engine.Allocate(ArrayKind.StateAction);
        _response = new Cotangents(Rows, null, Entries, null, LeaderPolicy);
    }

    public override IEnumerable<(string Name, DeviceArray Array)> State => [.. base.State, .. _followerValues.State];

    protected override bool NeedsCritic => true;

    /// <summary>Cotangent of r, (S, A) for each instance.</summary>
    protected DeviceArray Rows { get; }

    /// <summary>Samples whose traces the response part follows.</summary>
    protected virtual RolloutBuffer Traced => Samples;

    protected override void EstimateParts()
    {
        Engine engine = Context.Mdp.Engine;
        double discount = Context.Mdp.Problem.Discount;
        engine.Fill(Rows, 0);
        base.EstimateParts();
        TraceRewards();
        if (Entries is not null)
        {
            engine.Fill(Entries, 0);
            engine.TransitionTraces(Traced, Context.Response.V, discount, Entries);
        }

        if (LeaderPolicy is not null)
        {
            engine.Fill(StateWeights!, 0);
            engine.ArrivalTraces(Traced, discount, StateWeights!);
            _followerValues.Write(LeaderPolicy);
            engine.ScaleByState(LeaderPolicy, StateWeights!, LeaderPolicy, accumulate: false);
        }

        Context.Mdp.Pullback(_response, Response);
    }

    /// <summary>Accumulates <see cref="Rows"/>, which are zeros, and leaves their traces in <see cref="Traced"/>.</summary>
    protected virtual void TraceRewards()
    {
        Problem problem = Context.Mdp.Problem;
        Context.Mdp.Engine.CovarianceTraces(Samples, Context.Response.Policy, Critic.Q, problem.Discount, problem.LeaderDiscount, _averaging, Rows);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Rows.Dispose();
            _followerValues.Dispose();
        }

        base.Dispose(disposing);
    }
}
