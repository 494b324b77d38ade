using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// Σ φ(s,a) y(s,a) in float64, features sparse, or dense ones of pairs. Blocks of states have sums of their own, which are added up in
/// order. Where features are of states alone, a register holds the sums of several actions.
/// </summary>
internal unsafe struct FeatureSumKernel<TWide, T> : IBlockKernel
    where TWide : unmanaged, ILane<TWide, double>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int PositionsAtOnce = 64;
    public FeatureTable<T> Features;

    /// <summary>Dense rows of pairs; null for sparse ones.</summary>
    public T* Dense;
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
            else Sparse(first, count, y, padded, sums);
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
                    T* values = Dense + (row * Features.Padded);
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

    private static TWide Wide(T* from) => TWide.Broadcast(double.CreateTruncating(*from));

    private static TWide Load(T* from) => typeof(T) == typeof(double) ? TWide.Load((double*)from) : TWide.LoadNarrow((float*)from);
}
