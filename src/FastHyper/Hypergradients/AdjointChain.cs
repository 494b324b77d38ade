using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Hypergradients;

/// <summary>
/// The chain from an objective to x with the model, whichever way its one linear system is dealt with:
/// c = π (∂f/∂π − Σ_b π ∂f/∂π)/τ;  y = γ Pᵀ c + γ P_πᵀ y;  w = c + π y is the cotangent of r, γ w V that of P. Where the leader acts,
/// the cotangent of his policy is Σ_b g(b|s,a) ∂f/∂π(s,a,b) directly and y(s) V(s,a) through the response.
/// </summary>
internal abstract class AdjointChain : Hypergradient
{
    private readonly Objective _objective;
    private readonly DeviceArray _y;
    private readonly DeviceArray _source;
    private readonly DeviceArray _rows;
    private readonly Cotangents _response;
    private readonly DeviceArray? _leaderPolicy;
    private readonly Cotangents _leaderDirect;
    private readonly double[] _values;

    protected AdjointChain(EstimationContext context, Objective objective)
        : base(context)
    {
        Engine engine = context.Mdp.Engine;
        _objective = objective;
        _y = engine.Allocate(ArrayKind.State);
        _source = engine.Allocate(ArrayKind.State);
        _rows = engine.Allocate(ArrayKind.StateAction);
        _leaderPolicy = context.Mdp.Problem.LeaderActions > 0 ? engine.Allocate(ArrayKind.LeaderAction) : null;
        _response = new Cotangents(_rows, null, context.Mdp.Problem.ControlsTransitions ? engine.Allocate(ArrayKind.Entry) : null, null, _leaderPolicy);
        _leaderDirect = new Cotangents(null, null, null, null, _leaderPolicy);
        _values = new double[engine.Leaders];
    }

    public override IEnumerable<(string Name, DeviceArray Array)> State => [.. _objective.State, ("adjoint", _y)];

    public override IEnumerable<(string Name, LinearSolves Solves)> Solves => [.. _objective.Solves, ("adjoint", AdjointSolves)];

    /// <summary>What the adjoint is solved, or at least measured, by.</summary>
    protected abstract LinearSolves AdjointSolves { get; }

    /// <summary>y, as it is now.</summary>
    protected DeviceArray Adjoint => _y;

    /// <summary>What y is to solve for.</summary>
    protected DeviceArray Source => _source;

    /// <summary>Brings y, which holds the last iteration's, to or towards the solution of y = source + γ P_πᵀ y.</summary>
    protected abstract void Advance(DeviceArray y, DeviceArray policy, DeviceArray source, double discount);

    protected override void EstimateParts()
    {
        Mdp mdp = Context.Mdp;
        Engine engine = mdp.Engine;
        DeviceArray policy = Context.Response.Policy;
        double discount = mdp.Problem.Discount;
        _objective.Evaluate(_values);
        mdp.Pullback(_objective.Direct, Direct);
        _objective.AddParameterGradient(Direct);
        if (_leaderPolicy is not null)
        {
            engine.LeaderActionMeans(policy, _objective.PolicyCotangent, entropy: false, _leaderPolicy);
            mdp.Pullback(_leaderDirect, Direct);
        }

        engine.QCotangent(policy, _objective.PolicyCotangent, _rows);
        engine.TransposedProduct(_rows, discount, _source);
        Advance(_y, policy, _source, discount);
        engine.ScaleByState(policy, _y, _rows, accumulate: true);
        if (_response.Transitions is not null) engine.EntryCotangent(_rows, Context.Response.V, discount, _response.Transitions);
        if (_leaderPolicy is not null)
        {
            Context.Response.LeaderActionValues(_leaderPolicy);
            engine.ScaleByState(_leaderPolicy, _y, _leaderPolicy, accumulate: false);
        }

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
        _leaderPolicy?.Dispose();
    }
}
