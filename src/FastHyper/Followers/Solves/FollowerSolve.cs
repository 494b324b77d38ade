using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.Solves;

/// <summary>
/// One solve of V = TV, of values V for rewards r, as the methods see it: they choose between sweeps and steps; limits,
/// rounding, hopeless instances and the wish to stop are looked after here.
/// </summary>
internal sealed class FollowerSolve : IDisposable
{
    private readonly Mdp _mdp;
    private readonly SolveOptions _options;
    private readonly RoundingFloor _floor;
    private readonly Divergence _divergence;
    private IProgress<SolveProgress>? _progress;
    private CancellationToken _stop;
    private readonly double[] _last;
    private int _left;

    public FollowerSolve(Mdp mdp, SolveOptions options)
    {
        _mdp = mdp;
        _options = options;
        Status = new SweepStatus(mdp.Engine.Instances);
        Methods = new SolveMethod[mdp.Engine.Instances];
        _floor = new RoundingFloor(mdp.Engine);
        _divergence = new Divergence(mdp, _floor);
        _last = new double[mdp.Engine.Instances];
        V = Reward = null!;
    }

    public Engine Engine => _mdp.Engine;

    public SweepStatus Status { get; }

    /// <summary>What each instance was solved by.</summary>
    public SolveMethod[] Methods { get; }

    /// <summary>V, written.</summary>
    public DeviceArray V { get; private set; }

    /// <summary>r.</summary>
    public DeviceArray Reward { get; private set; }

    /// <summary>Whether it was asked to stop.</summary>
    public bool Stopped { get; private set; }

    /// <summary>γ times the largest row sum: how much of a change of V a sweep keeps.</summary>
    public double Contraction => _mdp.Problem.Discount * _mdp.Engine.Transitions.MaxRowSum;

    /// <summary>Begins a solve of all instances.</summary>
    public void Begin(IProgress<SolveProgress>? progress, CancellationToken stop)
    {
        Status.Begin();
        for (int i = 0; i < Status.Spread.Length; i++) Status.Spread[i] = _mdp.Temperatures[i] * (1 + Math.Log(Engine.Actions));
        Methods.AsSpan().Fill(_options.Method);
        _divergence.Begin();
        _progress = progress;
        _stop = stop;
        _left = _options.MaxSweeps;
        Stopped = false;
    }

    /// <summary>Goes over to other values and rewards, of the instances that are active.</summary>
    public void Retarget(DeviceArray v, DeviceArray reward)
    {
        V = v;
        Reward = reward;
        _floor.Begin();
    }

    /// <summary>The largest change that counts as none.</summary>
    public double Limit(int instance) =>
        _options.Tolerance + (StopRules.LimitUnits * _floor.Epsilon * (Status.Magnitude[instance] + Status.Spread[instance]));

    /// <summary>The largest residual that rounding alone may leave.</summary>
    public double Rounding(int instance) => _floor.Of(Status, instance);

    /// <summary>The largest certified residual that may be rounding.</summary>
    public double CertifiedRounding(int instance) => _divergence.Rounding(Status, instance);

    /// <summary>Whether values may grow for ever: nothing is discounted.</summary>
    public bool MayGrow => _divergence.IsPossible;

    /// <summary>Whether an instance's values are so large that rounding would hide that they grow for ever.</summary>
    public bool IsHidden(int instance) => _divergence.IsHidden(Status, instance);

    /// <summary>Up to <paramref name="count"/> sweeps of the active instances; false where there is no more to do.</summary>
    /// <param name="count">Sweeps at the most.</param>
    /// <param name="inPlace">Whether in place, where the engine can.</param>
    public bool Sweep(int count, bool inPlace = false)
    {
        if (!Continues()) return false;
        if (inPlace) Engine.InPlaceSweeps(V, Reward, _mdp.Problem.Discount, Limits(count), Status);
        else Engine.SoftSweeps(V, Reward, _mdp.Problem.Discount, Limits(count), Status);
        return Check(count, patience: Sweeps.AtOnce, leaps: false);
    }

