using System.Diagnostics;
using System.Globalization;
using FastHyper.Backends;

namespace FastHyper.Cli;

/// <summary>
/// Tells how a long solve comes along, from its sweeps.
/// </summary>
internal sealed class SolveProgress(StatusLine display, double tolerance)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private double _lastDistance = double.NaN;
    private TimeSpan _last;
    private TimeSpan _next = TimeSpan.FromSeconds(display.IsLive ? 1 : 10);

    /// <summary>Takes the state of the solve of one instance.</summary>
    public void Report(SweepStatus status)
    {
        TimeSpan now = _watch.Elapsed;
        if (now < _next) return;
        _next = now + TimeSpan.FromSeconds(display.IsLive ? 0.2 : 10);

        // Whatever the method, the distance shrinks at least geometrically: what is left follows from the decay since the
        // last line. Where bounds follow from a sweep, it is their span that has to come down.
        double distance = Math.Min(
            status.Change[0], double.IsNaN(status.Lowest[0]) ? double.PositiveInfinity : (status.Highest[0] - status.Lowest[0]) / 2);
        double decay = Math.Log(_lastDistance / distance) / (now - _last).TotalSeconds;
        double left = decay > 0 ? Math.Max(0, Math.Log(distance / tolerance)) / decay : double.NaN;
        (_last, _lastDistance) = (now, distance);
        string products = status.Products[0] > 0 ? string.Create(CultureInfo.InvariantCulture, $"  product {status.Products[0]}") : "";
        double rate = (status.Sweeps[0] + status.Products[0]) / now.TotalSeconds;
        string time = left < 1e6 ? TimeSpan.FromSeconds(left).ToString("hh\\:mm\\:ss", CultureInfo.InvariantCulture) : "?";
        display.Show(string.Create(
            CultureInfo.InvariantCulture,
            $"sweep {status.Sweeps[0]}{products}  residual {distance:E2}  {rate:F0} passes/s  {time} left"));
    }
}
