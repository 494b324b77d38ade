namespace FastHyper.Problems;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    // Φ(−8.5) is 10⁻¹⁷: beyond, a float64 near 0 or 1 has no room for it.
    private const double Reach = 8.5;
    private const double InverseRootOfTwoPi = 0.39894228040143267794;

    /// <summary>φ(z).</summary>
    public static double Density(double z) => InverseRootOfTwoPi * Math.Exp(-z * z / 2);

    /// <summary>
    /// Φ(z) = ½ + φ(z)(z + z³/3 + z⁵/15 + …), all terms of one sign (Marsaglia, 2004): to some units of 10⁻¹⁶.
    /// </summary>
    public static double Distribution(double z)
    {
        if (double.IsNaN(z)) return z;
        if (Math.Abs(z) > Reach) return z > 0 ? 1 : 0;
        double term = z, sum = z, before = 0;
        for (int odd = 3; sum != before; odd += 2)
        {
            before = sum;
            term *= z * z / odd;
            sum += term;
        }

        return 0.5 + (Density(z) * sum);
    }
}
