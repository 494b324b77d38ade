using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// ΦᵀD(Φ − γ P Ψ) of one instance in float64, over rows in the host's order: a chunk of states, and where features are of states alone one
/// action of it, at a time. Each chunk has a matrix of its own; they are added up in order. Rows of D(Φ − γ P Ψ) are gathered by
/// thirty-two,
/// and multiplied with as many of Φ in tiles of four by two registers: so each of them, 8 k bytes, is read from the second-level cache.
/// </summary>
internal unsafe struct FeatureMatrixKernel<TWide> : IBlockKernel
    where TWide : unmanaged, ILane<TWide, double>
{
    private const int RowsAtOnce = 32;
    private const int Tile = 16;
    private const int MaxChunks = 16;
    private const int LeastStates = 256;
    private const long MaxBytes = 256L << 20;
    public FitModel Model;
    public int StatesInChunk;

    /// <summary>Ψ, (S, k), of dense features of pairs; else null.</summary>
    public double[]? Means;

    /// <summary>(chunks, k, padded k).</summary>
    public double* Matrices;

    /// <summary>Of each worker: rows of padded k.</summary>
    public double* Scratch;

    private readonly FeatureRows Features => Model.Features;

    public static int Padded(int k) => (k + Tile - 1) / Tile * Tile;

    /// <summary>
    /// Distance between gathered rows: not a power of two, or all of them would want the same lines of the nearest cache.
    /// </summary>
    private static int Stride(int k) => Padded(k) + 8;

    public static long ScratchLength(int k) => (long)RowsAtOnce * Stride(k);

    public static int Chunks(FeatureRows features) =>
        (int)Math.Clamp(Math.Min(features.States / LeastStates, MaxBytes / (8L * features.Count * Padded(features.Count))), 1, MaxChunks);

    /// <summary>Tasks of a chunk: one for each action, whose rows of the matrix are its own, or one.</summary>
    public static int Tasks(FeatureRows features) => features.IsPerAction ? features.Actions : 1;

    public readonly void Run(int block, int worker)
    {
        int tasks = Tasks(Features), chunk = block / tasks, k = Features.Count;
        int firstAction = Features.IsPerAction ? block % tasks : 0, endAction = Features.IsPerAction ? firstAction + 1 : Features.Actions;
        double* matrix = Matrices + ((long)chunk * k * Padded(k));
        long firstRow = Features.IsPerAction ? (long)firstAction * Features.Width : 0;
        new Span<double>(matrix + (firstRow * Padded(k)), checked(Features.Width * Padded(k))).Clear();
        int end = Math.Min(Features.States, (chunk + 1) * StatesInChunk);
        if (Features.Dense is null)
        {
            for (int s = chunk * StatesInChunk; s < end; s++)
                for (int a = firstAction; a < endAction; a++) Scatter(s, a, worker, matrix);
            return;
        }

        double* gathered = Scratch + (worker * ScratchLength(k));
        double** rows = stackalloc double*[RowsAtOnce];
        fixed (double* dense = Features.Dense)
        {
            int count = 0;
            for (int s = chunk * StatesInChunk; s < end; s++)
            {
                for (int a = firstAction; a < endAction; a++)
                {
                    if (!Gather(s, a, worker, gathered + ((long)count * Stride(k)))) continue;
                    rows[count++] = dense + ((Features.IsPerAction ? s : ((long)s * Features.Actions) + a) * Features.Width);
                    if (count < RowsAtOnce) continue;
                    Multiply(rows, gathered, count, matrix + (firstRow * Padded(k)));
                    count = 0;
                }
            }

            Multiply(rows, gathered, count, matrix + (firstRow * Padded(k)));
        }
    }

    /// <summary>A row of D(Φ − γ P Ψ), dense; false where its weight is zero.</summary>
    private readonly bool Gather(int s, int a, int worker, double* to)
    {
        double weight = Model.Weight(s, a);
        if (weight == 0) return false;
        int k = Features.Count, width = Features.Width;
        Span<double> row = new(to, Padded(k));
        row.Clear();
        Features.Row(s, a, out int first, out _, out ReadOnlySpan<double> own);
        for (int j = 0; j < own.Length; j++) row[first + j] = weight * own[j];
        if (Model.Discount == 0) return true;
        Model.Next(s, a, worker, out ReadOnlySpan<int> next, out ReadOnlySpan<double> shares);
        for (int e = 0; e < next.Length; e++)
        {
            double factor = Model.Factor(weight, shares[e]);
            if (Means is not null)
            {
                Add(Means.AsSpan(next[e] * k, k), factor, to);
                continue;
            }

            for (int b = 0; b < Features.Actions; b++)
                Add(
                    Features.Dense.AsSpan(next[e] * width, width), factor * Model.Policy[(next[e] * Features.Actions) + b],
                    to + ((long)b * width));
        }

        return true;
    }

    /// <summary>matrix += φ(s,a) times the row of sparse features.</summary>
    private readonly void Scatter(int s, int a, int worker, double* matrix)
    {
        double weight = Model.Weight(s, a);
        if (weight == 0) return;
        ScatterInto(matrix, s, a, s, a, weight);
        if (Model.Discount == 0) return;
        Model.Next(s, a, worker, out ReadOnlySpan<int> next, out ReadOnlySpan<double> shares);
        for (int e = 0; e < next.Length; e++)
            for (int b = 0; b < Features.Actions; b++)
                ScatterInto(
                    matrix, s, a, next[e], b,
                    Model.Factor(weight, shares[e]) * Model.Policy[(next[e] * Features.Actions) + b]);
    }

    /// <summary>matrix += factor · φ(s,a) φ(state,action)ᵀ.</summary>
    private readonly void ScatterInto(double* matrix, int s, int a, int state, int action, double factor)
    {
        if (factor == 0) return;
        int padded = Padded(Features.Count);
        Features.Row(s, a, out int first, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
        Features.Row(state, action, out int otherFirst, out ReadOnlySpan<int> otherColumns, out ReadOnlySpan<double> otherValues);
        for (int i = 0; i < columns.Length; i++)
        {
            double* row = matrix + ((long)(first + columns[i]) * padded) + otherFirst;
            double times = factor * values[i];
            for (int j = 0; j < otherColumns.Length; j++)
                row[otherColumns[j]] = Math.FusedMultiplyAdd(times, otherValues[j], row[otherColumns[j]]);
        }
    }

    /// <summary>matrix += Σ_r rows_r gathered_rᵀ.</summary>
    private readonly void Multiply(double** rows, double* gathered, int count, double* matrix)
    {
        int width = Features.Width, padded = Padded(Features.Count), stride = Stride(Features.Count);
        for (int j = 0; j < padded; j += 2 * TWide.Width)
        {
            int i = 0;
            for (; i + 4 <= width; i += 4)
            {
                double* to = matrix + ((long)i * padded) + j;
                TWide a0 = TWide.Load(to), a1 = TWide.Load(to + TWide.Width);
                TWide b0 = TWide.Load(to + padded), b1 = TWide.Load(to + padded + TWide.Width);
                TWide c0 = TWide.Load(to + (2L * padded)), c1 = TWide.Load(to + (2L * padded) + TWide.Width);
                TWide d0 = TWide.Load(to + (3L * padded)), d1 = TWide.Load(to + (3L * padded) + TWide.Width);
                for (int r = 0; r < count; r++)
                {
                    double* x = rows[r] + i, y = gathered + ((long)r * stride) + j;
                    TWide y0 = TWide.Load(y), y1 = TWide.Load(y + TWide.Width), f = TWide.Broadcast(x[0]);
                    (a0, a1) = (TWide.MultiplyAdd(f, y0, a0), TWide.MultiplyAdd(f, y1, a1));
                    f = TWide.Broadcast(x[1]);
                    (b0, b1) = (TWide.MultiplyAdd(f, y0, b0), TWide.MultiplyAdd(f, y1, b1));
                    f = TWide.Broadcast(x[2]);
                    (c0, c1) = (TWide.MultiplyAdd(f, y0, c0), TWide.MultiplyAdd(f, y1, c1));
                    f = TWide.Broadcast(x[3]);
                    (d0, d1) = (TWide.MultiplyAdd(f, y0, d0), TWide.MultiplyAdd(f, y1, d1));
                }

                Store(to, a0, a1);
                Store(to + padded, b0, b1);
                Store(to + (2L * padded), c0, c1);
                Store(to + (3L * padded), d0, d1);
            }

            for (; i < width; i++)
            {
                double* to = matrix + ((long)i * padded) + j;
                TWide a0 = TWide.Load(to), a1 = TWide.Load(to + TWide.Width);
                for (int r = 0; r < count; r++)
                {
                    double* y = gathered + ((long)r * stride) + j;
                    TWide f = TWide.Broadcast(rows[r][i]);
                    (a0, a1) = (TWide.MultiplyAdd(f, TWide.Load(y), a0), TWide.MultiplyAdd(f, TWide.Load(y + TWide.Width), a1));
                }

                Store(to, a0, a1);
            }
        }

        static void Store(double* to, TWide first, TWide second)
        {
            TWide.Store(to, first);
            TWide.Store(to + TWide.Width, second);
        }
    }

    /// <summary>to += factor · row.</summary>
    private static void Add(ReadOnlySpan<double> row, double factor, double* to)
    {
        TWide times = TWide.Broadcast(factor);
        fixed (double* from = row)
        {
            int j = 0;
            for (; j + TWide.Width <= row.Length; j += TWide.Width)
                TWide.Store(to + j, TWide.MultiplyAdd(times, TWide.Load(from + j), TWide.Load(to + j)));
            for (; j < row.Length; j++) to[j] = Math.FusedMultiplyAdd(factor, from[j], to[j]);
        }
    }
}
