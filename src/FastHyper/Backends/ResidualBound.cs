namespace FastHyper.Backends;

/// <summary>What an independent float64 pass over the states finds out about V, for one instance.</summary>
/// <param name="Residual">‖TV − V‖∞ as computed; not a number where any value is not.</param>
/// <param name="Rounding">The most that rounding has moved <paramref name="Residual"/> by.</param>
/// <param name="RowSum">ρ, the largest row sum of P: γρ is the contraction factor of T.</param>
public readonly record struct ResidualBound(double Residual, double Rounding, double RowSum);
