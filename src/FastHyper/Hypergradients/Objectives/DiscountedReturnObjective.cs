using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Objectives;

/// <summary>
/// The leader's discounted return J = Σ_s μ(s) V_L(s), with the model: ∂J/∂π = d Q_L, ∂J/∂l = d π, ∂J/∂P = γ_L d π V_L,
/// ∂J/∂μ = V_L, d the discounted visits.
/// </summary>
/// <param name="LinearTolerance">Relative tolerance of the linear solves.</param>
public sealed record DiscountedReturnObjective(double LinearTolerance = 1e-14) : IObjective
{
    /// <summary>Relative tolerance of the linear solves.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double LinearTolerance { get; init => field = InRange.Of<DiscountedReturnObjective>(value); } =
        InRange.Of<DiscountedReturnObjective>(
        LinearTolerance, nameof(LinearTolerance));

    /// <inheritdoc/>
    public string Name => "discounted-return";

    /// <inheritdoc/>
    public Objective Bind(EstimationContext context) => new Return(context, LinearTolerance);

    private sealed class Return : Objective
    {
        private readonly EstimationContext _context;
        private readonly LeaderReturn _return;
        private readonly LinearSolves _solves;
        private readonly DeviceArray _visits;
        private readonly DeviceArray _visitedPolicy;
        private readonly DeviceArray? _entries;

        public Return(EstimationContext context, double tolerance)
        {
            Engine engine = context.Mdp.Engine;
            FiniteProblem problem = context.Mdp.Problem;
            SolveOptions solve = new() { Tolerance = tolerance, Method = context.Response.Options.Method };
            _context = context;
            _return = new LeaderReturn(context.Mdp, solve);
            _solves = new LinearSolves(context.Mdp, solve);
            _visits = engine.Allocate(ArrayKind.State);
            _visitedPolicy = engine.Allocate(ArrayKind.StateAction);
            PolicyCotangent = engine.Allocate(ArrayKind.StateAction);
            _entries = problem.ControlsTransitions ? engine.Allocate(ArrayKind.Entry) : null;
            Direct = new Cotangents(null, _visitedPolicy, _entries, problem.ControlsInitial ? _return.V : null);
        }

        public override DeviceArray PolicyCotangent { get; }

        public override Cotangents Direct { get; }

        public override IEnumerable<(string Name, DeviceArray Array)> State => [.. _return.State, ("visits", _visits)];

        public override IEnumerable<(string Name, ILinearProofs Solves)> Solves => [("leader values", _return.Solves), ("visits", _solves)];

        public override void Evaluate(Span<double> values)
        {
            Mdp mdp = _context.Mdp;
            DeviceArray policy = _context.Response.Policy;
            double discount = mdp.Problem.LeaderDiscount;
            _return.Evaluate(policy, values);
            _solves.Adjoint(_visits, policy, mdp.Initial, discount);
            mdp.Engine.ScaleByState(policy, _visits, _visitedPolicy, accumulate: false);
            if (_entries is not null) mdp.Engine.EntryCotangent(_visitedPolicy, _return.V, discount, _entries);
            _return.RelativeActionValues(PolicyCotangent);
            mdp.Engine.ScaleByState(PolicyCotangent, _visits, PolicyCotangent, accumulate: false);
        }

        protected override void Dispose(bool disposing)
        {
            if (!disposing) return;
            _return.Dispose();
            _solves.Dispose();
            _visits.Dispose();
            _visitedPolicy.Dispose();
            PolicyCotangent.Dispose();
            _entries?.Dispose();
        }
    }
}
