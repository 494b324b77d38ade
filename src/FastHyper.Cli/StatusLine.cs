namespace FastHyper.Cli;

/// <summary>A line on standard error that tells how long work comes along: in place on a terminal, line by line elsewhere.</summary>
internal sealed class StatusLine : IProgress<string>, IDisposable
{
    private bool _shown;

    /// <summary>Whether it is written in place.</summary>
    public bool IsLive { get; } = !Console.IsErrorRedirected;

    /// <summary>A monitor of work that is told of here: after a second and often in place, or line by line once a minute.</summary>
    public WorkMonitor Monitor(CancellationToken cancellation) => IsLive
        ? new WorkMonitor(cancellation, this, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.2))
        : new WorkMonitor(cancellation, this, TimeSpan.FromMinutes(1));

    /// <summary>Takes the place of what was there.</summary>
    public void Report(string value)
    {
        if (IsLive) Console.Error.Write($"\r{Fit(value, Console.WindowWidth - 1)}\u001b[K");
        else Console.Error.WriteLine(value);
        _shown = true;
    }

    /// <summary>A text cut to a width: one that wraps would leave its first line behind.</summary>
    public static string Fit(string text, int width) => text.Length <= width || width < 1 ? text : text[..(width - 1)] + "…";

    public void Dispose()
    {
        if (IsLive && _shown) Console.Error.Write("\r\u001b[K");
    }
}
