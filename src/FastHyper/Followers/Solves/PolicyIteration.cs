using FastHyper.Backends;

namespace FastHyper.Followers.Solves;

/// <summary>
/// Soft policy iteration. It converges quadratically near the optimum; an instance whose residual does not halve over many
/// steps has none nearby, or rounding keeps it from the tolerance, and sweeps take over. They go on from the values that steps
/// began from where steps led further away: where nothing is discounted, and episodes are long, linear solves may go astray.
/// </summary>
internal sealed class PolicyIteration(FollowerSolve solve) : FollowerMethod
{
    private const int StepsAtOnce = 16;
    private readonly double[] _before = new double[solve.Engine.Instances];
    private readonly double[] _first = new double[solve.Engine.Instances];
    private readonly double[] _best = new double[solve.Engine.Instances];
    private readonly int[] _since = new int[solve.Engine.Instances];
    private readonly bool[] _stalled = new bool[solve.Engine.Instances];
    private readonly bool[] _steps = new bool[solve.Engine.Instances];
    private readonly DeviceArray _kept = solve.Engine.Allocate(ArrayKind.State);
    private readonly DeviceArray[] _sources = new DeviceArray[2];
    private readonly double[] _shares = new double[2 * solve.Engine.Instances];

    public override void Run(FollowerSolve solve)
    {
        _best.AsSpan().Fill(double.PositiveInfinity);
        _since.AsSpan().Clear();
        _stalled.AsSpan().Clear();
        // Where values may grow for ever, a step may leap so far that sweeps tell nothing any more: those before it do.
        bool goesOn = !solve.MayGrow || !solve.Status.Sweeps.AsSpan().Contains(0) || solve.Sweep(1);
        solve.Status.Active.CopyTo(_steps, 0);
        solve.Status.Change.CopyTo(_before, 0);
        _sources[0] = solve.V;
        _shares.AsSpan(0, _best.Length).Fill(1);
        solve.Engine.Combine(_sources.AsSpan(0, 1), _shares.AsSpan(0, _best.Length), _kept);
        goesOn = goesOn && solve.Improve(1);
        double astray = solve.Contraction < 1 ? Math.Max(StopRules.Astray, StopRules.AstrayHorizons / (1 - solve.Contraction))
            : StopRules.Astray;
        solve.Status.Change.CopyTo(_first, 0);
        bool byFactors = false;
        while (goesOn && solve.Improve(StepsAtOnce, byFactors))
        {
            bool exact = byFactors || solve.Engine.SolvesDirectly;
            for (int i = 0; i < _best.Length; i++)
            {
                if (!solve.Status.Active[i]) continue;
                _since[i] += StepsAtOnce;
                if (solve.Status.Change[i] <= _best[i] / 2) (_best[i], _since[i]) = (solve.Status.Change[i], 0);
                if (_since[i] < (exact ? Math.Clamp(solve.Engine.States, StopRules.StepsToHalve, StopRules.MaxStepsToHalve)
                    : StopRules.StepsToHalve) && solve.Status.Change[i] <= astray * _first[i]) continue;
                if (!byFactors && solve.Engine.HasFactors)
                {
                    // Steps that are solved for to rounding lead on from wherever inexact ones have led.
                    byFactors = true;
                    _best.AsSpan().Fill(double.PositiveInfinity);
                    _since.AsSpan().Clear();
                    break;
                }

                _stalled[i] = true;
                solve.Status.Active[i] = false;
            }
        }

        Return(solve);
        if (solve.Release(_stalled)) while (solve.Sweep(Sweeps.AtOnce)) { }
    }

    public override void Dispose()
    {
        base.Dispose();
        _kept.Dispose();
    }

    /// <summary>
    /// Puts back what steps began from, for the instances that are farther away now: stalled, or frozen as their values have
    /// grown so large that the change is within rounding.
    /// </summary>
    private void Return(FollowerSolve solve)
    {
        (_sources[0], _sources[1]) = (solve.V, _kept);
        for (int i = 0; i < _best.Length; i++)
        {
            bool returns = _steps[i] && !solve.Status.Failed[i]
                && (solve.Status.Change[i] > _first[i] || (solve.MayGrow && solve.Rounding(i) > _before[i]) || solve.IsHidden(i));
            _stalled[i] |= returns;
            (_shares[i], _shares[_best.Length + i]) = returns ? (0, 1) : (1, 0);
        }

        if (_shares.AsSpan(_best.Length).Contains(1)) solve.Engine.Combine(_sources, _shares, solve.V);
    }
}
