using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>
/// Linear solves with the follower's transitions P_π: policy evaluation and its adjoint, by sweeps or by the engine's
/// best solver, from what the target holds.
/// </summary>
public sealed class LinearSolves
{
    private const int SweepsAtOnce = 64;
    private const int ProductsAtOnce = 256;
    private const int RefinementsAtOnce = 8;
    private readonly Mdp _mdp;
    private readonly SolveOptions _options;
    private readonly RoundingFloor _floor;
    private readonly double[] _lasts;
    private readonly int[] _done;
    private readonly bool[] _goesOn;

    // Once a solver no longer halves an instance's residuals, rounding is in its way: sweeps settle where they change nothing.
    private readonly bool[] _sweeps;

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
        _lasts = new double[mdp.Engine.Instances];
        _done = new int[mdp.Engine.Instances];
        _goesOn = new bool[mdp.Engine.Instances];
        _sweeps = new bool[mdp.Engine.Instances];
    }

    /// <summary>How the last solve went.</summary>
    public SweepStatus Status { get; }

    /// <summary>V = Σ_a π (r + γ P V): the value of a policy.</summary>
    /// <exception cref="InvalidOperationException">An instance did not converge, or is not finite.</exception>
    public void Evaluate(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount)
    {
        for (Begin(); Continues("the value of the policy");)
        {
            if (Turn(sweeps: false)) _mdp.Engine.Evaluate(v, policy, reward, discount, Limits(sweeps: false), Status);
            Keep(sweeps: false);
            if (Turn(sweeps: true)) _mdp.Engine.EvaluationSweeps(v, policy, reward, discount, Limits(sweeps: true), Status);
            Keep(sweeps: true);
        }
    }

    /// <summary>y = b + γ P_πᵀ y: where b = μ, the discounted visits of each state.</summary>
    /// <exception cref="InvalidOperationException">An instance did not converge, or is not finite.</exception>
    public void Adjoint(DeviceArray y, DeviceArray policy, DeviceArray source, double discount)
    {
        for (Begin(); Continues("the adjoint of the policy's value");)
        {
            if (Turn(sweeps: false)) _mdp.Engine.Adjoint(y, policy, source, discount, Limits(sweeps: false), Status);
            Keep(sweeps: false);
            if (Turn(sweeps: true)) _mdp.Engine.AdjointSweeps(y, policy, source, discount, Limits(sweeps: true), Status);
            Keep(sweeps: true);
        }
    }

    private void Begin()
    {
        Status.Begin();
        _floor.Begin();
        _goesOn.AsSpan().Fill(true);
        _sweeps.AsSpan().Fill(_options.Method == SolveMethod.Sweeps);
        _done.AsSpan().Clear();
        _lasts.AsSpan().Fill(double.PositiveInfinity);
    }

    /// <summary>Turns to the instances that are swept, or to those that are solved for; false where none of them goes on.</summary>
    private bool Turn(bool sweeps)
    {
        for (int i = 0; i < _goesOn.Length; i++) Status.Active[i] = _goesOn[i] && _sweeps[i] == sweeps;
        return Status.AnyActive;
    }

    /// <summary>Keeps in mind which of them go on.</summary>
    private void Keep(bool sweeps)
    {
        int count = Math.Max(1, Limits(sweeps).Count);
        for (int i = 0; i < _goesOn.Length; i++)
        {
            if (!_goesOn[i] || _sweeps[i] != sweeps) continue;
            _done[i] += count;
            _goesOn[i] = Status.Active[i];
        }
    }

    /// <summary>Looks at what the instances that were active have come to, each by itself, and whether any goes on.</summary>
    private bool Continues(string what)
    {
        _goesOn.CopyTo(Status.Active, 0);

        // All take part in the first round.
        if (_done[0] == 0) return true;
        _floor.Freeze(Status);
        for (int i = 0; i < _goesOn.Length; i++)
        {
            if (!Unsolved.Finite(Status, i) && !Status.Failed[i])
            {
                Status.Fail(i);
                _mdp.Fail(i, Unsolved.Linear(_mdp, what, _options, Status, i));
            }

            if (!Status.Active[i]) continue;
            if (_done[i] >= _options.MaximalSweeps) throw Unsolved.Linear(_mdp, what, _options, Status, i);
            if (IsSettled(i)) Status.Active[i] = false;
        }

        Status.Active.CopyTo(_goesOn, 0);
        return Status.AnyActive;
    }

    /// <summary>
    /// Whether an instance is down to the rounding of rewards and sources: neither sweeps, which contract, bring it down any more,
    /// nor a few refinements of a direct solve, which contract by much, to half. A Krylov method may be stuck far above that:
    /// then sweeps tell.
    /// </summary>
    private bool IsSettled(int i)
    {
        double change = Status.Change[i], last = _lasts[i];
        _lasts[i] = change;
        if (_sweeps[i]) return !(change < last) && (_mdp.Engine.SweepsInPlace || _options.Method != SolveMethod.Sweeps);
        if (change <= last / 2) return false;
        if (_mdp.Engine.SolvesDirectly) return true;
        (_sweeps[i], _lasts[i]) = (true, double.PositiveInfinity);
        return false;
    }

    private SweepLimits Limits(bool sweeps)
    {
        int count = sweeps ? SweepsAtOnce : _mdp.Engine.SolvesDirectly ? RefinementsAtOnce : ProductsAtOnce;
        for (int i = 0; i < _goesOn.Length; i++)
            if (_goesOn[i] && _sweeps[i] == sweeps) count = Math.Min(count, _options.MaximalSweeps - _done[i]);
        return new SweepLimits(count, 0, Math.Max(_options.Tolerance, 2 * _floor.Epsilon));
    }
}
