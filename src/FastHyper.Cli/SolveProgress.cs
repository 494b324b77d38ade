using System.Diagnostics;
using System.Globalization;
using FastHyper.Backends;

namespace FastHyper.Cli;

/// <summary>
/// Tells on standard error how a long solve comes along: in place on a terminal, seldom and line by line elsewhere.
/// </summary>
internal sealed class SolveProgress(double tolerance) : IDisposable
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly bool _live = !Console.IsErrorRedirected;
    private double _firstChange = double.NaN;
    private int _firstSweeps;
    private TimeSpan _next = TimeSpan.FromSeconds(1);
    private bool _shown;

    /// <summary>Takes the state of the solve of one instance.</summary>
    public void Report(SweepStatus status)
    {
        int sweeps = status.Sweeps[0];
        double change = status.Change[0];
        if (double.IsNaN(_firstChange)) (_firstChange, _firstSweeps) = (change, sweeps);
        TimeSpan now = _watch.Elapsed;
        if (now < _next) return;
        _next = now + TimeSpan.FromSeconds(_live ? 0.2 : 5);
        _shown = true;

        // Changes shrink geometrically: the sweeps left follow from the decay so far.
        double decay = (Math.Log(_firstChange) - Math.Log(change)) / Math.Max(1, sweeps - _firstSweeps);
        double left = decay > 0 ? Math.Max(0, Math.Log(change / tolerance)) / decay / sweeps * now.TotalSeconds : double.NaN;
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"sweep {sweeps}  change {change:E2}  {sweeps / now.TotalSeconds:F0} sweeps/s  {(left < 1e6 ? TimeSpan.FromSeconds(left).ToString("hh\\:mm\\:ss", CultureInfo.InvariantCulture) : "?")} left");
        if (_live) Console.Error.Write($"\r{line}\u001b[K");
        else Console.Error.WriteLine(line);
    }

    public void Dispose()
    {
        if (_live && _shown) Console.Error.Write("\r\u001b[K");
    }
}
