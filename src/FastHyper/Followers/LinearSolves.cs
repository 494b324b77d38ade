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

    // Once a solver no longer halves an instance's residuals, rounding is in its way: sweeps settle where they change nothing.
    private readonly bool[] _sweeps;
    private readonly bool[] _aside;
    private int _atOnce;
    private double _last;

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
        _sweeps = new bool[mdp.Engine.Instances];
        _aside = new bool[mdp.Engine.Instances];
    }

    /// <summary>How the last solve went.</summary>
    public SweepStatus Status { get; }

    private int SolvedAtOnce => _mdp.Engine.SolvesDirectly ? RefinementsAtOnce : ProductsAtOnce;

    /// <summary>V = Σ_a π (r + γ P V): the value of a policy.</summary>
    /// <exception cref="InvalidOperationException">An instance did not converge, or is not finite.</exception>
    public void Evaluate(DeviceArray v, DeviceArray policy, DeviceArray reward, double discount)
    {
        for (int done = Begin(); Continues(done, "the value of the policy"); done += _atOnce)
        {
            if (Choose(sweeps: false)) _mdp.Engine.Evaluate(v, policy, reward, discount, Limits(done, SolvedAtOnce), Status);
            if (Choose(sweeps: true)) _mdp.Engine.EvaluationSweeps(v, policy, reward, discount, Limits(done, SweepsAtOnce), Status);
        }
    }

    /// <summary>y = b + γ P_πᵀ y: where b = μ, the discounted visits of each state.</summary>
    /// <exception cref="InvalidOperationException">An instance did not converge, or is not finite.</exception>
    public void Adjoint(DeviceArray y, DeviceArray policy, DeviceArray source, double discount)
    {
        for (int done = Begin(); Continues(done, "the adjoint of the policy's value"); done += _atOnce)
        {
            if (Choose(sweeps: false)) _mdp.Engine.Adjoint(y, policy, source, discount, Limits(done, SolvedAtOnce), Status);
            if (Choose(sweeps: true)) _mdp.Engine.AdjointSweeps(y, policy, source, discount, Limits(done, SweepsAtOnce), Status);
        }
    }

    private int Begin()
    {
        Status.Begin();
        _floor.Begin();
        _sweeps.AsSpan().Fill(_options.Method == SolveMethod.Sweeps);
        _last = double.PositiveInfinity;
        _lasts.AsSpan().Fill(double.PositiveInfinity);
        return 0;
    }

    /// <summary>Leaves those instances active that sweep, or that are solved; false where there are none.</summary>
    private bool Choose(bool sweeps)
    {
        PutBack();
        for (int i = 0; i < _aside.Length; i++)
        {
            _aside[i] = Status.Active[i] && _sweeps[i] != sweeps;
            Status.Active[i] &= !_aside[i];
        }

        if (!sweeps) _atOnce = 0;
        if (!Status.AnyActive) return false;
        _atOnce = Math.Max(_atOnce, sweeps ? SweepsAtOnce : SolvedAtOnce);
        return true;
    }

    private void PutBack()
    {
        for (int i = 0; i < _aside.Length; i++) Status.Active[i] |= _aside[i];
        _aside.AsSpan().Clear();
    }

    private bool Continues(int done, string what)
    {
        if (done == 0) return true;
        PutBack();
        _floor.Freeze(Status);
        double largest = 0;
        for (int i = 0; i < Status.Change.Length; i++)
        {
            if (!Unsolved.Finite(Status, i) && !Status.Failed[i])
            {
                Status.Fail(i);
                _mdp.Fail(i, Unsolved.Linear(_mdp, what, _options, Status, i));
            }

            if (Status.Active[i]) largest = Math.Max(largest, Status.Change[i]);
        }

        if (done >= _options.MaximalSweeps && Status.AnyActive) throw Unsolved.Linear(_mdp, what, _options, Status, Array.IndexOf(Status.Active, true));
        if (_mdp.Engine.SweepsInPlace)
        {
            Settle();
            return Status.AnyActive;
        }

        // What neither a solver nor sweeps, which contract, bring down any more is rounding of the rewards and sources.
        if (!_sweeps.AsSpan().Contains(false) && _options.Method != SolveMethod.Sweeps && largest >= _last) Status.Active.AsSpan().Clear();
        if (!(largest <= _last / 2)) _sweeps.AsSpan().Fill(true);
        _last = largest;
        return Status.AnyActive;
    }

    /// <summary>
    /// Ends instances, each by itself, that are down to the rounding of rewards and sources: a few refinements of a direct
    /// solve, which contract by much, did not halve the residual, or sweeps no longer shrink it. A Krylov method may be stuck
    /// far above that: then sweeps, which contract, tell.
    /// </summary>
    private void Settle()
    {
        for (int i = 0; i < _lasts.Length; i++)
        {
            if (!Status.Active[i]) continue;
            double change = Status.Change[i];
            bool gained = _sweeps[i] ? change < _lasts[i] : change <= _lasts[i] / 2;
            _lasts[i] = change;
            if (gained) continue;
            if (_sweeps[i] || _mdp.Engine.SolvesDirectly) Status.Active[i] = false;
            else (_sweeps[i], _lasts[i]) = (true, double.PositiveInfinity);
        }
    }

    private SweepLimits Limits(int done, int atOnce) =>
        new(Math.Min(atOnce, _options.MaximalSweeps - done), 0, Math.Max(_options.Tolerance, 2 * _floor.Epsilon));
}
