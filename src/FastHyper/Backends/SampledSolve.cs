namespace FastHyper.Backends;

/// <summary>What the solve of a fixed point over samples came to, by a pass of its own.</summary>
/// <param name="Residual">Largest |Tq − q| over the visited pairs.</param>
/// <param name="Size">Largest |q| over the visited pairs.</param>
/// <param name="Sweeps">Sweeps that it took.</param>
/// <param name="IsProven">Whether the residual is within the tolerance, or explained by rounding.</param>
internal readonly record struct SampledSolve(double Residual, double Size, int Sweeps, bool IsProven)
{
    /// <summary>The residual relative to the values; 0 where both vanish.</summary>
    public double Relative => Residual == 0 ? 0 : Residual / Size;

    /// <summary>‖q − q*‖∞ at the most, as T contracts by the discount: residual/(1 − γ); infinite where γ ≥ 1.</summary>
    /// <param name="discount">γ.</param>
    public double Bound(double discount) => Residual == 0 ? 0 : discount < 1 ? Residual / (1 - discount) : double.PositiveInfinity;

    /// <summary>What a relative residual is held to: the tolerance, but nothing below the rounding of what is stored.</summary>
    internal static double Held(double tolerance, Precision precision) => Math.Max(tolerance, 2 * precision.Epsilon());

    /// <summary>Relative residuals that rounding explains once no sweep lessens them.</summary>
    internal static double Rounding(double tolerance, Precision precision, long terms) =>
        Math.Max(tolerance, precision.Epsilon() * (StopRules.FloorUnits + Math.Sqrt(terms)));
}
