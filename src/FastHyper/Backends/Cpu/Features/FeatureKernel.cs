using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// φ(s,a)·w of every state and action where lanes are states: written as it is, or as the soft maximum over the actions and the policy
/// that attains it. Products of a few states, actions side by side, are turned so that lanes are states, while they are in the nearest
/// cache.
/// </summary>
internal unsafe struct FeatureKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public const int PositionsInBlock = 512;

    // A slice's height: arrays end with a whole one.
    private const int PositionsAtOnce = 16;
    public FeatureTable<T> Features;

    /// <summary>w as <see cref="FeatureProducts{TLane, T}.LayOut"/> lays it out.</summary>
    public T* W;

    /// <summary>D counts.</summary>
    public bool Weighted;

    /// <summary>(S, A), written where they are not null.</summary>
    public T* Rows;
    public T* Policy;

    /// <summary>(S), written where it is not null.</summary>
    public T* V;

    /// <summary>Distance between actions.</summary>
    public long RowAction;
    public int States;
    public T Temperature;
    public T Inverse;

    /// <summary>Of each worker: so many lines.</summary>
    public T* Scratch;

    public static long ScratchLength(int actions) => 2L * PositionsAtOnce * FeatureProducts<TLane, T>.PaddedActions(actions);

    public readonly void Run(int block, int worker)
    {
        int actions = Features.Source.Actions, padded = FeatureProducts<TLane, T>.PaddedActions(actions);
        T* q = Scratch + (worker * ScratchLength(actions)), turned = q + ((long)PositionsAtOnce * padded);
        int end = Math.Min(States, (block + 1) * PositionsInBlock);
        for (int first = block * PositionsInBlock; first < end; first += PositionsAtOnce)
        {
            int count = Math.Min(PositionsAtOnce, end - first);
            FeatureProducts<TLane, T>.Run(Features, W, first, count, q);
            if (Rows is not null)
            {
                Write(first, count, q, padded);
                continue;
            }

            for (int a = 0; a < actions; a++)
                for (int k = 0; k < PositionsAtOnce; k++) turned[(a * PositionsAtOnce) + k] = k < count ? q[(k * padded) + a] : T.Zero;
            Respond(first, actions, turned);
        }
    }

    private readonly void Write(int first, int count, T* q, int padded)
    {
        int actions = Features.Source.Actions;
        double* weights = Weighted ? Features.Weights : null;
        for (int a = 0; a < actions; a++)
        {
            for (int k = 0; k < count; k++)
            {
                T value = q[(k * padded) + a];
                if (weights is not null)
                    value = T.CreateTruncating(weights[((long)(first + k) * actions) + a] * double.CreateTruncating(value));
                Rows[(a * RowAction) + first + k] = value;
            }
        }
    }

    private readonly void Respond(int first, int actions, T* turned)
    {
        TLane* q = stackalloc TLane[actions];
        TLane temperature = TLane.Broadcast(Temperature), inverse = TLane.Broadcast(Inverse);
        for (int lane = 0; lane < PositionsAtOnce; lane += TLane.Width)
        {
            for (int a = 0; a < actions; a++) q[a] = TLane.Load(turned + (a * PositionsAtOnce) + lane);
            TLane value = Policy is null
                ? SoftMaximum.Value<TLane, T>(q, actions, temperature, inverse)
                : SoftMaximum.Apply<TLane, T>(q, actions, temperature, inverse);
            if (V is not null) TLane.Store(V + first + lane, value);
            if (Policy is null) continue;
            for (int a = 0; a < actions; a++) TLane.Store(Policy + (a * RowAction) + first + lane, q[a]);
        }
    }
}
