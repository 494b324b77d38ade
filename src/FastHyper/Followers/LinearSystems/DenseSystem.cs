using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace FastHyper.Followers.LinearSystems;

/// <summary>
/// A dense system A x = b of order k on the host, in float64: by Gaussian elimination with partial pivoting, row by row,
/// k³/3 multiplications; with an estimate of ‖A⁻¹‖.
/// </summary>
internal sealed class DenseSystem
{
    private const int NormSteps = 5;

    // Of the largest number, times the order: what rounding may leave where nothing should be.
    private const double Rounding = 2.3e-16;

    // Columns that are eliminated together, and columns that are updated together.
    private const int Panel = 64;
    private const int Stripe = 512;

    // Not a power of two, or all rows of a stripe would want the same lines of the nearest cache.
    private const int UpperStride = Stripe + 8;
    private const int TileRows = 4;
    private const int TileColumns = 16;
    private readonly double[] _factors;
    private readonly int[] _pivots;

    // The panel's columns of all rows, and its rows' numbers in the columns that are updated.
    private readonly double[] _panel;
    private readonly double[] _upper;
    private double[] _scratch = [];

    public DenseSystem(int order)
    {
        Order = order;
        _factors = new double[checked(order * order)];
        _pivots = new int[order];
        _panel = new double[checked(order * Panel)];
        _upper = order > Panel ? new double[Panel * UpperStride] : [];
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
        double least = largest * k * Rounding;
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

    /// <summary>Σ x_j y_j, one sum, in order: its bits do not depend on how wide the processor's registers are.</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int j = 0; j < x.Length; j++) sum += x[j] * y[j];
        return sum;
    }

    /// <summary>‖x‖₂.</summary>
    public static double Norm(ReadOnlySpan<double> x) => Math.Sqrt(Dot(x, x));

    /// <summary>Σ |x_j|, in order.</summary>
    public static double Magnitudes(ReadOnlySpan<double> x)
    {
        double sum = 0;
        foreach (double value in x) sum += Math.Abs(value);
        return sum;
    }

    /// <summary>
    /// Eliminates the columns of a panel, below the diagonal; rows are exchanged as a whole. The panel is worked on in a copy, whose rows
    /// follow each other: in the matrix each lies on a page of its own.
    /// </summary>
    private int FactorisePanel(int first, int end, double least)
    {
        int k = Order, width = end - first;
        for (int i = first; i < k; i++) Row(i)[first..end].CopyTo(PanelRow(i));
        int singular = -1;
        for (int c = first; c < end && singular < 0; c++)
        {
            int pivot = c;
            double largest = 0;
            for (int i = c; i < k; i++)
            {
                double magnitude = Math.Abs(_panel[(i * Panel) + c - first]);
                if (magnitude > largest) (pivot, largest) = (i, magnitude);
            }

            _pivots[c] = pivot;
            if (!(largest > least))
            {
                singular = c;
                break;
            }

            Span<double> row = PanelRow(c)[..width];
            if (pivot != c)
            {
                Exchange(row, PanelRow(pivot)[..width]);
                Exchange(Row(c)[..first], Row(pivot)[..first]);
                Exchange(Row(c)[end..], Row(pivot)[end..]);
            }

            int at = c - first;
            double inverse = 1 / row[at];
            for (int i = c + 1; i < k; i++)
            {
                Span<double> other = PanelRow(i)[..width];
                if (other[at] == 0) continue;
                double factor = other[at] *= inverse;
                Span<double> rest = other[(at + 1)..];
                TensorPrimitives.FusedMultiplyAdd(row[(at + 1)..], -factor, rest, rest);
            }
        }

        for (int i = first; i < k; i++) PanelRow(i)[..width].CopyTo(Row(i)[first..end]);
        return singular;
    }

    /// <summary>
    /// Takes a panel's rows from all rows below each of them, in some columns. Rows of the panel itself go one by one, and are copied for
    /// the others, which go in tiles of four rows by sixteen columns that are loaded and stored once.
    /// </summary>
    private unsafe void Update(int first, int end, int column, int last)
    {
        for (int i = first; i < end; i++)
        {
            Span<double> row = Row(i), to = row[column..last];
            for (int c = first; c < i; c++)
                if (row[c] != 0) TensorPrimitives.FusedMultiplyAdd(_upper.AsSpan((c - first) * UpperStride, to.Length), -row[c], to, to);
            to.CopyTo(_upper.AsSpan((i - first) * UpperStride));
        }

        fixed (double* factors = _factors, panel = _panel, upper = _upper)
        {
            int tiled = column + ((last - column) / TileColumns * TileColumns), i = end;
            for (; i + TileRows <= Order; i += TileRows)
                for (int j = column; j < tiled; j += TileColumns)
                    Tile(factors + ((long)i * Order) + j, panel + ((long)i * Panel), upper + (j - column), end - first);
            for (int r = end; r < Order; r++)
            {
                double* row = factors + ((long)r * Order), lower = panel + ((long)r * Panel);
                for (int j = r < i ? tiled : column; j < last; j++)
                {
                    double value = row[j];
                    for (int p = 0; p < end - first; p++) value =
                        Math.FusedMultiplyAdd(-lower[p], upper[(p * UpperStride) + j - column], value);
                    row[j] = value;
                }
            }
        }
    }

    /// <summary>Four rows by sixteen columns; each number's products are subtracted in order, whatever the registers.</summary>
    private unsafe void Tile(double* to, double* lower, double* upper, int count)
    {
        double* a = to, b = a + Order, c = b + Order, d = c + Order;
        Vector512<double> a0 = Vector512.Load(a), a1 = Vector512.Load(a + 8), b0 = Vector512.Load(b), b1 = Vector512.Load(b + 8);
        Vector512<double> c0 = Vector512.Load(c), c1 = Vector512.Load(c + 8), d0 = Vector512.Load(d), d1 = Vector512.Load(d + 8);
        for (int p = 0; p < count; p++, upper += UpperStride)
        {
            Vector512<double> u0 = Vector512.Load(upper), u1 = Vector512.Load(upper + 8), f = Vector512.Create(-lower[p]);
            (a0, a1) = (Vector512.FusedMultiplyAdd(f, u0, a0), Vector512.FusedMultiplyAdd(f, u1, a1));
            f = Vector512.Create(-lower[Panel + p]);
            (b0, b1) = (Vector512.FusedMultiplyAdd(f, u0, b0), Vector512.FusedMultiplyAdd(f, u1, b1));
            f = Vector512.Create(-lower[(2 * Panel) + p]);
            (c0, c1) = (Vector512.FusedMultiplyAdd(f, u0, c0), Vector512.FusedMultiplyAdd(f, u1, c1));
            f = Vector512.Create(-lower[(3 * Panel) + p]);
            (d0, d1) = (Vector512.FusedMultiplyAdd(f, u0, d0), Vector512.FusedMultiplyAdd(f, u1, d1));
        }

        a0.Store(a);
        a1.Store(a + 8);
        b0.Store(b);
        b1.Store(b + 8);
        c0.Store(c);
        c1.Store(c + 8);
        d0.Store(d);
        d1.Store(d + 8);
    }

    private Span<double> PanelRow(int i) => _panel.AsSpan(i * Panel, Panel);

    private Span<double> Row(int i) => _factors.AsSpan(i * Order, Order);

    private static void Exchange(Span<double> a, Span<double> b)
    {
        for (int j = 0; j < a.Length; j++) (a[j], b[j]) = (b[j], a[j]);
    }
}
