using FastHyper.Backends;

namespace FastHyper.Followers.Solves;

/// <summary>
/// Ends iterations that only move rounding about: instances whose changes are a few units in the last place and did
/// not shrink over some sweeps.
/// </summary>
internal sealed class RoundingFloor(Engine engine)
{
    private readonly double[] _last = new double[engine.Instances];
    private readonly int[] _next = new int[engine.Instances];

    /// <summary>Distance from 1 to the next number of the engine's precision.</summary>
    public double Epsilon { get; } = engine.Options.Precision.Epsilon();

    /// <summary>Forgets the last iteration.</summary>
    public void Begin()
    {
        _last.AsSpan().Fill(double.PositiveInfinity);
        _next.AsSpan().Clear();
    }

    /// <summary>The largest change that rounding alone may go on making.</summary>
    public double Of(SweepStatus status, int instance) =>
        StopRules.FloorUnits * Epsilon * (status.Magnitude[instance] + status.Spread[instance]);

    /// <summary>Freezes the instances that have come down to their floor.</summary>
    /// <param name="status">After some sweeps or steps.</param>
    /// <param name="patience">Sweeps between two looks: slow sweeps may change nothing in a few.</param>
    public void Freeze(SweepStatus status, int patience = 0)
    {
        for (int i = 0; i < _last.Length; i++)
        {
            if (!status.Active[i]) continue;
            if (status.Sweeps[i] < _next[i]) continue;
            if (status.Change[i] >= _last[i] && status.Change[i] <= Of(status, i)) status.Active[i] = false;
            _last[i] = status.Change[i];
            _next[i] = status.Sweeps[i] + patience;
        }
    }
}
