using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients;

/// <summary>
/// The exact hypergradient of the leader's discounted return, with the model: one policy evaluation, two adjoint
/// solves and one pullback. O(transitions) a sweep; memory O(S·A).
/// </summary>
/// <param name="Tolerance">Relative tolerance of the linear solves.</param>
public sealed record Exact(double Tolerance = 1e-14) : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "exact";

    /// <inheritdoc/>
    public SamplingOptions? Sampling => null;

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context) => new Adjoint(context, this);

    private sealed class Adjoint : Hypergradient
    {
        private readonly LeaderReturn _return;
        private readonly LinearSolves _solves;
        private readonly DeviceArray _visits;
        private readonly DeviceArray _y;
        private readonly DeviceArray _source;
        private readonly DeviceArray _rows;
        private readonly DeviceArray _cotangent;
        private readonly double[] _objectives;
        private readonly Cotangents _direct;
        private readonly Cotangents _response;

        public Adjoint(EstimationContext context, Exact options)
            : base(context)
        {
            Engine engine = context.Mdp.Engine;
            SolveOptions solve = new() { Tolerance = options.Tolerance };
            _return = new LeaderReturn(context.Mdp, solve);
            _solves = new LinearSolves(context.Mdp, solve);
            _visits = engine.Allocate(ArrayKind.State);
            _y = engine.Allocate(ArrayKind.State);
            _source = engine.Allocate(ArrayKind.State);
            _rows = engine.Allocate(ArrayKind.StateAction);
            _cotangent = engine.Allocate(ArrayKind.StateAction);
            _objectives = new double[engine.Leaders];
            DeviceArray? entries = context.Mdp.Problem.ControlsTransitions ? engine.Allocate(ArrayKind.Entry) : null;
            _direct = new Cotangents(null, _rows, entries, context.Mdp.Problem.ControlsInitial ? _return.V : null);
            _response = new Cotangents(_cotangent, null, entries, null);
        }

        public override IEnumerable<(string Name, DeviceArray Array)> State =>
            [.. _return.State, ("visits", _visits), ("adjoint", _y)];

        protected override void EstimateParts()
        {
            Mdp mdp = Context.Mdp;
            Engine engine = mdp.Engine;
            DeviceArray policy = Context.Response.Policy;
            double discount = mdp.Problem.Discount;
            double leaderDiscount = mdp.Problem.LeaderDiscount;

            // d = μ + γ_L P_πᵀ d;  ∂J/∂l = d π,  ∂J/∂P = γ_L d π V_L,  ∂J/∂μ = V_L.
            _return.Evaluate(policy, _objectives);
            _solves.Adjoint(_visits, policy, mdp.Initial, leaderDiscount);
            engine.ScaleByState(policy, _visits, _rows, accumulate: false);
            if (_direct.Transitions is not null) engine.EntryCotangent(_rows, _return.V, leaderDiscount, _direct.Transitions);
            mdp.Pullback(_direct, Direct);

            // ∂J/∂π = d Q_L;  c = π (∂J/∂π − Σ_b π ∂J/∂π)/τ;  y = γ Pᵀ c + γ P_πᵀ y;  w = c + π y.
            // A function of s taken off Q_L changes nothing in c.
            _return.RelativeActionValues(_rows);
            engine.ScaleByState(_rows, _visits, _rows, accumulate: false);
            engine.QCotangent(policy, _rows, _cotangent);
            engine.TransposedProduct(_cotangent, discount, _source);
            _solves.Adjoint(_y, policy, _source, discount);
            engine.ScaleByState(policy, _y, _cotangent, accumulate: true);
            if (_response.Transitions is not null) engine.EntryCotangent(_cotangent, Context.Response.V, discount, _response.Transitions);
            mdp.Pullback(_response, Response);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _return.Dispose();
            foreach (DeviceArray array in (DeviceArray[])[_visits, _y, _source, _rows, _cotangent]) array.Dispose();
            _direct.Transitions?.Dispose();
        }
    }
}
