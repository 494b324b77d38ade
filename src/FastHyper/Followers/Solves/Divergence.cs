using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.Solves;

/// <summary>
/// Gives up instances that no number of sweeps solves: those whose values are not finite, and, where nothing is discounted,
/// those whose values grow without end. Without a finite optimum the changes settle at a constant, and the states that
/// make them rise for ever; towards an optimum they shrink, or, on their way down from zero or up a path of S states,
/// fall, or rise for S sweeps at the most.
/// </summary>
internal sealed class Divergence : IDisposable
{
    private readonly Engine _engine;
    private readonly RoundingFloor _floor;
    private readonly DeviceArray? _ones;
    private readonly double[] _sums;
    private readonly Mark[] _marks;
    private readonly Lazy<bool> _ends;

    public Divergence(Mdp mdp, RoundingFloor floor)
    {
        _ends = new Lazy<bool>(() => !mdp.Engine.Options.OwnTransitions && Termination.IsCertain(mdp.Engine.Transitions));
        _engine = mdp.Engine;
        _floor = floor;
        _sums = new double[_engine.Instances];
        _marks = new Mark[_engine.Instances];
        if (mdp.Problem.Discount < 1) return;
        _ones = _engine.Allocate(ArrayKind.State);
        _engine.Fill(_ones, 1);
    }

    /// <summary>Forgets the last iteration.</summary>
    public void Begin() =>
        _marks.AsSpan().Fill(
            new Mark(
                (int)Math.Min(StopRules.SweepsToGrow + (2L * _engine.States), int.MaxValue / 4), 0, double.PositiveInfinity, double.NaN));

    /// <summary>Gives up what is hopeless.</summary>
    /// <param name="v">The values.</param>
    /// <param name="status">After some sweeps, or steps.</param>
    /// <param name="leaps">Whether those were steps of policy iteration: where linear solves go astray, values grow by that alone.</param>
    public void Check(DeviceArray v, SweepStatus status, bool leaps)
    {
        bool due = false;
        for (int i = 0; i < _marks.Length; i++)
        {
            if (status.Failed[i] || status.Sweeps[i] == 0) continue;
            if (!double.IsFinite(status.Magnitude[i]) || !double.IsFinite(status.Change[i])) status.Fail(i, Outcome.NotFinite);
            if (_ones is null || leaps) continue;

            // Extrapolations that leap may leave so far behind that rounding hides the growth.
            if (IsHidden(status, i)) status.Fail(i, Outcome.Growing);
            due |= status.Active[i] && status.Sweeps[i] >= _marks[i].Sweeps;
        }

        if (!due) return;
        _engine.Dot(_ones!, v, _sums);
        for (int i = 0; i < _marks.Length; i++)
            if (status.Active[i] && status.Sweeps[i] >= _marks[i].Sweeps && Grows(status, i)) status.Fail(i, Outcome.Growing);
    }

    /// <summary>Whether values may grow for ever: nothing is discounted.</summary>
    public bool IsPossible => _ones is not null;

    /// <summary>
    /// Whether an instance's values are so large that rounding would hide that they grow for ever. Where no policy can go on for ever
    /// they do not grow, however large rewards are beside temperatures.
    /// </summary>
    public bool IsHidden(SweepStatus status, int i) =>
        IsPossible && _engine.Options.Precision == Precision.F64 && _floor.Of(status, i) > StopRules.MaxRoundingOfGrowth * status.Spread[i]
            && !_ends.Value;

    /// <summary>
    /// The part of an instance's residual that may be rounding: no more than shows that values grow for ever, where they may.
    /// </summary>
    public double Rounding(SweepStatus status, int i) =>
        IsPossible && !_ends.Value ? Math.Min(_floor.Of(status, i), StopRules.MaxRoundingOfGrowth * status.Spread[i])
            : _floor.Of(status, i);

    public void Dispose() => _ones?.Dispose();

    /// <summary>Whether changes have stayed what they were at the last mark, and added up upwards since.</summary>
    private bool Grows(SweepStatus status, int i)
    {
        Mark last = _marks[i];
        double change = status.Change[i];
        _marks[i] = new Mark(2 * status.Sweeps[i], status.Sweeps[i], change, _sums[i]);
        double rounding = _floor.Of(status, i);
        return change > rounding && change + rounding >= StopRules.ConstantChange * last.Change
            && _sums[i] - last.Sum >= 0.5 * change * (status.Sweeps[i] - last.Reached);
    }

    /// <summary>When to look again, and what was seen last: after how many sweeps, which change and which sum of values.</summary>
    private readonly record struct Mark(int Sweeps, int Reached, double Change, double Sum);
}
