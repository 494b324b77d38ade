using System.Numerics.Tensors;

namespace FastHyper.Followers;

/// <summary>
/// A dense system A x = b of order k on the host, in float64: by Gaussian elimination with partial pivoting, row by row,
/// k³/3 multiplications; with an estimate of ‖A⁻¹‖.
/// </summary>
internal sealed class DenseSystem
{
    private const int NormSteps = 5;

    // Columns that are eliminated together, and columns that are updated together.
    private const int Panel = 64;
    private const int Stripe = 512;
    private readonly double[] _factors;
    private readonly int[] _pivots;
    private double[] _scratch = [];

    public DenseSystem(int order)
    {
        Order = order;
        _factors = new double[checked(order * order)];
        _pivots = new int[order];
    }

    public int Order { get; }

    /// <summary>Factorises a matrix.</summary>
    /// <param name="matrix">A, (k, k), row by row.</param>
    /// <param name="diagonal">Added to the diagonal.</param>
    /// <returns>The column without a pivot, in which the matrix is singular; −1 where there is none.</returns>
    public int Factorise(ReadOnlySpan<double> matrix, double diagonal)
    {
        int k = Order;
        matrix.CopyTo(_factors);
        double largest = 0;
        for (int i = 0; i < k; i++) _factors[(i * k) + i] += diagonal;
        foreach (double value in _factors) largest = Math.Max(largest, Math.Abs(value));
        if (!double.IsFinite(largest)) return 0;
        // What elimination leaves of a column that depends on the others is rounding.
        double least = largest * k * 1e-17;
        for (int first = 0; first < k; first += Panel)
        {
            int end = Math.Min(first + Panel, k);
            if (FactorisePanel(first, end, least) is int singular and >= 0) return singular;
            for (int column = end; column < k; column += Stripe) Update(first, end, column, Math.Min(column + Stripe, k));
        }

        return -1;
    }

    /// <summary>Solves A x = b in place.</summary>
    public void Solve(Span<double> x)
    {
        int k = Order;
        for (int i = 0; i < k; i++) (x[i], x[_pivots[i]]) = (x[_pivots[i]], x[i]);
        for (int i = 1; i < k; i++) x[i] -= Dot(Row(i)[..i], x);
        for (int i = k - 1; i >= 0; i--) x[i] = (x[i] - Dot(Row(i)[(i + 1)..], x[(i + 1)..])) / Row(i)[i];
    }

    /// <summary>Solves Aᵀ x = b in place.</summary>
    public void SolveTransposed(Span<double> x)
    {
        int k = Order;
        for (int i = 0; i < k; i++)
        {
            x[i] /= Row(i)[i];
            TensorPrimitives.MultiplyAdd(Row(i)[(i + 1)..], -x[i], x[(i + 1)..k], x[(i + 1)..k]);
        }

        for (int i = k - 1; i > 0; i--) TensorPrimitives.MultiplyAdd(Row(i)[..i], -x[i], x[..i], x[..i]);
        for (int i = k - 1; i >= 0; i--) (x[i], x[_pivots[i]]) = (x[_pivots[i]], x[i]);
    }

    /// <summary>
    /// An estimate of ‖A⁻¹‖∞ from below, seldom by more than a factor of three, by a few solves (Hager, 1984; Higham, 1988): of the
    /// 1-norm of the inverse's transpose.
    /// </summary>
    public double InverseNorm()
    {
        int k = Order;
        if (_scratch.Length == 0) _scratch = new double[k];
        Span<double> x = _scratch;
        x.Fill(1.0 / k);
        double norm = 0;
        for (int step = 0; step < NormSteps; step++)
        {
            SolveTransposed(x);
            double next = Magnitudes(x);
            if (!(next > norm)) break;
            norm = next;
            for (int i = 0; i < k; i++) x[i] = x[i] < 0 ? -1 : 1;
            Solve(x);
            int at = TensorPrimitives.IndexOfMaxMagnitude(x);
            x.Clear();
            x[at] = 1;
        }

        return norm;
    }

    /// <summary>Σ |x_j|, in order.</summary>
    public static double Magnitudes(ReadOnlySpan<double> x)
    {
        double sum = 0;
        foreach (double value in x) sum += Math.Abs(value);
        return sum;
    }

    /// <summary>Eliminates the columns of a panel, below the diagonal; rows are exchanged as a whole.</summary>
    private int FactorisePanel(int first, int end, double least)
    {
        int k = Order;
        for (int c = first; c < end; c++)
        {
            int pivot = c;
            for (int i = c + 1; i < k; i++)
                if (Math.Abs(_factors[(i * k) + c]) > Math.Abs(_factors[(pivot * k) + c])) pivot = i;
            _pivots[c] = pivot;
            if (!(Math.Abs(_factors[(pivot * k) + c]) > least)) return c;
            Span<double> row = Row(c);
            if (pivot != c) Exchange(row, Row(pivot));
            double inverse = 1 / row[c];
            for (int i = c + 1; i < k; i++)
            {
                Span<double> other = Row(i);
                if (other[c] == 0) continue;
                double factor = other[c] *= inverse;
                Span<double> rest = other[(c + 1)..end];
                TensorPrimitives.MultiplyAdd(row[(c + 1)..end], -factor, rest, rest);
            }
        }

        return -1;
    }

    /// <summary>Takes a panel's rows from all rows below each of them, in some columns: 256 KiB of the panel stay near.</summary>
    private void Update(int first, int end, int column, int last)
    {
        for (int i = first + 1; i < Order; i++)
        {
            Span<double> row = Row(i), to = row[column..last];
            for (int c = first; c < Math.Min(i, end); c++)
                if (row[c] != 0) TensorPrimitives.MultiplyAdd(Row(c)[column..last], -row[c], to, to);
        }
    }

    private Span<double> Row(int i) => _factors.AsSpan(i * Order, Order);

    private static void Exchange(Span<double> a, Span<double> b)
    {
        for (int j = 0; j < a.Length; j++) (a[j], b[j]) = (b[j], a[j]);
    }

    // One sum, in order: its bits do not depend on how wide the processor's registers are.
    private static double Dot(ReadOnlySpan<double> row, ReadOnlySpan<double> x)
    {
        double sum = 0;
        for (int j = 0; j < row.Length; j++) sum += row[j] * x[j];
        return sum;
    }
}
