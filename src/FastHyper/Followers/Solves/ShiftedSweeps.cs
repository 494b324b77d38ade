namespace FastHyper.Followers.Solves;

/// <summary>
/// Soft value iteration with the bounds of MacQueen and Porteus. Let all rows of P sum to ρ and c = γρ &lt; 1. If a sweep
/// V' = TV changes the values by amounts from L to H, then the next one would change them by amounts from cL to cH, since
/// T averages differences with weights that sum to c; adding up, V* lies between V' + cL/(1−c) and V' + cH/(1−c). So
/// <code>V'' = V' + (c/(1−c)) (L + H)/2   has   ‖TV'' − V''‖ ≤ c (H − L)/2,</code>
/// as T(V' + k) = TV' + ck. Where P mixes, H − L shrinks much faster than H. Where rows sum to different numbers the shift
/// is a guess: the next sweep tells, and a guess that made changes larger is the last.
/// </summary>
internal sealed class ShiftedSweeps(FollowerSolve solve) : FollowerMethod
{
    private const int SweepsOfDraft = 40;
    private readonly double[] _amounts = new double[solve.Engine.Instances];
    private readonly double[] _before = new double[solve.Engine.Instances];
    private readonly bool[] _misled = new bool[solve.Engine.Instances];
    private int _atOnce;

    public override void Run(FollowerSolve solve)
    {
        Begin();
        Draft(solve);
        while (Advance(solve)) { }
    }

    /// <summary>Where nothing is known of V, sweeps in float32 as long as they come nearer.</summary>
    /// <returns>What each left of the distance; not a number where there were none.</returns>
    public static double Draft(FollowerSolve solve) => solve.IsCold() ? solve.Draft(SweepsOfDraft) : double.NaN;

    /// <summary>Begins a solve.</summary>
    public void Begin()
    {
        _atOnce = solve.Engine.SweepsAtOnce;
        _misled.AsSpan().Clear();
        _before.AsSpan().Fill(double.PositiveInfinity);
    }

    /// <summary>
    /// What has to come down to the limit: c (H − L)/2 where bounds follow from the last sweep, else its largest change.
    /// </summary>
    public double Distance(FollowerSolve solve, int i) =>
        Bounded(solve, i) ? solve.Contraction * (solve.Status.Highest[i] - solve.Status.Lowest[i]) / 2 : solve.Status.Change[i];

    /// <summary>Whether shifts speed the instance up.</summary>
    public bool Bounded(FollowerSolve solve, int i) => solve.Contraction < 1 && !_misled[i] && !double.IsNaN(solve.Status.Lowest[i]);

    /// <summary>
    /// Sweeps once or a few times, and shifts the instances whose span has come down; false where there is no more to do.
    /// Sweeps in place go up and down the states in turn, and so come in pairs; without bounds ever more are done at once.
    /// </summary>
    /// <param name="solve">The solve.</param>
    public bool Advance(FollowerSolve solve)
    {
        bool goesOn = solve.Sweep(_atOnce);
        bool bounded = false, shifts = false;
        for (int i = 0; i < _amounts.Length; i++)
        {
            _amounts[i] = 0;
            if (!solve.Status.Active[i]) continue;
            _misled[i] |= solve.Status.Change[i] > _before[i];
            _before[i] = double.PositiveInfinity;
            if (!Bounded(solve, i)) continue;
            bounded = true;
            if (!(Distance(solve, i) <= solve.Limit(i))) continue;
            _before[i] = solve.Status.Change[i];
            _amounts[i] = solve.Contraction / (1 - solve.Contraction) * (solve.Status.Lowest[i] + solve.Status.Highest[i]) / 2;
            shifts = true;
        }

        _atOnce = bounded ? solve.Engine.SweepsAtOnce : Math.Min(2 * _atOnce, Sweeps.AtOnce);
        if (!goesOn || !shifts) return goesOn;
        solve.Engine.Shift(solve.V, _amounts);
        return !solve.Engine.Transitions.RowsSumToOne || solve.Engine.Options.OwnTransitions || solve.FinishShifted(_amounts);
    }
}
