using CommunityToolkit.HighPerformance;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>
/// X = Y + a F X Fᵀ, that is Σ_k aᵏ Fᵏ Y (Fᵀ)ᵏ, by doubling: after k steps X holds 2ᵏ terms, and √a F to their power says how much is left.
/// </summary>
/// <param name="order">Order n of the matrices.</param>
internal sealed class GeometricSum(int order)
{
    // 2⁴⁰ terms: F of a spectral radius 1 − 10⁻¹¹ is summed to the last bit.
    private const int MostDoublings = 40;
    private readonly double[,] _sum = new double[order, order];
    private readonly double[,] _next = new double[order, order];
    private readonly double[,] _power = new double[order, order];
    private readonly double[,] _square = new double[order, order];

    /// <summary>Solves X = Y + a F X Fᵀ.</summary>
    /// <param name="discount">a, at least 0.</param>
    /// <param name="f">F.</param>
    /// <param name="x">Y, symmetric; X afterwards.</param>
    /// <returns>False where the sum has no bound, or none within float64; X has no meaning then.</returns>
    public bool Solve(double discount, ReadOnlySpan2D<double> f, Span2D<double> x)
    {
        f.CopyTo(_power);
        return Solve(discount, x);
    }

    /// <summary>Solves X = Y + a Fᵀ X F.</summary>
    /// <param name="discount">a, at least 0.</param>
    /// <param name="f">F.</param>
    /// <param name="x">Y, symmetric; X afterwards.</param>
    /// <returns>False where the sum has no bound, or none within float64; X has no meaning then.</returns>
    public bool SolveTransposed(double discount, ReadOnlySpan2D<double> f, Span2D<double> x)
    {
        Products.Transpose(f, _power);
        return Solve(discount, x);
    }

    private bool Solve(double discount, Span2D<double> x)
    {
        double root = Math.Sqrt(discount);
        foreach (ref double value in _power.AsSpan2D()) value *= root;
        double[,] power = _power, square = _square;
        for (int k = 0; k < MostDoublings; k++)
        {
            x.CopyTo(_sum);
            Products.AddCongruence(1, power, _sum, x, _next);
            if (!Products.IsFinite(x)) return false;
            Products.Set(power, power, square);
            (power, square) = (square, power);
            // What is left is no more than n² |√a F|² of the sum in any number; a vanishing Y must not hide a sum without bound.
            double left = order * Products.Largest(power);
            if (left * left <= 1e-18)
            {
                Products.Symmetrise(x);
                return true;
            }

            if (!double.IsFinite(left)) return false;
        }

        return false;
    }
}
