using System.Globalization;

namespace FastHyper;

/// <summary>
/// How long work hears of a <see cref="CancellationToken"/>, and tells an <see cref="IProgress{T}"/> how far it has come. Every loop that
/// may run for more than about a second
/// calls <see cref="Check"/> in each turn, and is thereby cancellable and visible; it takes some nanoseconds and allocates nothing.
/// Used by one thread at a time.
/// </summary>
public sealed class WorkMonitor
{
    private readonly IProgress<string>? _progress;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _quiet;
    private readonly TimeSpan _interval;
    private long _since;
    private TimeSpan _wait;

    /// <summary>Creates a monitor, which begins to wait.</summary>
    /// <param name="cancellation">Asks the work to stop.</param>
    /// <param name="progress">Told in a few words what the work is at, on the thread that works; null for nobody.</param>
    /// <param name="quiet">Time from <see cref="Begin"/> in which nothing is told; 10 s by default.</param>
    /// <param name="interval">Time between two reports after that; as long by default.</param>
    /// <param name="clock">What time it is; the system's by default.</param>
    public WorkMonitor(
        CancellationToken cancellation, IProgress<string>? progress = null, TimeSpan? quiet = null, TimeSpan? interval = null,
        TimeProvider? clock = null)
    {
        Cancellation = cancellation;
        _progress = progress;
        _clock = clock ?? TimeProvider.System;
        _quiet = quiet ?? TimeSpan.FromSeconds(10);
        _interval = interval ?? _quiet;
        Begin();
    }

    /// <summary>Stops nothing and tells nobody.</summary>
    public static WorkMonitor None { get; } = new(CancellationToken.None);

    /// <summary>Asks the work to stop.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Where only the end matters.</summary>
    /// <param name="cancellation">Asks the work to stop.</param>
    public static implicit operator WorkMonitor(CancellationToken cancellation) => new(cancellation);

    /// <summary>A piece of work begins: it is told of only if it takes longer than the quiet time.</summary>
    public void Begin()
    {
        if (_progress is null) return;
        _since = _clock.GetTimestamp();
        _wait = _quiet;
    }

    /// <summary>Goes on with the work, unless it shall stop.</summary>
    /// <param name="work">What is counted, as in <c>segments compared</c>.</param>
    /// <param name="done">How many of them.</param>
    /// <param name="total">Of how many; 0 where that is open.</param>
    /// <exception cref="OperationCanceledException">It shall stop.</exception>
    public void Check(string work, long done, long total = 0)
    {
        Cancellation.ThrowIfCancellationRequested();
        if (_progress is null || _clock.GetElapsedTime(_since) < _wait) return;
        _since = _clock.GetTimestamp();
        _wait = _interval;
        _progress.Report(string.Create(CultureInfo.InvariantCulture, $"{work}: {done}{(total > 0 ? $" of {total}" : "")}"));
    }
}
