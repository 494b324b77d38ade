using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>v += shift + scale · correction; in the lanes beyond the last state nothing.</summary>
internal unsafe struct CorrectKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int LengthInBlock = 4096;
    public T* V;
    public float* Correction;
    public double Shift;

    /// <summary>A power of two.</summary>
    public double Scale;
    public long States;

    public readonly int Blocks => (int)((States + LengthInBlock - 1) / LengthInBlock);

    public readonly void Run(int block, int worker)
    {
        long s = (long)block * LengthInBlock;
        long last = Math.Min(s + LengthInBlock, States);
        T factor = T.CreateTruncating(Scale);
        TLane shift = TLane.Broadcast(T.CreateTruncating(Shift)), scale = TLane.Broadcast(factor);
        for (; s + TLane.Width <= last; s += TLane.Width)
            TLane.Store(V + s, TLane.Load(V + s) + (shift + (scale * TLane.LoadNarrow(Correction + s))));
        for (; s < last; s++) V[s] += T.CreateTruncating(Shift) + (factor * T.CreateTruncating(Correction[s]));
    }
}

/// <summary>Rounds numbers to float32; the length is a multiple of the lanes.</summary>
internal unsafe struct RoundKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int LengthInBlock = 4096;
    public T* From;
    public float* To;
    public long Length;

    public readonly int Blocks => (int)((Length + LengthInBlock - 1) / LengthInBlock);

    public readonly void Run(int block, int worker)
    {
        long first = (long)block * LengthInBlock;
        long last = Math.Min(first + LengthInBlock, Length);
        for (long i = first; i < last; i += TLane.Width) TLane.StoreNarrow(To + i, TLane.Load(From + i));
    }
}
