using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>
/// Linear solves with the follower's transitions P_π: policy evaluation and its adjoint, by sweeps that start from
/// what the target holds.
/// </summary>
public sealed class LinearSolves
{
    private const int SweepsBetweenChecks = 64;
    private readonly Mdp _mdp;
    private readonly SolveOptions _options;
    private readonly RoundingFloor _floor;

    /// <summary>Creates the solves.</summary>
    /// <param name="mdp">Whose transitions.</param>
    /// <param name="options">When a solve stops; the tolerance is relative to the largest value of the solution.</param>
    public LinearSolves(Mdp mdp, SolveOptions options)
    {
        ArgumentNullException.ThrowIfNull(mdp);
        ArgumentNullException.ThrowIfNull(options);
        _mdp = mdp;
        _options = options;
        Status = new SweepStatus(mdp.Engine.Instances);
        _floor = new RoundingFloor(mdp.Engine);
    }

    /// <summary>How the last solve went.</summary>
    public SweepStatus Status { get; }

    /// <summary>V = Σ_a π (r + γ P V): the value of a policy.</summary>
    public void Evaluate(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount)
    {
        for (int done = Begin(); Continues(done); done += SweepsBetweenChecks)
            _mdp.Engine.EvaluationSweeps(v, policy, reward, discount, Limits(done), Status);
    }

    /// <summary>y = b + γ P_πᵀ y: where b = μ, the discounted visits of each state.</summary>
    public void Adjoint(DeviceArray y, DeviceArray policy, DeviceArray source, double discount)
    {
        for (int done = Begin(); Continues(done); done += SweepsBetweenChecks)
            _mdp.Engine.AdjointSweeps(y, policy, source, discount, Limits(done), Status);
    }

    private int Begin()
    {
        Status.Begin();
        _floor.Begin();
        return 0;
    }

    private bool Continues(int done)
    {
        if (done > 0) _floor.Freeze(Status);
        return done < _options.MaximalSweeps && Status.AnyActive;
    }

    private SweepLimits Limits(int done) =>
        new(Math.Min(SweepsBetweenChecks, _options.MaximalSweeps - done), 0, Math.Max(_options.Tolerance, 2 * _floor.Epsilon));
}
