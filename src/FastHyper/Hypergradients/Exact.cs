using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients;

/// <summary>
/// The exact hypergradient of any objective, with the model: one adjoint solve and two pullbacks beside the objective's
/// own evaluation. O(transitions) a sweep; memory O(S·A).
/// </summary>
/// <param name="Tolerance">Relative tolerance of the linear solves.</param>
public sealed record Exact(double Tolerance = 1e-14) : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "exact";

    /// <inheritdoc/>
    public SamplingOptions? Sampling => null;

    /// <summary>What the leader maximises; the discounted return where null.</summary>
    public IObjective? Objective { get; init; }

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context) =>
        new Adjoint(context, (Objective ?? new DiscountedReturn(Tolerance)).Bind(context), Tolerance);

    private sealed class Adjoint : Hypergradient
    {
        private readonly Objective _objective;
        private readonly LinearSolves _solves;
        private readonly DeviceArray _y;
        private readonly DeviceArray _source;
        private readonly DeviceArray _rows;
        private readonly Cotangents _response;
        private readonly double[] _values;

        public Adjoint(EstimationContext context, Objective objective, double tolerance)
            : base(context)
        {
            Engine engine = context.Mdp.Engine;
            _objective = objective;
            _solves = new LinearSolves(context.Mdp, new SolveOptions { Tolerance = tolerance, Method = context.Response.Options.Method });
            _y = engine.Allocate(ArrayKind.State);
            _source = engine.Allocate(ArrayKind.State);
            _rows = engine.Allocate(ArrayKind.StateAction);
            _response = new Cotangents(_rows, null, context.Mdp.Problem.ControlsTransitions ? engine.Allocate(ArrayKind.Entry) : null, null);
            _values = new double[engine.Leaders];
        }

        public override IEnumerable<(string Name, DeviceArray Array)> State => [.. _objective.State, ("adjoint", _y)];

        protected override void EstimateParts()
        {
            Mdp mdp = Context.Mdp;
            Engine engine = mdp.Engine;
            DeviceArray policy = Context.Response.Policy;
            double discount = mdp.Problem.Discount;
            _objective.Evaluate(_values);
            mdp.Pullback(_objective.Direct, Direct);
            _objective.AddParameterGradient(Direct);

            // c = π (∂f/∂π − Σ_b π ∂f/∂π)/τ;  y = γ Pᵀ c + γ P_πᵀ y;  w = c + π y is the cotangent of r, γ w V that of P.
            engine.QCotangent(policy, _objective.PolicyCotangent, _rows);
            engine.TransposedProduct(_rows, discount, _source);
            _solves.Adjoint(_y, policy, _source, discount);
            engine.ScaleByState(policy, _y, _rows, accumulate: true);
            if (_response.Transitions is not null) engine.EntryCotangent(_rows, Context.Response.V, discount, _response.Transitions);
            mdp.Pullback(_response, Response);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _objective.Dispose();
            _y.Dispose();
            _source.Dispose();
            _rows.Dispose();
            _response.Transitions?.Dispose();
        }
    }
}
