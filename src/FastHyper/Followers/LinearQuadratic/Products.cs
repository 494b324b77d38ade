using System.Numerics.Tensors;
using CommunityToolkit.HighPerformance;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>
/// Sums of products of small dense matrices, row by row: nothing is allocated, and bits do not depend on the width of lanes.
/// </summary>
internal static class Products
{
    /// <summary>to += scale · a b.</summary>
    public static void Add(double scale, ReadOnlySpan2D<double> a, ReadOnlySpan2D<double> b, Span2D<double> to)
    {
        for (int i = 0; i < a.Height; i++)
        {
            ReadOnlySpan<double> row = a.GetRowSpan(i);
            Span<double> sum = to.GetRowSpan(i);
            for (int k = 0; k < row.Length; k++) AddScaled(scale * row[k], b.GetRowSpan(k), sum);
        }
    }

    /// <summary>to += scale · aᵀ b.</summary>
    public static void AddLeftTransposed(double scale, ReadOnlySpan2D<double> a, ReadOnlySpan2D<double> b, Span2D<double> to)
    {
        for (int k = 0; k < a.Height; k++)
        {
            ReadOnlySpan<double> row = a.GetRowSpan(k), other = b.GetRowSpan(k);
            for (int i = 0; i < row.Length; i++) AddScaled(scale * row[i], other, to.GetRowSpan(i));
        }
    }

    /// <summary>to += scale · a bᵀ.</summary>
    public static void AddRightTransposed(double scale, ReadOnlySpan2D<double> a, ReadOnlySpan2D<double> b, Span2D<double> to)
    {
        for (int i = 0; i < a.Height; i++)
        {
            ReadOnlySpan<double> row = a.GetRowSpan(i);
            Span<double> sums = to.GetRowSpan(i);
            for (int j = 0; j < sums.Length; j++) sums[j] += scale * Dot(row, b.GetRowSpan(j));
        }
    }

    /// <summary>to = a b.</summary>
    public static void Set(ReadOnlySpan2D<double> a, ReadOnlySpan2D<double> b, Span2D<double> to)
    {
        to.Clear();
        Add(1, a, b, to);
    }

    /// <summary>to = aᵀ b.</summary>
    public static void SetLeftTransposed(ReadOnlySpan2D<double> a, ReadOnlySpan2D<double> b, Span2D<double> to)
    {
        to.Clear();
        AddLeftTransposed(1, a, b, to);
    }

    /// <summary>to += scale · f y fᵀ.</summary>
    /// <param name="scale">The scale.</param>
    /// <param name="f">(p, q).</param>
    /// <param name="y">(q, q).</param>
    /// <param name="to">(p, p), accumulated.</param>
    /// <param name="scratch">(p, q), written.</param>
    public static void AddCongruence(
        double scale, ReadOnlySpan2D<double> f, ReadOnlySpan2D<double> y, Span2D<double> to, Span2D<double> scratch)
    {
        Set(f, y, scratch);
        AddRightTransposed(scale, scratch, f, to);
    }

    /// <summary>to += scale · fᵀ y f.</summary>
    /// <param name="scale">The scale.</param>
    /// <param name="f">(p, q).</param>
    /// <param name="y">(p, p).</param>
    /// <param name="to">(q, q), accumulated.</param>
    /// <param name="scratch">(p, q), written.</param>
    public static void AddCongruenceTransposed(
        double scale, ReadOnlySpan2D<double> f, ReadOnlySpan2D<double> y, Span2D<double> to, Span2D<double> scratch)
    {
        Set(y, f, scratch);
        AddLeftTransposed(scale, f, scratch, to);
    }

    /// <summary>to += scale · from.</summary>
    public static void Add(double scale, ReadOnlySpan2D<double> from, Span2D<double> to)
    {
        for (int i = 0; i < from.Height; i++) AddScaled(scale, from.GetRowSpan(i), to.GetRowSpan(i));
    }

    /// <summary>to = fromᵀ.</summary>
    public static void Transpose(ReadOnlySpan2D<double> from, Span2D<double> to)
    {
        for (int i = 0; i < from.Height; i++)
        {
            ReadOnlySpan<double> row = from.GetRowSpan(i);
            for (int j = 0; j < row.Length; j++) to[j, i] = row[j];
        }
    }

    /// <summary>A square matrix becomes its symmetric part.</summary>
    public static void Symmetrise(Span2D<double> matrix)
    {
        for (int i = 0; i < matrix.Height; i++)
            for (int j = 0; j < i; j++)
                matrix[i, j] = matrix[j, i] = (matrix[i, j] + matrix[j, i]) / 2;
    }

    /// <summary>tr(aᵀ b).</summary>
    public static double Trace(ReadOnlySpan2D<double> a, ReadOnlySpan2D<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Height; i++) sum += Dot(a.GetRowSpan(i), b.GetRowSpan(i));
        return sum;
    }

    /// <summary>The largest number of a matrix, by size; NaN where one is.</summary>
    public static double Largest(ReadOnlySpan2D<double> matrix)
    {
        double largest = 0;
        for (int i = 0; i < matrix.Height; i++) largest = Math.Max(largest, Math.Abs(TensorPrimitives.MaxMagnitude(matrix.GetRowSpan(i))));
        return largest;
    }

    /// <summary>Whether all numbers of a matrix are finite.</summary>
    public static bool IsFinite(ReadOnlySpan2D<double> matrix) => double.IsFinite(Largest(matrix));

    /// <summary>Σ a b, in order: its bits do not depend on how wide the processor's registers are.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int k = 0; k < a.Length; k++) sum += a[k] * b[k];
        return sum;
    }

    private static void AddScaled(double scale, ReadOnlySpan<double> from, Span<double> to)
    {
        if (scale != 0) TensorPrimitives.MultiplyAdd(from, scale, to, to);
    }
}
