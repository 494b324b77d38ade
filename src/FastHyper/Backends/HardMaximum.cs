namespace FastHyper.Backends;

/// <summary>
/// The maximum at τ = 0, by the arithmetic of the soft one: with 1/τ so large that any difference of action values counts, exp((q − m)/τ)
/// is
/// 1 of the largest and 0 of the others, and m + τ log Σ exp((q − m)/τ) is m. The policy is uniform over actions that are worth the same to
/// the last bit.
/// </summary>
public static class HardMaximum
{
    // Times 10¹⁸ still finite; 10⁻¹⁶ times this, the least difference of numbers of size one, far beyond where exp vanishes.
    private const double WideInverse = 1e290;
    private const double NarrowInverse = 1e30;

    /// <summary>1/τ; of zero what stands for it.</summary>
    internal static double Inverse(double temperature, Precision precision) =>
        temperature != 0 ? 1 / temperature : precision == Precision.F64 ? WideInverse : NarrowInverse;

    /// <summary>τ as differences of action values are divided by it.</summary>
    /// <param name="temperature">τ, at least 0.</param>
    public static double Divisor(double temperature) => temperature != 0 ? temperature : 1 / WideInverse;

    /// <summary>Gives each choice to the first of its likeliest actions.</summary>
    /// <param name="policy">π, (choices, A); written.</param>
    /// <param name="actions">A.</param>
    public static void Choose(double[] policy, int actions)
    {
        for (int first = 0; first < policy.Length; first += actions)
        {
            Span<double> row = policy.AsSpan(first, actions);
            int best = 0;
            for (int a = 1; a < row.Length; a++) if (row[a] > row[best]) best = a;
            row.Clear();
            row[best] = 1;
        }
    }
}
