using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>What a pass of <see cref="DenseMatrixKernel{TWide}"/> adds up.</summary>
internal enum MatrixPart
{
    /// <summary>ΦᵀDΦ.</summary>
    Gram,

    /// <summary>T = ΦᵀDP, a row for each state that is led to.</summary>
    Forward,

    /// <summary>−γ T Ψ.</summary>
    Next,
}

/// <summary>
/// ΦᵀD(Φ − γ P Ψ) of one instance with dense features, in float64, by its parts. T = ΦᵀDP is summed up state by state over those that lead
/// there, which takes a row of features for each transition, whatever the policy; with Ψ(s') = Σ_b π(b|s') φ(s',b) it makes one product of
/// k by k a state. Where features are of states alone, rows of T are of one action, and Ψ is π ⊗ f.
/// </summary>
/// <remarks>
/// A chunk of states, and where features are of states alone one action of it, is a task. Each chunk has a matrix of its own; they are
/// added up in order, and within one states are in order: the bits are the same whatever the threads and lanes. Rows go by sixty-four, in
/// tiles of four rows by three registers: 8·64·k bytes of Ψ stay in the second-level cache, those of a tile's columns in the first.
/// </remarks>
internal unsafe partial struct DenseMatrixKernel<TWide> : IBlockKernel
    where TWide : unmanaged, ILane<TWide, double>
{
    private const int RowsAtOnce = 64;
    private const int Tile = 8;
    private const int StatesAhead = 3;
    private const int MaxChunks = 16;
    private const int LeastStates = 256;
    private const long MaxBytes = 256L << 20;
    public FitModel Model;
    public MatrixPart Part;
    public int StatesInChunk;

    /// <summary>T, (S, k), or (A, S, k/A) by action, where it has been stored, or is to be; null for what is needed at once.</summary>
    public double* Stored;

    /// <summary>(chunks, k, <see cref="Stride"/>).</summary>
    public double* Matrices;

    /// <summary>Of each worker: rows of T, and of Ψ.</summary>
    public double* Scratch;

    private readonly FeatureRows Features => Model.Features;

    /// <summary>
    /// Distance between rows: whole registers, and one more, so that an action's columns may end with a whole one, and that it is no power
    /// of two, which would have all rows want the same lines of the nearest cache.
    /// </summary>
    public static int Stride(int k) => Padded(k) + Tile;

    public static long ScratchLength(int k) => 2L * RowsAtOnce * Stride(k);

    public static int Chunks(FeatureRows features) =>
        (int)Math.Clamp(Math.Min(features.States / LeastStates, MaxBytes / (8L * features.Count * Stride(features.Count))), 1, MaxChunks);

    /// <summary>Tasks of a chunk: one for each action, whose rows of the matrix are its own, or one.</summary>
    public static int Tasks(FeatureRows features) => features.IsPerAction ? features.Actions : 1;

    private static int Padded(int k) => (k + Tile - 1) / Tile * Tile;

    public readonly void Run(int block, int worker)
    {
        int tasks = Tasks(Features), chunk = block / tasks, k = Features.Count, action = block % tasks;
        int first = chunk * StatesInChunk, end = Math.Min(Features.States, (chunk + 1) * StatesInChunk);
        long firstRow = (long)action * Features.Width;
        if (Part == MatrixPart.Forward)
        {
            for (int s = first; s < end; s++)
            {
                if (s + StatesAhead < end) PrefetchArriving(s + StatesAhead, action);
                Arrive(s, action, StoredRow(s, action));
            }

            return;
        }

        double* matrix = Matrices + ((((long)chunk * k) + firstRow) * Stride(k));
        new Span<double>(matrix, checked(Features.Width * Stride(k))).Clear();
        double* left = Scratch + (worker * ScratchLength(k)), right = left + ((long)RowsAtOnce * Stride(k));
        int stride = Stride(k), count = 0, width = Padded(Part == MatrixPart.Gram ? Features.Width : k);
        double* to = matrix + (Part == MatrixPart.Gram ? firstRow : 0);
        int members = Part == MatrixPart.Gram && !Features.IsPerAction ? Features.Actions : 1;
        if (Part == MatrixPart.Next && Stored is not null)
        {
            for (int s = first; s < end; s += RowsAtOnce)
            {
                count = Math.Min(RowsAtOnce, end - s);
                for (int r = 0; r < count; r++) Follow(s + r, right + ((long)r * stride));
                Multiply(StoredRow(s, action), Features.Width, right, count, to, width);
            }

            return;
        }

        for (int s = first; s < end; s++)
        {
            if (Part == MatrixPart.Next && s + StatesAhead < end) PrefetchArriving(s + StatesAhead, action);
            for (int m = 0; m < members; m++)
            {
                double* x = left + ((long)count * stride), y = right + ((long)count * stride);
                if (!(Part == MatrixPart.Gram ? Weigh(s, action + m, x, y) : Step(s, action, x, y))) continue;
                if (++count < RowsAtOnce) continue;
                Multiply(left, stride, right, count, to, width);
                count = 0;
            }
        }

        Multiply(left, stride, right, count, to, width);
    }

    /// <summary>φ(s,a) and D φ(s,a); false where the weight is zero.</summary>
    private readonly bool Weigh(int s, int a, double* x, double* y)
    {
        double weight = Model.Weight(s, a);
        if (weight == 0) return false;
        ReadOnlySpan<double> row = Row(s, a);
        for (int j = 0; j < row.Length; j++) (x[j], y[j]) = (row[j], weight * row[j]);
        for (int j = row.Length; j < Padded(row.Length); j++) y[j] = 0;
        return true;
    }

    /// <summary>A row of T and one of −γ Ψ; false where T is zero.</summary>
    private readonly bool Step(int s, int action, double* x, double* y)
    {
        Arrive(s, action, x);
        if (!new ReadOnlySpan<double>(x, Features.Width).ContainsAnyExcept(0.0)) return false;
        Follow(s, y);
        return true;
    }

    /// <summary>−γ Ψ(s').</summary>
    private readonly void Follow(int s, double* y)
    {
        int width = Features.Width, actions = Features.Actions;
        for (int b = 0; b < actions; b++)
        {
            double share = -Model.Discount * Model.Policy[(s * actions) + b];
            if (Features.IsPerAction) Scale(Row(s, b), share, y + ((long)b * width));
            else if (b == 0) Scale(Row(s, b), share, y);
            else Add(Row(s, b), share, y);
        }
    }

    private readonly double* StoredRow(int s, int action) => Stored + ((((long)action * Features.States) + s) * Features.Width);

    /// <summary>T(s') = Σ_(s,a) D P(s'|s,a) φ(s,a), of one action where features are of states alone.</summary>
    private readonly void Arrive(int state, int action, double* to)
    {
        new Span<double>(to, Features.Width).Clear();
        int end = Features.IsPerAction ? action + 1 : Features.Actions;
        for (int a = Features.IsPerAction ? action : 0; a < end; a++)
        {
            Model.Arriving(state, a, out ReadOnlySpan<int> from, out ReadOnlySpan<int> entries, out ReadOnlySpan<double> shares);
            for (int e = 0; e < from.Length; e++)
            {
                double flow = Model.Flow(from[e], a, entries[e], shares[e]);
                if (flow != 0) Add(Row(from[e], a), flow, to);
            }
        }
    }

    /// <summary>Prefetches the rows of those who lead to a state: they lie anywhere, and memory answers many questions at once.</summary>
    private readonly void PrefetchArriving(int state, int action)
    {
        int end = Features.IsPerAction ? action + 1 : Features.Actions;
        for (int a = Features.IsPerAction ? action : 0; a < end; a++)
        {
            Model.Arriving(state, a, out ReadOnlySpan<int> from, out _, out _);
            foreach (int s in from)
            {
                ref double row = ref MemoryMarshal.GetReference(Row(s, a));
                for (int j = 0; j < Features.Width; j += CacheLine.Bytes / sizeof(double))
                    CacheLine.Prefetch(Unsafe.AsPointer(ref Unsafe.Add(ref row, j)));
            }
        }
    }

    private readonly ReadOnlySpan<double> Row(int s, int a)
    {
        Features.Row(s, a, out _, out _, out ReadOnlySpan<double> row);
        return row;
    }

    /// <summary>to = factor · row.</summary>
    private static void Scale(ReadOnlySpan<double> row, double factor, double* to)
    {
        TWide times = TWide.Broadcast(factor);
        fixed (double* from = row)
        {
            int j = 0;
            for (; j + TWide.Width <= row.Length; j += TWide.Width) TWide.Store(to + j, times * TWide.Load(from + j));
            for (; j < row.Length; j++) to[j] = factor * from[j];
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
