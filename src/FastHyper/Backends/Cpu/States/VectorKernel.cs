using System.Numerics;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.States;

/// <summary>Which of the updates of BiCGStab a pass does.</summary>
internal enum VectorUpdate
{
    /// <summary>x = 0, r = p = b.</summary>
    Begin,

    /// <summary>x += r, r −= v: a step of Richardson's iteration, where v = A r.</summary>
    Relax,

    /// <summary>p = r, and b = r for the shadow residual.</summary>
    Turn,

    /// <summary>r −= α v, which makes it s.</summary>
    Half,

    /// <summary>x += α p + ω s, r = s − ω t, p = r + β (p − ω v).</summary>
    Whole,
}

/// <summary>The vectors of BiCGStab, block by block, and the largest |r|.</summary>
internal unsafe struct VectorKernel<TLane, T> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int LengthInBlock = 4096;
    public VectorUpdate Update;
    public long Length;
    public double Alpha;
    public double Omega;
    public double Beta;
    public float* B;
    public T* X;
    public T* R;
    public T* P;
    public T* Image;
    public T* Step;
    public double* Largest;

    public static int Blocks(long length) => (int)((length + LengthInBlock - 1) / LengthInBlock);

    public readonly void Run(int block, int worker)
    {
        long first = (long)block * LengthInBlock;
        long last = Math.Min(first + LengthInBlock, Length);
        TLane alpha = TLane.Broadcast(T.CreateTruncating(Alpha)), omega = TLane.Broadcast(T.CreateTruncating(Omega)), beta = TLane.Broadcast(T.CreateTruncating(Beta));
        TLane zero = TLane.Constant(0), minusAlpha = zero - alpha, minusOmega = zero - omega;
        TLane largest = zero, poison = zero;
        T* x = X, r = R, p = P, v = Image, t = Step;
        for (long i = first; i < last; i += TLane.Width)
        {
            TLane next;
            switch (Update)
            {
                case VectorUpdate.Begin:
                    next = TLane.LoadNarrow(B + i);
                    TLane.Store(x + i, zero);
                    TLane.Store(p + i, next);
                    break;
                case VectorUpdate.Relax:
                    TLane residual = TLane.Load(r + i);
                    next = residual - TLane.Load(v + i);
                    TLane.Store(x + i, TLane.Load(x + i) + residual);
                    break;
                case VectorUpdate.Turn:
                    next = TLane.Load(r + i);
                    TLane.Store(p + i, next);
                    TLane.StoreNarrow(B + i, next);
                    break;
                case VectorUpdate.Half:
                    next = TLane.MultiplyAdd(minusAlpha, TLane.Load(v + i), TLane.Load(r + i));
                    break;
                default:
                    TLane s = TLane.Load(r + i);
                    TLane direction = TLane.Load(p + i);
                    next = TLane.MultiplyAdd(minusOmega, TLane.Load(t + i), s);
                    TLane.Store(x + i, TLane.MultiplyAdd(alpha, direction, TLane.MultiplyAdd(omega, s, TLane.Load(x + i))));
                    TLane.Store(p + i, TLane.MultiplyAdd(beta, TLane.MultiplyAdd(minusOmega, TLane.Load(v + i), direction), next));
                    break;
            }

            TLane.Store(r + i, next);
            largest = TLane.Max(largest, TLane.Abs(next));
            poison = TLane.MultiplyAdd(zero, next, poison);
        }

        T* numbers = stackalloc T[2 * TLane.Width];
        TLane.Store(numbers, largest);
        TLane.Store(numbers + TLane.Width, poison);
        double found = 0;
        for (int j = 0; j < TLane.Width; j++)
        {
            found = Math.Max(found, double.CreateTruncating(numbers[j]));
            if (numbers[TLane.Width + j] != T.Zero) found = double.NaN;
        }

        Largest[block] = found;
    }
}
