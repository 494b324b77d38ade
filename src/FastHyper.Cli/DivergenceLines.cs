using FastHyper.Leaders;

namespace FastHyper.Cli;

/// <summary>Tells of each leader that diverges, once.</summary>
internal sealed class DivergenceLines(Action<string> tell)
{
    private int _told;

    /// <summary>Takes all that have diverged so far.</summary>
    public void Report(IReadOnlyList<LeaderDivergence> diverged)
    {
        for (; _told < diverged.Count; _told++) tell(diverged[_told].ToString());
    }
}
