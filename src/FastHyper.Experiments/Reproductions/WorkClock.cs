using System.Diagnostics;

namespace FastHyper.Experiments.Reproductions;

/// <summary>Tells how long the work that is left will take, from what has been done in this sitting; work in any unit.</summary>
internal sealed class WorkClock
{
    // What is done before is mostly the beginning of it.
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(1);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private double _done;

    /// <summary>A piece of work is done.</summary>
    public void Finish(double work) => _done += work;

    /// <summary>Time left; null while there is little to tell by.</summary>
    /// <param name="done">What is done of the piece of work that is under way.</param>
    /// <param name="own">How long the rest of it takes at its own rate.</param>
    /// <param name="after">What comes after it.</param>
    public TimeSpan? Remaining(double done, TimeSpan own, double after) => Remaining(_watch.Elapsed, _done + done, own, after);

    /// <summary>The piece's own time, and what comes after it at the rate of all that was done.</summary>
    internal static TimeSpan? Remaining(TimeSpan elapsed, double done, TimeSpan own, double after) =>
        elapsed < s_first || done <= 0
            ? null
            : TimeSpan.FromSeconds(Math.Min(own.TotalSeconds + (elapsed.TotalSeconds * after / done), 1e9));
}
