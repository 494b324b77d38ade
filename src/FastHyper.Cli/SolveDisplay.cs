using System.Diagnostics;
using System.Globalization;
using FastHyper.Followers;

namespace FastHyper.Cli;

/// <summary>
/// Tells how a long solve comes along, from its sweeps.
/// </summary>
internal sealed class SolveDisplay(StatusLine display, double tolerance, WorkMonitor monitor) : IProgress<SolveProgress>
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private double _lastDistance = double.NaN;
    private TimeSpan _last;
    private TimeSpan _next = TimeSpan.FromSeconds(display.IsLive ? 1 : 10);

    /// <summary>Takes how far the solve is, instead of what its parts tell.</summary>
    public void Report(SolveProgress value)
    {
        monitor.Begin();
        TimeSpan now = _watch.Elapsed;
        if (now < _next) return;
        _next = now + TimeSpan.FromSeconds(display.IsLive ? 0.2 : 10);

        // Whatever the method, the distance shrinks at least geometrically: what is left follows from the decay since the
        // last line.
        (int sweeps, int taken, double distance) = value;
        double decay = Math.Log(_lastDistance / distance) / (now - _last).TotalSeconds;
        double left = decay > 0 ? Math.Max(0, Math.Log(distance / tolerance)) / decay : double.NaN;
        (_last, _lastDistance) = (now, distance);
        string products = taken > 0 ? string.Create(CultureInfo.InvariantCulture, $"  product {taken}") : "";
        double rate = ((double)sweeps + taken) / now.TotalSeconds;
        string time = left < 1e6 ? TimeSpan.FromSeconds(left).ToString("hh\\:mm\\:ss", CultureInfo.InvariantCulture) : "?";
        display.Report(string.Create(
            CultureInfo.InvariantCulture,
            $"sweep {sweeps}{products}  residual {distance:E2}  {rate:F0} passes/s  {time} left"));
    }
}
