using FastHyper.Backends;
using FastHyper.Hypergradients.Critics;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// Model-free SoBiRL (Yang, Gao and Yuan, arXiv 2405.19697), trajectory form: response =
/// (1/(τ N_e)) Σ_episodes R · Σ_j γ^{t_j} (∂r(s_j,a_j) − Σ_b π(b|s_j) ∂r(s_j,b)), R the episode's discounted leader return.
/// It leaves out that a reward is also sought from the states before it, and so is exact for a myopic follower only (γ = 0,
/// undiscounted form); elsewhere the mean of the undiscounted form is the gradient with ∂Q replaced by ∂r. One weight for
/// each (s_j,b): O(samples · A) time, O(S·A) memory, no Jacobian.
/// </summary>
[Options]
public sealed partial record SobirlEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "sobirl";

    /// <summary>Samples of each iteration.</summary>
    [Inline]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Sampling;

    /// <summary>Whether γ^{t_j} is left out, as in the published baseline.</summary>
    public bool Undiscounted { get; init; }

    /// <summary>Where the leader's values come from, where the direct part needs them (μ under control).</summary>
    public CriticOptions Critic { get; init; } = new();

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Mdp.Problem.ControlsTransitions)
            throw new InvalidInputException(
                $"sobirl: the leader of {context.Mdp.Problem.Name} controls transitions; expected a problem with rewards alone");
        return new TrajectoryGradient(context, Critic.Bind(context), Undiscounted);
    }

    private sealed class TrajectoryGradient : SampledDirect
    {
        private readonly double _discount;
        private readonly DeviceArray _rows;
        private readonly DeviceArray _weights;
        private readonly Cotangents _response;

        public TrajectoryGradient(EstimationContext context, Critic critic, bool undiscounted)
            : base(context, critic)
        {
            _discount = undiscounted ? 1 : context.Mdp.Problem.Discount;
            _rows = context.Mdp.Engine.Allocate(ArrayKind.StateAction);
            _weights = context.Mdp.Engine.AllocateSteps(Samples.Shape);
            _response = new Cotangents(_rows, null, null, null);
        }

        protected override void EstimateParts()
        {
            base.EstimateParts();
            Mdp mdp = Context.Mdp;
            Engine engine = mdp.Engine;
            // The return at an episode's start, and γ^t of it at each step.
            engine.Scan(Samples, Samples.LeaderReward, new Recursion(mdp.Problem.LeaderDiscount) { Backwards = true }, _weights);
            engine.Scale(Samples, _weights, _weights, discount: 0, perTemperature: true, perEpisode: true);
            engine.Scan(Samples, _weights, new Recursion(_discount), _weights);
            engine.Fill(_rows, 0);
            engine.ScatterActions(Samples, Context.Response.Policy, _weights, _rows, factor: -1, taken: _weights);
            mdp.Pullback(_response, Response);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _rows.Dispose();
                _weights.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
