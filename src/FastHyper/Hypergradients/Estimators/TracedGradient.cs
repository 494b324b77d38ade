using FastHyper.Backends;
using FastHyper.Hypergradients.Critics;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// Response part by traces: each sample carries one weight e_k, and the response is (1/N_e) Σ_k e_k ∂r(s_k,a_k). O(samples · A) time and
/// O(S·A) memory, whatever the number of leader parameters, and one pullback. Transitions under control add e_k γ V(s_{k+1}) ∂ log P. Where
/// the leader acts, the traces that arrive in a state weigh Σ_a ∂f(a|s) V(s,a), V the follower's values: the expectation of
/// V(s,a) ∂ log f(a|s) over the leader's draw of a.
/// </summary>
internal abstract class TracedGradient : SampledDirect
{
    private readonly DeviceArray _traces;
    private readonly Cotangents _response;
    private readonly FollowerValues _followerValues;

    /// <summary>Allocates the traces.</summary>
    /// <param name="context">What the estimator looks at.</param>
    /// <param name="critic">The leader's action values.</param>
    /// <param name="traced">Samples that carry the traces; null for the sampler's.</param>
    /// <param name="followerValues">Where V comes from in a game; null where the leader knows it.</param>
    protected TracedGradient(EstimationContext context, Critic critic, RolloutBuffer? traced = null, FollowerValues? followerValues = null)
        : base(context, critic)
    {
        Engine engine = context.Mdp.Engine;
        Traced = traced ?? Samples;
        _followerValues = followerValues ?? new KnownFollowerValues(context);
        _traces = engine.AllocateSteps(Traced.Shape);
        Rows = engine.Allocate(ArrayKind.StateAction);
        _response = new Cotangents(Rows, null, Entries, null, LeaderPolicy);
    }

    public override IEnumerable<(string Name, DeviceArray Array)> State => [.. base.State, .. _followerValues.State];

    protected override bool NeedsCritic => true;

    /// <summary>Cotangent of r, (S, A) for each instance.</summary>
    protected DeviceArray Rows { get; }

    /// <summary>Samples that carry the traces.</summary>
    protected RolloutBuffer Traced { get; }

    /// <summary>Whether the response is a mean over the episodes of <see cref="Traced"/>; else traces are shares of one already.</summary>
    protected virtual bool MeansOverEpisodes => true;

    /// <summary>Writes e_k.</summary>
    /// <param name="traces">An array of the steps of <see cref="Traced"/>.</param>
    protected abstract void WriteTraces(DeviceArray traces);

    /// <summary>Accumulates the cotangent of r.</summary>
    /// <param name="traces">e_k.</param>
    protected virtual void AddRewards(DeviceArray traces) =>
        Context.Mdp.Engine.Scatter(Traced, traces, StepPlace.Pair, Rows, perEpisode: MeansOverEpisodes);

    protected override void EstimateParts()
    {
        Engine engine = Context.Mdp.Engine;
        engine.Fill(Rows, 0);
        base.EstimateParts();
        WriteTraces(_traces);
        AddRewards(_traces);
        double discount = Context.Mdp.Problem.Discount;
        if (LeaderPolicy is not null)
        {
            engine.Fill(StateWeights!, 0);
            engine.Scatter(Traced, _traces, StepPlace.Next, StateWeights!, discount, MeansOverEpisodes);
            _followerValues.Write(LeaderPolicy);
            engine.ScaleByState(LeaderPolicy, StateWeights!, LeaderPolicy, accumulate: false);
        }

        if (Entries is not null)
        {
            engine.Fill(Entries, 0);
            engine.Scale(Traced, _traces, _traces, discount, perEpisode: MeansOverEpisodes);
            engine.Gather(Traced, Context.Response.V, StepPlace.Next, StepOperation.Multiply, _traces);
            engine.Gather(Traced, engine.Probabilities, StepPlace.Entry, StepOperation.Divide, _traces);
            engine.Scatter(Traced, _traces, StepPlace.Entry, Entries);
        }

        Context.Mdp.Pullback(_response, Response);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _traces.Dispose();
            Rows.Dispose();
            _followerValues.Dispose();
        }

        base.Dispose(disposing);
    }
}
