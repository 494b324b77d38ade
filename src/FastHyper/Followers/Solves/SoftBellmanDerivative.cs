using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;

namespace FastHyper.Followers.Solves;

/// <summary>
/// Through the fixed point Q = r + γ P V(Q), V the soft maximum: y = γ Pᵀ c + γ P_πᵀ y, and w = c + π y is the cotangent of r, γ w V that
/// of P. Where the leader acts, y(s) V(s,a) is the cotangent of its policy.
/// </summary>
internal sealed class SoftBellmanDerivative : ResponseDerivative
{
    private readonly Mdp _mdp;
    private readonly TabularFollower _follower;
    private readonly AdjointOptions _options;
    private readonly LinearSolves _solves;
    private readonly AdjointSystem? _system;
    private readonly DeviceArray _adjoint;
    private readonly DeviceArray _source;
    private readonly DeviceArray _rows;
    private readonly DeviceArray? _entries;
    private readonly DeviceArray? _leaderPolicy;

    public SoftBellmanDerivative(Mdp mdp, TabularFollower follower, AdjointOptions options)
    {
        Engine engine = mdp.Engine;
        _mdp = mdp;
        _follower = follower;
        _options = options;
        _solves = new LinearSolves(mdp, new SolveOptions { Tolerance = options.LinearTolerance, Method = follower.Options.Method });
        if (options.Steps is not null) _system = new AdjointSystem(engine);
        _adjoint = engine.Allocate(ArrayKind.State);
        _source = engine.Allocate(ArrayKind.State);
        _rows = engine.Allocate(ArrayKind.StateAction);
        _entries = mdp.Problem.ControlsTransitions ? engine.Allocate(ArrayKind.Entry) : null;
        _leaderPolicy = mdp.Problem.LeaderActions > 0 ? engine.Allocate(ArrayKind.LeaderAction) : null;
        Configured = new Cotangents(_rows, null, _entries, null, _leaderPolicy);
    }

    // c becomes w in place.
    public override DeviceArray ActionValues => _rows;

    public override Cotangents Configured { get; }

    public override IEnumerable<(string Name, DeviceArray Array)> State => [("adjoint", _adjoint)];

    public override IEnumerable<(string Name, ILinearProofs Solves)> Solves => [("adjoint", _solves)];

    public override void Pullback()
    {
        Engine engine = _mdp.Engine;
        DeviceArray policy = _follower.Policy;
        double discount = _mdp.Problem.Discount;
        engine.TransposedProduct(_rows, discount, _source);
        Advance(policy, discount);
        engine.ScaleByState(policy, _adjoint, _rows, accumulate: true);
        if (_entries is not null) engine.EntryCotangent(_rows, _follower.V, discount, _entries);
        if (_leaderPolicy is null) return;
        _follower.LeaderActionValues(_leaderPolicy);
        engine.ScaleByState(_leaderPolicy, _adjoint, _leaderPolicy, accumulate: false);
    }

    public override void Certify()
    {
        if (_system is not null) _solves.CertifyAdjoint(_adjoint, _follower.Policy, _source, _mdp.Problem.Discount);
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _solves.Dispose();
        _system?.Dispose();
        _adjoint.Dispose();
        _source.Dispose();
        _rows.Dispose();
        _entries?.Dispose();
        _leaderPolicy?.Dispose();
    }

    /// <summary>Brings the adjoint, which holds the last call's, to or towards the solution.</summary>
    private void Advance(DeviceArray policy, double discount)
    {
        if (_system is null) _solves.Adjoint(_adjoint, policy, _source, discount);
        else if (_options.DescentStep is double step) _system.Descend(_adjoint, policy, _source, discount, step, _options.Steps!.Value);
        else _system.Conjugate(_adjoint, policy, _source, discount, _options.Steps!.Value);
    }
}