    /// <summary>Whether V is zero everywhere.</summary>
    public bool IsCold()
    {
        Engine.Dot(V, V, _last);
        return !_last.AsSpan().ContainsAnyExcept(0.0);
    }

    /// <summary>
    /// Ends the instances that were shifted by other than zero: with rows that sum to one, their residual is the distance that
    /// the bounds gave; false where there are no others.
    /// </summary>
    public bool FinishShifted(ReadOnlySpan<double> shifts)
    {
        for (int i = 0; i < shifts.Length; i++)
        {
            if (!Status.Active[i] || shifts[i] == 0) continue;
            Status.Change[i] = Contraction * (Status.Highest[i] - Status.Lowest[i]) / 2;
            Status.Active[i] = false;
        }

        return Continues();
    }

    /// <summary>Sweeps in float32 for a beginning; see <see cref="Engine.DraftSweeps"/>.</summary>
    /// <returns>What a sweep left of the changes, or not a number.</returns>
    public double Draft(int count)
    {
        if (!Continues()) return double.NaN;
        int before = Status.Sweeps[0];
        double ratio = Engine.DraftSweeps(V, Reward, _mdp.Problem.Discount, Limits(count), Status);
        _left -= Status.Sweeps[0] - before;
        if (!double.IsNaN(ratio)) _floor.Begin();
        return ratio;
    }

    /// <summary>Up to <paramref name="count"/> steps of policy iteration; false where there is no more to do.</summary>
    /// <param name="count">Steps at the most.</param>
    /// <param name="byFactors">Whether by factors, where the engine has them.</param>
    public bool Improve(int count, bool byFactors = false)
    {
        if (!Continues()) return false;
        // A residual says little of the error where nothing is discounted: steps that cost no more than sweeps go on to rounding.
        SweepLimits limits = MayGrow && Engine.SolvesDirectly ? Limits(count) with { Absolute = 0 } : Limits(count);
        limits = limits with { ByFactors = byFactors };
        Engine.PolicyIteration(V, Reward, _mdp.Problem.Discount, limits, Status);
        return Check(count, patience: 0, leaps: true);
    }

    /// <summary>Takes instances up again that a method had put aside; false where there are none, or no more to do.</summary>
    public bool Release(bool[] aside)
    {
        for (int i = 0; i < aside.Length; i++) Status.Active[i] |= aside[i] && !Status.Failed[i];
        return Continues();
    }

    /// <summary>
    /// Takes instances up again after their values were folded away: all of them, or those that changed in their last sweep
    /// by more than the tolerance and rounding of what a sweep adds, unless they no longer come nearer; false where there are none.
    /// </summary>
    public bool Refine(bool everyone)
    {
        for (int i = 0; i < _last.Length; i++)
        {
            double change = Status.Change[i];
            bool coarse = change > _options.Tolerance + (StopRules.LimitUnits * _floor.Epsilon * Status.Spread[i])
                && change <= _last[i] / 2;
            Status.Active[i] = !Status.Failed[i] && (everyone || Status.Active[i] || coarse);
            _last[i] = change;
        }

        return Continues();
    }

    public void Dispose() => _divergence.Dispose();

    private bool Continues() => _left > 0 && !Stopped && Status.AnyActive;

    private SweepLimits Limits(int count) => new(Math.Min(count, _left), _options.Tolerance, StopRules.LimitUnits * _floor.Epsilon);

    private bool Check(int count, int patience, bool leaps)
    {
        _left -= Math.Min(count, _left);
        _mdp.Monitor.Check("the follower's sweeps", Status.Sweeps.Max());
        _divergence.Check(V, Status, leaps);
        _floor.Freeze(Status, patience);
        _progress?.Report(Status.Progress());
        Stopped |= _stop.IsCancellationRequested;
        return Continues();
    }
}
