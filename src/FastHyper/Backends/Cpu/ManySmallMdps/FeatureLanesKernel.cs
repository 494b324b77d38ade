using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Features;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.ManySmallMdps;

/// <summary>
/// φ(s,a)·w where lanes are instances: features are broadcast, and four rows that share their weights, of one action or of neighbouring
/// pairs, go at once, so that each weight is loaded for four products. Written as it is, or as soft maximum and policy.
/// </summary>
internal unsafe struct FeatureLanesKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public const int StatesInBlock = 32;
    private const int RowsAtOnce = 4;
    public FeatureTable<T> Features;

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
        if (!Features.IsDense)
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

        int width = Features.Source.Width, padded = Features.Padded, row = 0;
        T* values = Features.Values + (first * padded);
        for (; row + RowsAtOnce <= count; row += RowsAtOnce, values += (long)RowsAtOnce * padded, q += RowsAtOnce * step)
        {
            TLane a = TLane.Constant(0), b = a, c = a, d = a;
            T* one = values + padded, two = one + padded, three = two + padded, from = w;
            for (int j = 0; j < width; j++, from += Stride)
            {
                TLane weight = TLane.Load(from);
                a = TLane.MultiplyAdd(TLane.Broadcast(values[j]), weight, a);
                b = TLane.MultiplyAdd(TLane.Broadcast(one[j]), weight, b);
                c = TLane.MultiplyAdd(TLane.Broadcast(two[j]), weight, c);
                d = TLane.MultiplyAdd(TLane.Broadcast(three[j]), weight, d);
            }

            (q[0], q[step], q[2 * step], q[3 * step]) = (a, b, c, d);
        }

        for (; row < count; row++, values += padded, q += step)
        {
            TLane sum = TLane.Constant(0);
            for (int j = 0; j < width; j++) sum = TLane.MultiplyAdd(TLane.Broadcast(values[j]), TLane.Load(w + ((long)j * Stride)), sum);
            *q = sum;
        }
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
        for (int s = first; s < first + count; s++, q += actions)
        {
            TLane value = Policy is null
                ? SoftMaximum.Value<TLane, T>(q, actions, temperature, inverse)
                : SoftMaximum.Apply<TLane, T>(q, actions, temperature, inverse);
            TLane.Store(V + ((long)s * Stride) + lane, value);
            if (Policy is null) continue;
            for (int a = 0; a < actions; a++) TLane.Store(Policy + ((((long)s * actions) + a) * Stride) + lane, q[a]);
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
    public FeatureTable<double> Features;

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
        int end = Math.Min(States, (part + 1) * StatesInBlock);
        bool perAction = Features.Source.IsPerAction;
        for (int s = part * StatesInBlock; s < end; s++)
        {
            for (int a = 0; a < actions; a++)
            {
                long row = ((long)s * actions) + a, stored = perAction ? s : row;
                TLane y = TLane.Load(Rows + (row * Stride) + lane);
                if (Weighted && Features.Weights is not null) y *= TLane.Broadcast(Features.Weights[row]);
                double* to = sums + (perAction ? (long)a * width * Stride : 0);
                if (Features.IsDense)
                {
                    double* values = Features.Values + (stored * Features.Padded);
                    for (int j = 0; j < width; j++, to += Stride)
                        TLane.Store(to, TLane.MultiplyAdd(TLane.Broadcast(values[j]), y, TLane.Load(to)));
                }
                else
                {
                    for (long e = Features.Offsets[stored]; e < Features.Offsets[stored + 1]; e++)
                    {
                        double* at = to + ((long)Features.Columns[e] * Stride);
                        TLane.Store(at, TLane.MultiplyAdd(TLane.Broadcast(Features.Values[e]), y, TLane.Load(at)));
                    }
                }
            }
        }
    }
}
