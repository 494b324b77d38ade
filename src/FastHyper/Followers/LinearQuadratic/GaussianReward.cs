using CommunityToolkit.HighPerformance;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>
/// E exp(−½(s − g)ᵀD⁻¹(s − g)) of s ~ N(m, X): ρ = √(|D|/|D + X|) exp(−½ eᵀY e) with e = m − g and Y = (D + X)⁻¹; ∂ρ/∂m = −ρ Y e and
/// ∂ρ/∂X = ½ρ (Y e eᵀ Y − Y).
/// </summary>
/// <param name="order">n.</param>
internal sealed class GaussianReward(int order)
{
    private readonly double[,] _sum = new double[order, order];
    private readonly double[,] _factor = new double[order, order];
    private readonly double[] _pulled = new double[order];
    private readonly double[] _column = new double[order];

    /// <summary>ρ; NaN where D or D + X is not positive definite.</summary>
    public double Evaluate(LinearQuadraticGameArrays model, ReadOnlySpan<double> mean, ReadOnlySpan2D<double> covariance)
    {
        model.Width.AsSpan2D().CopyTo(_factor);
        _pulled.AsSpan().Clear();
        if (!Cholesky.Solve(_factor, _pulled)) return double.NaN;
        double logarithm = HalfLogDeterminant();
        model.Width.AsSpan2D().CopyTo(_sum);
        Products.Add(1, covariance, _sum);
        if (!Pull(model, mean)) return double.NaN;
        logarithm -= HalfLogDeterminant();
        double form = 0;
        for (int i = 0; i < order; i++) form += (mean[i] - model.Goal[i]) * _pulled[i];
        return Math.Exp(logarithm - (form / 2));
    }

    /// <summary>Adds weight · ∂ρ/∂m and weight · ∂ρ/∂X.</summary>
    public void AddSlopes(
        double weight, LinearQuadraticGameArrays model, ReadOnlySpan<double> mean, ReadOnlySpan2D<double> covariance, Span<double> meanBar,
        Span2D<double> covarianceBar)
    {
        double scaled = weight * Evaluate(model, mean, covariance);
        for (int i = 0; i < order; i++)
        {
            meanBar[i] -= scaled * _pulled[i];
            for (int j = 0; j < order; j++) covarianceBar[i, j] += scaled * _pulled[i] * _pulled[j] / 2;
        }

        for (int j = 0; j < order; j++)
        {
            _column.AsSpan().Clear();
            _column[j] = 1;
            _sum.AsSpan2D().CopyTo(_factor);
            Cholesky.Solve(_factor, _column);
            for (int i = 0; i < order; i++) covarianceBar[i, j] -= scaled * _column[i] / 2;
        }
    }

    private bool Pull(LinearQuadraticGameArrays model, ReadOnlySpan<double> mean)
    {
        for (int i = 0; i < order; i++) _pulled[i] = mean[i] - model.Goal[i];
        _sum.AsSpan2D().CopyTo(_factor);
        return Cholesky.Solve(_factor, _pulled);
    }

    private double HalfLogDeterminant()
    {
        double sum = 0;
        for (int i = 0; i < order; i++) sum += Math.Log(_factor[i, i]);
        return sum;
    }
}
