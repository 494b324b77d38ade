namespace FastHyper.Backends;

/// <summary>What an independent float64 pass over the states finds out about V, for one instance.</summary>
/// <param name="Residual">
/// ‖TV − V‖∞ as computed, T by the rewards, temperature and probabilities that the engine stores; not a number where any value or reward is
/// not finite.
/// </param>
/// <param name="Rounding">The most that rounding has moved <paramref name="Residual"/> by.</param>
/// <param name="RowSum">ρ, the largest row sum of P: γρ is the contraction factor of T.</param>
/// <param name="Reward">‖r‖∞ of the stored rewards.</param>
/// <param name="Value">‖V‖∞.</param>
public readonly record struct ResidualBound(double Residual, double Rounding, double RowSum, double Reward, double Value)
{
    /// <summary>The larger of each; not a number where either is not.</summary>
    internal static ResidualBound Largest(in ResidualBound a, in ResidualBound b) => new(
        Math.Max(a.Residual, b.Residual), Math.Max(a.Rounding, b.Rounding), Math.Max(a.RowSum, b.RowSum), Math.Max(a.Reward, b.Reward),
        Math.Max(a.Value, b.Value));
}
