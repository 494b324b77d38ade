using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// φ(s,a)·w of every state and action where lanes are states: written as it is, or as the soft maximum over the actions and the policy
/// that attains it. Products of a slice of states wait in the nearest cache.
/// </summary>
internal unsafe struct FeatureKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public const int PositionsInBlock = 512;

    // Arrays of states end with a whole slice.
    private const int PositionsAtOnce = FeatureTable<T>.Height;

    // Registers whose logarithms and quotients do not wait for each other.
    private const int StatesAtOnce = 2;
    public FeatureTable<T> Features;

    /// <summary>The dense ones, as <see cref="FeatureProducts{TLane, T}.Dense"/> gives them.</summary>
    public T* Dense;

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

    public static long ScratchLength(int actions) => (long)PositionsAtOnce * FeatureProducts<TLane, T>.PaddedActions(actions);

    public readonly void Run(int block, int worker)
    {
        int actions = Features.Source.Actions;
        T* q = Scratch + (worker * ScratchLength(actions));
        int end = Math.Min(States, (block + 1) * PositionsInBlock);
        for (int first = block * PositionsInBlock; first < end; first += PositionsAtOnce)
        {
            int count = Math.Min(PositionsAtOnce, end - first);
            FeatureProducts<TLane, T>.Run(Features, Dense, W, first, count, q);
            if (Rows is not null) Write(first, count, q);
            else Respond(first, actions, q);
        }
    }

    private readonly void Write(int first, int count, T* q)
    {
        int actions = Features.Source.Actions;
        double* weights = Weighted ? Features.Weights : null;
        for (int a = 0; a < actions; a++, q += PositionsAtOnce)
        {
            T* to = Rows + (a * RowAction) + first;
            new Span<T>(q, count).CopyTo(new Span<T>(to, count));
            if (weights is null) continue;
            for (int k = 0; k < count; k++)
                to[k] = T.CreateTruncating(weights[((long)(first + k) * actions) + a] * double.CreateTruncating(to[k]));
        }
    }

    private readonly void Respond(int first, int actions, T* products)
    {
        int registers = PositionsAtOnce / TLane.Width;
        TLane* q = stackalloc TLane[actions * StatesAtOnce], values = stackalloc TLane[StatesAtOnce];
        TLane temperature = TLane.Broadcast(Temperature), inverse = TLane.Broadcast(Inverse);
        for (int r = 0; r < registers; r += StatesAtOnce)
        {
            int count = Math.Min(StatesAtOnce, registers - r), lane = r * TLane.Width;
            for (int k = 0; k < count; k++)
                for (int a = 0; a < actions; a++)
                    q[(k * actions) + a] = TLane.Load(products + (a * PositionsAtOnce) + lane + (k * TLane.Width));
            if (Policy is null)
                for (int k = 0; k < count; k++) values[k] = SoftMaximum.Value<TLane, T>(q + (k * actions), actions, temperature, inverse);
            else
                SoftMaximum.Apply<TLane, T>(q, count, actions, temperature, inverse, values);
            for (int k = 0; k < count; k++)
            {
                int at = first + lane + (k * TLane.Width);
                if (V is not null) TLane.Store(V + at, values[k]);
                if (Policy is null) continue;
                for (int a = 0; a < actions; a++) TLane.Store(Policy + (a * RowAction) + at, q[(k * actions) + a]);
            }
        }
    }
}
