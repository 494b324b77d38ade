namespace FastHyper.Followers;

/// <summary>
/// Soft policy iteration. It converges quadratically near the optimum; an instance whose residual does not halve over many
/// steps has none nearby, or rounding keeps it from the tolerance, and sweeps take over.
/// </summary>
internal sealed class PolicyIteration(FollowerSolve solve) : FollowerMethod
{
    private const int StepsAtOnce = 16;
    private const int StepsToHalve = 96;
    private readonly double[] _best = new double[solve.Engine.Instances];
    private readonly int[] _since = new int[solve.Engine.Instances];
    private readonly bool[] _stalled = new bool[solve.Engine.Instances];

    public override void Run(FollowerSolve solve)
    {
        _best.AsSpan().Fill(double.PositiveInfinity);
        _since.AsSpan().Clear();
        _stalled.AsSpan().Clear();
        while (solve.Improve(StepsAtOnce))
        {
            for (int i = 0; i < _best.Length; i++)
            {
                if (!solve.Status.Active[i]) continue;
                _since[i] += StepsAtOnce;
                if (solve.Status.Change[i] <= _best[i] / 2) (_best[i], _since[i]) = (solve.Status.Change[i], 0);
                if (_since[i] < StepsToHalve) continue;
                _stalled[i] = true;
                solve.Status.Active[i] = false;
            }
        }

        if (solve.Release(_stalled)) while (solve.Sweep(Sweeps.AtOnce)) { }
    }
}
