using FastHyper.Backends;
using FastHyper.Hypergradients.Critics;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// HPGD (Thoma et al., arXiv 2406.01575) with an oracle that restarts the environment in any state: Â_L and the centred
/// Σ_{j≥k} γ^{j−k} ∂r_j are averages over the visits of a batch that starts uniformly over the states, and the outer sum
/// Σ_k γ_L^{t_k} is over on-policy rollouts. Weights move from those to the batch as a table, so no Jacobian is formed:
/// O(both batches · A) time, O(S·A) memory. With an exact critic its only bias is that of pairs which the batch does not visit
/// and of cut episodes.
/// </summary>
[Options]
public sealed partial record HpgdOracleEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "hpgd-oracle";

    /// <summary>On-policy samples of each iteration.</summary>
    [Inline]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Sampling;

    /// <summary>Environment steps of each iteration that start in any state, in episodes as long as the others.</summary>
    [Range(Min = 1)]
    public int RestartSteps { get; init => field = InRange.Of<HpgdOracleEstimator>(value); } = 10_000;

    /// <inheritdoc/>
    public long EnvironmentSteps => (long)Sampling.Steps + RestartSteps;

    /// <summary>Where the leader's advantage Â_L comes from.</summary>
    public CriticOptions Critic { get; init; } = new() { Kind = CriticKind.AverageReturns };

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context)
    {
        Engine engine = context.Mdp.Engine;
        DeviceArray uniform = engine.Allocate(ArrayKind.State);
        engine.Fill(uniform, 1.0 / engine.States);
        EpisodeSampler restarts = new(context.Mdp, new() { Steps = RestartSteps, EpisodeLimit = Sampling.EpisodeLimit }, uniform);
        return new OracleGradient(context, Critic.Bind(context with { Rollouts = restarts }), restarts, uniform);
    }

    private sealed class OracleGradient(EstimationContext context, Critic critic, EpisodeSampler restarts, DeviceArray uniform)
        : TracedGradient(context, critic, restarts.Buffer)
    {
        protected override bool MeansOverEpisodes => false;

        protected override void EstimateParts()
        {
            restarts.Sample(Context.Response, Context.Draws.OtherSeeds, Context.Draws.Iteration);
            base.EstimateParts();
        }

        /// <summary>Weights D(s,a) A_L(s,a)/τ of the on-policy visits D, divided among the restarts' and centred by state.</summary>
        protected override void WriteTraces(DeviceArray traces)
        {
            Engine engine = Context.Mdp.Engine;
            engine.Advantages(Traced, Context.Response.Policy, Critic.Q, traces);
            engine.Gather(Traced, Visits, StepPlace.Pair, StepOperation.Multiply, traces);
            engine.Scale(Traced, traces, traces, perTemperature: true);
            engine.AverageVisits(Traced, traces, VisitMean.ShareLessState, traces);
            engine.Scan(Traced, traces, new Recursion(Context.Mdp.Problem.Discount), traces);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            restarts.Dispose();
            uniform.Dispose();
        }
    }
}
