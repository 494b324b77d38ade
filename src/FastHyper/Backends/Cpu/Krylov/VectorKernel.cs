using System.Numerics;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>Which of the updates of BiCGStab a pass does.</summary>
internal enum VectorUpdate
{
    /// <summary>b −= shift, x = 0, r = p = b.</summary>
    Begin,

    /// <summary>x += r, r −= v: a step of Richardson's iteration, where v = A r.</summary>
    Relax,

    /// <summary>p = r, and b = r for the shadow residual.</summary>
    Direction,

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
    public VectorUpdate Update;
    public long Length;

    /// <summary>A multiple of the lanes.</summary>
    public int LengthInBlock;

    /// <summary>Where padding begins, which nothing is taken off.</summary>
    public long States;
    public float Shift;
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

    public readonly int Blocks => (int)((Length + LengthInBlock - 1) / LengthInBlock);

    public readonly void Run(int block, int worker)
    {
        long first = (long)block * LengthInBlock;
        long last = Math.Min(first + LengthInBlock, Length);
        TLane largest = TLane.Constant(0), poison = largest;
        switch (Update)
        {
            case VectorUpdate.Begin: Begin(first, last, ref largest, ref poison); break;
            case VectorUpdate.Relax: Relax(first, last, ref largest, ref poison); break;
            case VectorUpdate.Direction: Direction(first, last, ref largest, ref poison); break;
            case VectorUpdate.Half: Half(first, last, ref largest, ref poison); break;
            default: Whole(first, last, ref largest, ref poison); break;
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

    private readonly void Begin(long first, long last, ref TLane largest, ref TLane poison)
    {
        TLane zero = TLane.Constant(0), shift = TLane.Constant(Shift);
        // Padding becomes zero.
        for (long s = Math.Max(first, States); s < last; s++) B[s] = Shift;
        for (long i = first; i < last; i += TLane.Width)
        {
            TLane b = TLane.LoadNarrow(B + i) - shift;
            TLane.StoreNarrow(B + i, b);
            TLane.Store(X + i, zero);
            TLane.Store(P + i, b);
            Keep(i, b, ref largest, ref poison);
        }
    }

    private readonly void Relax(long first, long last, ref TLane largest, ref TLane poison)
    {
        for (long i = first; i < last; i += TLane.Width)
        {
            TLane residual = TLane.Load(R + i);
            TLane.Store(X + i, TLane.Load(X + i) + residual);
            Keep(i, residual - TLane.Load(Image + i), ref largest, ref poison);
        }
    }

    private readonly void Direction(long first, long last, ref TLane largest, ref TLane poison)
    {
        for (long i = first; i < last; i += TLane.Width)
        {
            TLane residual = TLane.Load(R + i);
            TLane.Store(P + i, residual);
            TLane.StoreNarrow(B + i, residual);
            Keep(i, residual, ref largest, ref poison);
        }
    }

    private readonly void Half(long first, long last, ref TLane largest, ref TLane poison)
    {
        TLane minusAlpha = TLane.Broadcast(T.CreateTruncating(-Alpha));
        for (long i = first; i < last; i += TLane.Width)
            Keep(i, TLane.MultiplyAdd(minusAlpha, TLane.Load(Image + i), TLane.Load(R + i)), ref largest, ref poison);
    }

    private readonly void Whole(long first, long last, ref TLane largest, ref TLane poison)
    {
        TLane alpha = TLane.Broadcast(T.CreateTruncating(Alpha)), beta = TLane.Broadcast(T.CreateTruncating(Beta));
        TLane omega = TLane.Broadcast(T.CreateTruncating(Omega)), minusOmega = TLane.Constant(0) - omega;
        T* x = X, r = R, p = P, v = Image, t = Step;
        for (long i = first; i < last; i += TLane.Width)
        {
            TLane s = TLane.Load(r + i);
            TLane direction = TLane.Load(p + i);
            TLane next = TLane.MultiplyAdd(minusOmega, TLane.Load(t + i), s);
            TLane.Store(x + i, TLane.MultiplyAdd(alpha, direction, TLane.MultiplyAdd(omega, s, TLane.Load(x + i))));
            TLane.Store(p + i, TLane.MultiplyAdd(beta, TLane.MultiplyAdd(minusOmega, TLane.Load(v + i), direction), next));
            Keep(i, next, ref largest, ref poison);
        }
    }

    /// <summary>Stores a register of r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Keep(long i, TLane r, ref TLane largest, ref TLane poison)
    {
        TLane.Store(R + i, r);
        largest = TLane.Max(largest, TLane.Abs(r));
        poison = TLane.MultiplyAdd(TLane.Constant(0), r, poison);
    }
}
