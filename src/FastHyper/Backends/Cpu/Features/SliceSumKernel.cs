using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// Σ φ(s) y(s,a) in float64, features dense and of states alone. Lanes are states: each sum has a register of eight, of states whose
/// position leaves the same rest, whatever the width; blocks of states are added up in order, and then these. Four features by two
/// actions go at once, six loads for eight products.
/// </summary>
internal unsafe struct SliceSumKernel<TWide, T> : IBlockKernel
    where TWide : unmanaged, ILane<TWide, double>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Height = FeatureTable<T>.Height;
    private const int Lanes = 8;
    private const int PositionsAtOnce = 256;
    public FeatureTable<T> Features;

    /// <summary>φ, as <see cref="FeatureTable{T}.Slices"/> gives it.</summary>
    public T* Slices;
    public bool Weighted;

    /// <summary>y, (S, A).</summary>
    public T* Rows;
    public long RowAction;
    public int States;

    /// <summary>Whole slices.</summary>
    public int PositionsInBlock;

    /// <summary>(blocks, <see cref="Length"/>), written.</summary>
    public double* Sums;

    /// <summary>Of each worker.</summary>
    public double* Scratch;

    public static long ScratchLength(int actions) => (long)PositionsAtOnce * PaddedActions(actions);

    /// <summary>Sums of a block: (slice width, padded A, 8).</summary>
    public static long Length(FeatureTable<T> features) => (long)features.SliceWidth * PaddedActions(features.Source.Actions) * Lanes;

    /// <summary>The sums of all lanes and blocks, in the order of the features.</summary>
    public static void Total(FeatureTable<T> features, double* sums, int blocks, Span<double> target)
    {
        FeatureRows rows = features.Source;
        long length = Length(features);
        int padded = PaddedActions(rows.Actions);
        double* lanes = stackalloc double[Lanes];
        for (int at = 0; at < target.Length; at++)
        {
            (int a, int j) = Math.DivRem(at, rows.Width);
            double* from = sums + ((((long)j * padded) + a) * Lanes);
            for (int lane = 0; lane < Lanes; lane += TWide.Width)
            {
                TWide sum = TWide.Load(from + lane);
                for (int block = 1; block < blocks; block++) sum += TWide.Load(from + (block * length) + lane);
                TWide.Store(lanes + lane, sum);
            }

            for (int half = Lanes / 2; half > 0; half /= 2)
                for (int lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
            target[at] = *lanes;
        }
    }

    public readonly void Run(int block, int worker)
    {
        int actions = Features.Source.Actions, width = Features.SliceWidth, padded = PaddedActions(actions);
        double* y = Scratch + (worker * ScratchLength(actions)), sums = Sums + (block * Length(Features));
        new Span<double>(sums, checked((int)Length(Features))).Clear();
        int end = (int)Math.Min(States, (block + 1L) * PositionsInBlock);
        for (int first = block * PositionsInBlock; first < end; first += PositionsAtOnce)
        {
            int count = Math.Min(PositionsAtOnce, end - first), slices = (count + Height - 1) / Height;
            T* x = Slices + ((long)first * width);
            // What comes next is prefetched a share at a time: a burst would hold up what is at hand.
            long share = 4L * sizeof(T) * Math.Clamp(end - first - count, 0, PositionsAtOnce);
            byte* next = (byte*)(x + ((long)count * width));
            Read(first, count, y);
            for (int j = 0; j < width; j += 4, next += share)
            {
                CacheLine.PrefetchSecondLevel(next, share);
                for (int a = 0; a < padded; a += 2)
                    for (int lane = 0; lane < Lanes; lane += TWide.Width)
                        Tile(
                            x + ((long)j * Height) + lane, width, y + (a * PositionsAtOnce) + lane, slices,
                            sums + ((((long)j * padded) + a) * Lanes) + lane, padded);
            }
        }
    }

    private static int PaddedActions(int actions) => (actions + 1) / 2 * 2;

    /// <summary>y(a, k) of these positions, or D y, at action by action; zeros fill it up.</summary>
    private readonly void Read(int first, int count, double* y)
    {
        int actions = Features.Source.Actions, padded = PaddedActions(actions);
        double* weights = Weighted ? Features.Weights : null;
        for (int a = 0; a < padded; a++, y += PositionsAtOnce)
        {
            int known = a < actions ? count : 0;
            T* from = Rows + (a * RowAction) + first;
            if (typeof(T) == typeof(double)) new Span<double>(from, known).CopyTo(new Span<double>(y, known));
            else for (int k = 0; k < known; k++) y[k] = double.CreateTruncating(from[k]);
            if (weights is not null) for (int k = 0; k < known; k++) y[k] *= weights[((long)(first + k) * actions) + a];
            new Span<double>(y + known, PositionsAtOnce - known).Clear();
        }
    }

    /// <summary>Four features by two actions of some slices, a register of each line.</summary>
    private static void Tile(T* x, int width, double* y, int slices, double* to, int padded)
    {
        const int step = PositionsAtOnce;
        double* second = to + ((long)padded * Lanes), third = second + ((long)padded * Lanes), fourth = third + ((long)padded * Lanes);
        TWide a = TWide.Load(to), b = TWide.Load(to + Lanes), c = TWide.Load(second), d = TWide.Load(second + Lanes);
        TWide e = TWide.Load(third), f = TWide.Load(third + Lanes), g = TWide.Load(fourth), h = TWide.Load(fourth + Lanes);
        for (int s = 0; s < slices; s++, x += (long)width * Height, y += Height)
        {
            TWide y0 = TWide.Load(y), y1 = TWide.Load(y + step), feature = Load(x);
            a = TWide.MultiplyAdd(feature, y0, a);
            b = TWide.MultiplyAdd(feature, y1, b);
            feature = Load(x + Height);
            c = TWide.MultiplyAdd(feature, y0, c);
            d = TWide.MultiplyAdd(feature, y1, d);
            feature = Load(x + (2 * Height));
            e = TWide.MultiplyAdd(feature, y0, e);
            f = TWide.MultiplyAdd(feature, y1, f);
            feature = Load(x + (3 * Height));
            g = TWide.MultiplyAdd(feature, y0, g);
            h = TWide.MultiplyAdd(feature, y1, h);
            y0 = TWide.Load(y + Lanes);
            y1 = TWide.Load(y + step + Lanes);
            feature = Load(x + Lanes);
            a = TWide.MultiplyAdd(feature, y0, a);
            b = TWide.MultiplyAdd(feature, y1, b);
            feature = Load(x + Height + Lanes);
            c = TWide.MultiplyAdd(feature, y0, c);
            d = TWide.MultiplyAdd(feature, y1, d);
            feature = Load(x + (2 * Height) + Lanes);
            e = TWide.MultiplyAdd(feature, y0, e);
            f = TWide.MultiplyAdd(feature, y1, f);
            feature = Load(x + (3 * Height) + Lanes);
            g = TWide.MultiplyAdd(feature, y0, g);
            h = TWide.MultiplyAdd(feature, y1, h);
        }

        TWide.Store(to, a);
        TWide.Store(to + Lanes, b);
        TWide.Store(second, c);
        TWide.Store(second + Lanes, d);
        TWide.Store(third, e);
        TWide.Store(third + Lanes, f);
        TWide.Store(fourth, g);
        TWide.Store(fourth + Lanes, h);
    }

    private static TWide Load(T* from) => typeof(T) == typeof(double) ? TWide.Load((double*)from) : TWide.LoadNarrow((float*)from);
}
