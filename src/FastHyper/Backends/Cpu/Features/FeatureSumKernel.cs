using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// Σ φ(s,a) y(s,a) where lanes are states, in float64. Blocks are as many whatever the number of threads; each has sums of its own, which
/// are added up in order. Where features are of states alone, a register holds the sums of several actions, and eight features go at once.
/// </summary>
internal unsafe struct FeatureSumKernel<TWide, T> : IBlockKernel
    where TWide : unmanaged, ILane<TWide, double>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int LeastPositions = 1024;
    private const int PositionsAtOnce = 64;
    private const int MaxBlocks = 256;
    private const long MaxBytes = 64L << 20;
    public FeatureTable<T> Features;
    public bool Weighted;

    /// <summary>y, (S, A).</summary>
    public T* Rows;
    public long RowAction;
    public int States;
    public int PositionsInBlock;

    /// <summary>(blocks, <see cref="Length"/>), written.</summary>
    public double* Sums;

    /// <summary>Of each worker.</summary>
    public double* Scratch;

    public static int PaddedActions(int actions) => (actions + 7) / 8 * 8;

    public static long ScratchLength(int actions) => (long)PositionsAtOnce * PaddedActions(actions);

    /// <summary>Sums of a block: (padded width, padded A), or (padded k).</summary>
    public static long Length(FeatureTable<T> features) =>
        features.Source.IsPerAction ? (long)features.Padded * PaddedActions(features.Source.Actions) : features.Padded;

    /// <summary>Blocks that so many states fall into: it depends on the features alone.</summary>
    public static int Blocks(FeatureTable<T> features, int states) =>
        (int)Math.Clamp(Math.Min(states / LeastPositions, MaxBytes / (8 * Length(features))), 1, MaxBlocks);

    /// <summary>The sums of all blocks, in order, and in the order of the features.</summary>
    public static void Total(FeatureTable<T> features, double* sums, int blocks, Span<double> target)
    {
        FeatureRows rows = features.Source;
        long length = Length(features);
        int padded = PaddedActions(rows.Actions);
        for (int j = 0; j < target.Length; j++)
        {
            double* from = sums + (rows.IsPerAction ? ((long)(j % rows.Width) * padded) + (j / rows.Width) : j);
            double sum = 0;
            for (int block = 0; block < blocks; block++) sum += from[block * length];
            target[j] = sum;
        }
    }

    public readonly void Run(int block, int worker)
    {
        int actions = Features.Source.Actions, padded = PaddedActions(actions);
        double* y = Scratch + (worker * ScratchLength(actions));
        double* sums = Sums + (block * Length(Features));
        new Span<double>(sums, checked((int)Length(Features))).Clear();
        int end = (int)Math.Min(States, (block + 1L) * PositionsInBlock);
        for (int first = block * PositionsInBlock; first < end; first += PositionsAtOnce)
        {
            int count = Math.Min(PositionsAtOnce, end - first);
            if (Features.IsDense && Features.Source.IsPerAction && first + count < end) Prefetch(first + count);
            for (int k = 0; k < count; k++)
            {
                for (int a = 0; a < actions; a++)
                {
                    double value = double.CreateTruncating(Rows[(a * RowAction) + first + k]);
                    y[(k * padded) + a] = Weighted && Features.Weights is not null
                        ? value * Features.Weights[((long)(first + k) * actions) + a]
                        : value;
                }

                for (int a = actions; a < padded; a++) y[(k * padded) + a] = 0;
            }

            if (!Features.Source.IsPerAction) Pairs(first, count, y, padded, sums);
            else if (Features.IsDense) Dense(first, count, y, padded, sums);
            else Sparse(first, count, y, padded, sums);
        }
    }

    /// <summary>Prefetches the next rows as a whole: they are read by a line of each at a time.</summary>
    private readonly void Prefetch(int first)
    {
        byte* from = (byte*)(Features.Values + ((long)first * Features.Padded));
        long length = Math.Min(PositionsAtOnce, States - first) * (long)Features.Padded * sizeof(T);
        for (long at = 0; at < length; at += CacheLine.Bytes) CacheLine.PrefetchSecondLevel(from + at);
    }

    private readonly void Dense(int first, int count, double* y, int padded, double* sums)
    {
        int stride = Features.Padded, actions = Features.Source.Actions;
        T* rows = Features.Values + ((long)first * stride);
        for (int j = 0; j < stride; j += 8)
        {
            for (int lane = 0; lane < actions; lane += TWide.Width)
            {
                double* to = sums + ((long)j * padded) + lane;
                TWide a = TWide.Constant(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
                T* row = rows + j;
                for (int k = 0; k < count; k++, row += stride)
                {
                    TWide value = TWide.Load(y + (k * padded) + lane);
                    a = TWide.MultiplyAdd(Wide(row), value, a);
                    b = TWide.MultiplyAdd(Wide(row + 1), value, b);
                    c = TWide.MultiplyAdd(Wide(row + 2), value, c);
                    d = TWide.MultiplyAdd(Wide(row + 3), value, d);
                    e = TWide.MultiplyAdd(Wide(row + 4), value, e);
                    f = TWide.MultiplyAdd(Wide(row + 5), value, f);
                    g = TWide.MultiplyAdd(Wide(row + 6), value, g);
                    h = TWide.MultiplyAdd(Wide(row + 7), value, h);
                }

                Add(to, a);
                Add(to + padded, b);
                Add(to + (2L * padded), c);
                Add(to + (3L * padded), d);
                Add(to + (4L * padded), e);
                Add(to + (5L * padded), f);
                Add(to + (6L * padded), g);
                Add(to + (7L * padded), h);
            }
        }
    }

    private readonly void Sparse(int first, int count, double* y, int padded, double* sums)
    {
        int actions = Features.Source.Actions;
        long* offsets = Features.Offsets + first;
        for (int k = 0; k < count; k++)
        {
            for (long e = offsets[k]; e < offsets[k + 1]; e++)
            {
                TWide value = Wide(Features.Values + e);
                double* to = sums + ((long)Features.Columns[e] * padded);
                for (int lane = 0; lane < actions; lane += TWide.Width)
                    TWide.Store(to + lane, TWide.MultiplyAdd(value, TWide.Load(y + (k * padded) + lane), TWide.Load(to + lane)));
            }
        }
    }

    private readonly void Pairs(int first, int count, double* y, int padded, double* sums)
    {
        int actions = Features.Source.Actions;
        for (int k = 0; k < count; k++)
        {
            for (int a = 0; a < actions; a++)
            {
                double factor = y[(k * padded) + a];
                if (factor == 0) continue;
                long row = ((long)(first + k) * actions) + a;
                if (Features.IsDense)
                {
                    T* values = Features.Values + (row * Features.Padded);
                    TWide times = TWide.Broadcast(factor);
                    for (int j = 0; j < Features.Padded; j += TWide.Width)
                        TWide.Store(sums + j, TWide.MultiplyAdd(times, Load(values + j), TWide.Load(sums + j)));
                }
                else
                {
                    for (long e = Features.Offsets[row]; e < Features.Offsets[row + 1]; e++)
                        sums[Features.Columns[e]] = Math.FusedMultiplyAdd(
                            factor, double.CreateTruncating(Features.Values[e]), sums[Features.Columns[e]]);
                }
            }
        }
    }

    private static void Add(double* to, TWide value) => TWide.Store(to, TWide.Load(to) + value);

    private static TWide Wide(T* from) => TWide.Broadcast(double.CreateTruncating(*from));

    private static TWide Load(T* from) => typeof(T) == typeof(double) ? TWide.Load((double*)from) : TWide.LoadNarrow((float*)from);
}
