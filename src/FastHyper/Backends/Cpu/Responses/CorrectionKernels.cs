using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Responses;

/// <summary>v += shift + correction; in the lanes beyond the last state nothing.</summary>
internal unsafe struct CorrectKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int LengthInBlock = 4096;
    public T* V;
    public float* Correction;
    public double Shift;
    public long States;

    public readonly int Blocks => (int)((States + LengthInBlock - 1) / LengthInBlock);

    public readonly void Run(int block, int worker)
    {
        long s = (long)block * LengthInBlock;
        long last = Math.Min(s + LengthInBlock, States);
        TLane shift = TLane.Broadcast(T.CreateTruncating(Shift));
        for (; s + TLane.Width <= last; s += TLane.Width)
            TLane.Store(V + s, TLane.Load(V + s) + (shift + TLane.LoadNarrow(Correction + s)));
        for (; s < last; s++) V[s] += T.CreateTruncating(Shift) + T.CreateTruncating(Correction[s]);
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
