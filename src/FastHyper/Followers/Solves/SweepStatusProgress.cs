using FastHyper.Backends;

namespace FastHyper.Followers.Solves;

/// <summary>How far sweeps have come.</summary>
internal static class SweepStatusProgress
{
    /// <summary>
    /// Of the instance that has come least far. Where bounds on V* follow from a sweep, it is half the span of its changes that has to
    /// come down.
    /// </summary>
    public static SolveProgress Progress(this SweepStatus status)
    {
        int last = 0;
        double farthest = double.NaN;
        for (int i = 0; i < status.Active.Length; i++)
        {
            if (!status.Active[i] && i > 0) continue;
            double span = (status.Highest[i] - status.Lowest[i]) / 2;
            double distance = double.IsNaN(span) ? status.Change[i] : Math.Min(status.Change[i], span);
            if (!(distance <= farthest)) (last, farthest) = (i, distance);
        }

        return new SolveProgress(status.Sweeps[last], status.Products[last], farthest);
    }
}
