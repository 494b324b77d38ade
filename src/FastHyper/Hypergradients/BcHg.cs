using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients;

/// <summary>
/// The Boltzmann-covariance hypergradient from on-policy rollouts (Kudo, Tanabe, Wachi and Akimoto, arXiv 2603.14867):
/// response = E[Σ_k γ_L^{t_k} Â_L(s_k,a_k)/τ · Σ_{j≥k} γ^{j−k} ∂r_j]. The sums are swapped, so that each sample carries
/// one weight, the trace e_j = u_j + γ e_{j−1}; time O(samples) and memory O(S·A), whatever the number of leader
/// parameters, and one pullback.
/// </summary>
public sealed record BcHg : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "bc-hg";

    /// <summary>Samples of each iteration.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Sampling;

    /// <summary>Where the leader's advantage Â_L comes from.</summary>
    public CriticOptions Critic { get; init; } = new();

    /// <summary>Whether u_k is averaged over the visits of its (s,a), as published.</summary>
    public bool AverageVisits { get; init; } = true;

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context) => new CovarianceTrace(context, this);

    private sealed class CovarianceTrace : SampledDirect
    {
        private readonly bool _averageVisits;
        private readonly DeviceArray _rows;
        private readonly Cotangents _response;

        public CovarianceTrace(EstimationContext context, BcHg options)
            : base(context, options.Critic)
        {
            _averageVisits = options.AverageVisits;
            _rows = context.Mdp.Engine.Allocate(ArrayKind.StateAction);
            _response = new Cotangents(_rows, null, Entries, null);
        }

        protected override bool NeedsCritic => true;

        protected override void EstimateParts()
        {
            base.EstimateParts();
            Mdp mdp = Context.Mdp;
            Engine engine = mdp.Engine;
            double discount = mdp.Problem.Discount;
            engine.Fill(_rows, 0);
            engine.CovarianceTraces(Samples, Context.Response.Policy, Critic.Q, discount, mdp.Problem.LeaderDiscount, _averageVisits, _rows);
            if (Entries is not null)
            {
                engine.Fill(Entries, 0);
                engine.TransitionTraces(Samples, Context.Response.V, discount, Entries);
            }

            mdp.Pullback(_response, Response);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _rows.Dispose();
            base.Dispose(disposing);
        }
    }
}
