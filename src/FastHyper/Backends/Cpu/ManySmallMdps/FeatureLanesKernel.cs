using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Features;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.ManySmallMdps;

/// <summary>
/// φ(s,a)·w where lanes are instances: features are broadcast, and eight rows that share their weights, of one action or of neighbouring
/// pairs, go at once, so that each weight is loaded for eight products. Written as it is, or as soft maximum and policy.
/// </summary>
internal unsafe struct FeatureLanesKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public const int StatesInBlock = 32;
    private const int RowsAtOnce = 8;

    // States whose logarithms and quotients do not wait for each other.
    private const int StatesAtOnce = 4;
    public FeatureTable<T> Features;

    /// <summary>Dense features, in slices; null for sparse ones.</summary>
    public T* Dense;

    /// <summary>w, (k, stride).</summary>
    public T* W;
    public int Stride;
    public int Groups;
    public int States;
    public bool Weighted;

    /// <summary>(S, A), written where they are not null.</summary>
    public T* Rows;
    public T* Policy;

    /// <summary>(S), written where it is not null.</summary>
    public T* V;
    public T* Temperatures;
    public T* Inverses;

    /// <summary>Of each worker: (states in a block, A) registers.</summary>
    public TLane* Scratch;

    public readonly void Run(int block, int worker)
    {
        (int part, int group) = Math.DivRem(block, Groups);
        int actions = Features.Source.Actions, first = part * StatesInBlock, count = Math.Min(StatesInBlock, States - first),
            lane = group * TLane.Width;
        TLane* q = Scratch + ((long)worker * StatesInBlock * actions);
        if (Features.Source.IsPerAction)
        {
            for (int a = 0; a < actions; a++) Products(first, count, W + ((long)a * Features.Source.Width * Stride) + lane, q + a, actions);
        }
        else
        {
            Products((long)first * actions, count * actions, W + lane, q, 1);
        }

        if (Rows is not null) Write(first, count, lane, q);
        else Respond(first, count, lane, q);
    }

    /// <summary>The products of rows that follow each other with the same weights, so many registers apart.</summary>
    private readonly void Products(long first, int count, T* w, TLane* q, int step)
    {
        if (Dense is null)
        {
            for (int k = 0; k < count; k++, q += step)
            {
                TLane sum = TLane.Constant(0);
                for (long e = Features.Offsets[first + k]; e < Features.Offsets[first + k + 1]; e++)
                    sum = TLane.MultiplyAdd(TLane.Broadcast(Features.Values[e]), TLane.Load(w + ((long)Features.Columns[e] * Stride)), sum);
                *q = sum;
            }

            return;
        }

        int width = Features.Source.Width, height = FeatureTable<T>.Height;
        T* x = Dense + (first * Features.SliceWidth);
        TLane* sums = stackalloc TLane[RowsAtOnce];
        for (int row = 0; row < count; row += height, x += (long)Features.SliceWidth * height)
        {
            for (int part = 0; part < height && row + part < count; part += RowsAtOnce)
            {
                EightRows(x + part, width, w, sums);
                int known = Math.Min(RowsAtOnce, count - row - part);
                for (int r = 0; r < known; r++) q[(row + part + r) * step] = sums[r];
            }
        }
    }

    private readonly void EightRows(T* x, int width, T* w, TLane* sums)
    {
        TLane a = TLane.Constant(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        for (int j = 0; j < width; j++, x += FeatureTable<T>.Height, w += Stride)
        {
            TLane weight = TLane.Load(w);
            a = TLane.MultiplyAdd(TLane.Broadcast(x[0]), weight, a);
            b = TLane.MultiplyAdd(TLane.Broadcast(x[1]), weight, b);
            c = TLane.MultiplyAdd(TLane.Broadcast(x[2]), weight, c);
            d = TLane.MultiplyAdd(TLane.Broadcast(x[3]), weight, d);
            e = TLane.MultiplyAdd(TLane.Broadcast(x[4]), weight, e);
            f = TLane.MultiplyAdd(TLane.Broadcast(x[5]), weight, f);
            g = TLane.MultiplyAdd(TLane.Broadcast(x[6]), weight, g);
            h = TLane.MultiplyAdd(TLane.Broadcast(x[7]), weight, h);
        }

        (sums[0], sums[1], sums[2], sums[3]) = (a, b, c, d);
        (sums[4], sums[5], sums[6], sums[7]) = (e, f, g, h);
    }

    private readonly void Write(int first, int count, int lane, TLane* q)
    {
        long row = (long)first * Features.Source.Actions;
        double* weights = Weighted ? Features.Weights : null;
        for (int k = 0; k < count * Features.Source.Actions; k++)
            TLane.Store(
                Rows + ((row + k) * Stride) + lane, weights is null ? q[k] : TLane.Broadcast(T.CreateTruncating(weights[row + k])) * q[k]);
    }

    private readonly void Respond(int first, int count, int lane, TLane* q)
    {
        int actions = Features.Source.Actions;
        TLane temperature = TLane.Load(Temperatures + lane), inverse = TLane.Load(Inverses + lane);
        TLane* values = stackalloc TLane[StatesAtOnce];
        for (int s = first; s < first + count; s += StatesAtOnce, q += StatesAtOnce * actions)
        {
            int states = Math.Min(StatesAtOnce, first + count - s);
            if (Policy is null)
                for (int k = 0; k < states; k++) values[k] = SoftMaximum.Value<TLane, T>(q + (k * actions), actions, temperature, inverse);
            else
                SoftMaximum.Apply<TLane, T>(q, states, actions, temperature, inverse, values);
            for (int k = 0; k < states; k++) TLane.Store(V + ((long)(s + k) * Stride) + lane, values[k]);
            if (Policy is null) continue;
            T* to = Policy + ((long)s * actions * Stride) + lane;
            for (int k = 0; k < states * actions; k++, to += Stride) TLane.Store(to, q[k]);
        }
    }
}

