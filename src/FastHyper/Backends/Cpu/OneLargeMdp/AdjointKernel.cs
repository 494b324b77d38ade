using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <summary>What scattered products lead to: y' = b + γ Pᵀ z, and its change from y in float32 or the new y.</summary>
internal unsafe struct AdjointKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public const int LengthInBlock = 2048;
    public T* Scattered;
    public T* Source;
    public T* From;
    public T* To;
    public float* Change;

    /// <summary>What changes are multiplied by where they are written, a power of two.</summary>
    public T ChangeScale;
    public double Discount;
    public long States;
    public long Capacity;
    public BlockBounds* Bounds;

    public readonly int Blocks => (int)((Capacity + LengthInBlock - 1) / LengthInBlock);

    public readonly void Run(int block, int worker)
    {
        long first = (long)block * LengthInBlock;
        long last = Math.Min(first + LengthInBlock, States);
        long whole = first + ((last - first) / TLane.Width * TLane.Width);
        TLane discount = TLane.Broadcast(T.CreateTruncating(Discount)), zero = TLane.Constant(0), scale = TLane.Broadcast(ChangeScale);
        LaneBounds<TLane, T> lanes = LaneBounds<TLane, T>.Empty;
        for (long s = first; s < whole; s += TLane.Width)
        {
            TLane y = TLane.MultiplyAdd(discount, TLane.Load(Scattered + s), Source is null ? zero : TLane.Load(Source + s));
            if (From is not null)
            {
                TLane change = y - TLane.Load(From + s);
                lanes.Lowest = TLane.Min(lanes.Lowest, change);
                lanes.Highest = TLane.Max(lanes.Highest, change);
                lanes.Magnitude = TLane.Max(lanes.Magnitude, TLane.Abs(y));
                lanes.Poison = TLane.MultiplyAdd(zero, y, lanes.Poison);
                if (Change is not null) TLane.StoreNarrow(Change + s, change * scale);
            }

            if (To is not null) TLane.Store(To + s, y);
        }

        BlockBounds bounds = lanes.Reduce();
        T gamma = T.CreateTruncating(Discount);
        for (long s = whole; s < last; s++)
        {
            T y = T.FusedMultiplyAdd(gamma, Scattered[s], Source is null ? T.Zero : Source[s]);
            if (From is not null)
            {
                bounds.Add(double.CreateTruncating(y - From[s]), double.CreateTruncating(y));
                if (Change is not null) Change[s] = float.CreateTruncating((y - From[s]) * ChangeScale);
            }

            if (To is not null) To[s] = y;
        }

        for (long s = Math.Max(first, States); s < Math.Min(first + LengthInBlock, Capacity); s++)
        {
            if (Change is not null) Change[s] = 0;
            if (To is not null) To[s] = T.Zero;
        }

        Bounds[block] = bounds;
    }
}
