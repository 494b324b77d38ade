namespace FastHyper.Followers.Solves;

/// <summary>
/// Policy iteration where its linear solves are direct: a step costs a sweep or two. Else sweeps, shifted where bounds
/// follow from them, while they look like ending soon; policy iteration for the instances whose sweeps do not. Sweeps left follow from how
/// fast the last ones came nearer:
/// <code>log(limit / distance) / log(ratio)</code>
/// It looks at nothing but the problem and V, each instance by itself, so that a resumed run chooses the same.
/// </summary>
internal sealed class AutomaticMethod(FollowerSolve solve) : FollowerMethod
{
    // The first sweeps tell little about the later ones.
    private const int LeastSweeps = 4;

    // What a solve by policy iteration costs: a few steps of some products each.
    private const int SweepsWorthIteration = 30;
    private readonly ShiftedSweeps _sweeps = new(solve);
    private readonly PolicyIteration _iteration = new(solve);
    private readonly int[] _begun = new int[solve.Engine.Instances];
    private readonly int[] _swept = new int[solve.Engine.Instances];
    private readonly double[] _distance = new double[solve.Engine.Instances];
    private readonly bool[] _slow = new bool[solve.Engine.Instances];

    public override void Run(FollowerSolve solve)
    {
        if (solve.Engine.SolvesDirectly)
        {
            solve.Methods.AsSpan().Fill(SolveMethod.PolicyIteration);
            _iteration.Run(solve);
            return;
        }

        _sweeps.Begin();
        solve.Status.Sweeps.CopyTo(_begun, 0);
        solve.Status.Sweeps.CopyTo(_swept, 0);
        _distance.AsSpan().Fill(double.NaN);
        _slow.AsSpan().Clear();
        Draft(solve);
        bool goesOn = true;
        while (goesOn && solve.Status.AnyActive)
        {
            goesOn = _sweeps.Advance(solve);
            for (int i = 0; i < _slow.Length; i++) Look(solve, i);
        }

        if (solve.Release(_slow)) _iteration.Run(solve);
    }

    public override void Dispose()
    {
        base.Dispose();
        _iteration.Dispose();
    }

    /// <summary>Drafts, and looks at how fast that went.</summary>
    private void Draft(FollowerSolve solve)
    {
        double ratio = ShiftedSweeps.Draft(solve);
        if (double.IsNaN(ratio)) return;
        solve.Status.Sweeps.CopyTo(_swept, 0);
        _distance.AsSpan().Fill(double.NaN);
        for (int i = 0; i < _slow.Length; i++)
            if (solve.Status.Active[i]
                && !(-Math.Log(ratio) * SweepsWorthIteration >= Math.Log(_sweeps.Distance(solve, i) / solve.Limit(i)))) PutAside(solve, i);
    }

    private void PutAside(FollowerSolve solve, int i)
    {
        _slow[i] = true;
        solve.Methods[i] = SolveMethod.PolicyIteration;
        solve.Status.Active[i] = false;
    }

    private void Look(FollowerSolve solve, int i)
    {
        int sweeps = solve.Status.Sweeps[i];
        if (sweeps == _swept[i]) return;
        solve.Methods[i] = _sweeps.Bounded(solve, i) ? SolveMethod.Shifted : SolveMethod.Sweeps;
        double distance = _sweeps.Distance(solve, i);
        bool first = double.IsNaN(_distance[i]);
        double rate = Math.Log(_distance[i] / distance) / (sweeps - _swept[i]);
        _swept[i] = sweeps;
        _distance[i] = distance;
        if (!solve.Status.Active[i] || first || sweeps - _begun[i] < LeastSweeps) return;

        // At a rate of zero or below, or not a number, there is no end in sight.
        if (distance <= solve.Rounding(i) || (rate > 0 && Math.Log(distance / solve.Limit(i)) <= rate * SweepsWorthIteration)) return;
        PutAside(solve, i);
    }
}
