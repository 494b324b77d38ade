using FastHyper.Backends;

namespace FastHyper.Followers;

/// <summary>
/// Ends iterations that only move rounding about: instances whose changes are a few units in the last place and did
/// not shrink between two checks.
/// </summary>
internal sealed class RoundingFloor(Engine engine)
{
    private const double UnitsInTheLastPlace = 16;
    private readonly double[] _last = new double[engine.Instances];

    /// <summary>Distance from 1 to the next number of the engine's precision.</summary>
    public double Epsilon { get; } = engine.Options.Precision == Precision.F64 ? 2.2204460492503131e-16 : 1.1920929e-07;

    /// <summary>Forgets the last iteration.</summary>
    public void Begin() => _last.AsSpan().Fill(double.PositiveInfinity);

    /// <summary>Freezes the instances that have come down to their floor.</summary>
    /// <param name="status">After some sweeps.</param>
    public void Freeze(SweepStatus status)
    {
        for (int i = 0; i < _last.Length; i++)
        {
            if (!status.Active[i]) continue;
            double floor = UnitsInTheLastPlace * Epsilon * (status.Magnitude[i] + status.Spread[i]);
            if (status.Change[i] >= _last[i] && status.Change[i] <= floor) status.Active[i] = false;
            _last[i] = status.Change[i];
        }
    }
}