/// <summary>
/// Σ φ(s,a) y(s,a) where lanes are instances, in float64: blocks of states have sums of their own, which are added up in order.
/// </summary>
internal unsafe struct FeatureSumLanesKernel<TLane> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, double>
{
    private const int MaxBlocks = 32;
    private const int LeastStates = 128;
    private const int RowsAtOnce = 64;
    public FeatureTable<double> Features;

    /// <summary>Dense rows; null for sparse ones.</summary>
    public double* DenseRows;

    /// <summary>y, (S, A).</summary>
    public double* Rows;
    public int Stride;
    public int Groups;
    public int States;
    public int StatesInBlock;
    public bool Weighted;

    /// <summary>(blocks, k, stride), written.</summary>
    public double* Sums;

    /// <summary>Blocks that so many states fall into.</summary>
    public static int Blocks(int states) => Math.Clamp(states / LeastStates, 1, MaxBlocks);

    public readonly void Run(int block, int worker)
    {
        (int part, int group) = Math.DivRem(block, Groups);
        int actions = Features.Source.Actions, k = Features.Source.Count, width = Features.Source.Width, lane = group * TLane.Width;
        double* sums = Sums + ((long)part * k * Stride) + lane;
        for (int j = 0; j < k; j++) TLane.Store(sums + ((long)j * Stride), TLane.Constant(0));
        int first = part * StatesInBlock, end = Math.Min(States, (part + 1) * StatesInBlock);
        TLane* y = stackalloc TLane[RowsAtOnce];
        bool perAction = Features.Source.IsPerAction;
        int step = perAction ? actions : 1;
        for (int a = 0; a < step; a++)
        {
            double* to = sums + ((long)a * width * Stride);
            for (long row = ((long)first * actions) + a; row < (long)end * actions; row += (long)RowsAtOnce * step)
            {
                int count = (int)Math.Min(RowsAtOnce, (((long)end * actions) - row + step - 1) / step);
                for (int r = 0; r < count; r++)
                {
                    long at = row + ((long)r * step);
                    y[r] = TLane.Load(Rows + (at * Stride) + lane);
                    if (Weighted && Features.Weights is not null) y[r] *= TLane.Broadcast(Features.Weights[at]);
                }

                long stored = perAction ? row / actions : row;
                if (DenseRows is not null) Dense(DenseRows + (stored * Features.Padded), y, count, to);
                else Sparse(stored, y, count, to);
            }
        }
    }

    /// <summary>to(j) += Σ_r φ_j(r) y_r: eight features stay in registers for all rows.</summary>
    private readonly void Dense(double* rows, TLane* y, int count, double* to)
    {
        int width = Features.Source.Width, padded = Features.Padded, j = 0;
        for (; j + 8 <= width; j += 8, to += 8L * Stride)
        {
            TLane a = TLane.Load(to), b = TLane.Load(to + Stride), c = TLane.Load(to + (2L * Stride)), d = TLane.Load(to + (3L * Stride));
            TLane e = TLane.Load(to + (4L * Stride)), f = TLane.Load(to + (5L * Stride)), g = TLane.Load(to + (6L * Stride)),
                h = TLane.Load(to + (7L * Stride));
            double* x = rows + j;
            for (int r = 0; r < count; r++, x += padded)
            {
                TLane value = y[r];
                a = TLane.MultiplyAdd(TLane.Broadcast(x[0]), value, a);
                b = TLane.MultiplyAdd(TLane.Broadcast(x[1]), value, b);
                c = TLane.MultiplyAdd(TLane.Broadcast(x[2]), value, c);
                d = TLane.MultiplyAdd(TLane.Broadcast(x[3]), value, d);
                e = TLane.MultiplyAdd(TLane.Broadcast(x[4]), value, e);
                f = TLane.MultiplyAdd(TLane.Broadcast(x[5]), value, f);
                g = TLane.MultiplyAdd(TLane.Broadcast(x[6]), value, g);
                h = TLane.MultiplyAdd(TLane.Broadcast(x[7]), value, h);
            }

            TLane.Store(to, a);
            TLane.Store(to + Stride, b);
            TLane.Store(to + (2L * Stride), c);
            TLane.Store(to + (3L * Stride), d);
            TLane.Store(to + (4L * Stride), e);
            TLane.Store(to + (5L * Stride), f);
            TLane.Store(to + (6L * Stride), g);
            TLane.Store(to + (7L * Stride), h);
        }

        for (; j < width; j++, to += Stride)
        {
            TLane sum = TLane.Load(to);
            for (int r = 0; r < count; r++) sum = TLane.MultiplyAdd(TLane.Broadcast(rows[((long)r * padded) + j]), y[r], sum);
            TLane.Store(to, sum);
        }
    }

    private readonly void Sparse(long first, TLane* y, int count, double* to)
    {
        for (int r = 0; r < count; r++)
        {
            for (long e = Features.Offsets[first + r]; e < Features.Offsets[first + r + 1]; e++)
            {
                double* at = to + ((long)Features.Columns[e] * Stride);
                TLane.Store(at, TLane.MultiplyAdd(TLane.Broadcast(Features.Values[e]), y[r], TLane.Load(at)));
            }
        }
    }
}
