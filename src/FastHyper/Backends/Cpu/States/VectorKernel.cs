using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.States;

/// <summary>Which of the updates of BiCGStab a pass does.</summary>
internal enum VectorUpdate
{
    /// <summary>x = 0, r = p = b.</summary>
    Begin,

    /// <summary>r −= α v, which makes it s.</summary>
    Half,

    /// <summary>x += α p + ω s, r = s − ω t, p = r + β (p − ω v).</summary>
    Whole,
}

/// <summary>The vectors of BiCGStab, block by block, and the largest |r|.</summary>
internal unsafe struct VectorKernel<TLane> : IBlockKernel
    where TLane : unmanaged, ILane<TLane, float>
{
    private const int LengthInBlock = 4096;
    public VectorUpdate Update;
    public long Length;
    public float Alpha;
    public float Omega;
    public float Beta;
    public float* B;
    public float* X;
    public float* R;
    public float* P;
    public float* V;
    public float* T;
    public double* Largest;

    public static int Blocks(long length) => (int)((length + LengthInBlock - 1) / LengthInBlock);

    public readonly void Run(int block, int worker)
    {
        long first = (long)block * LengthInBlock;
        long last = Math.Min(first + LengthInBlock, Length);
        TLane alpha = TLane.Broadcast(Alpha), omega = TLane.Broadcast(Omega), beta = TLane.Broadcast(Beta);
        TLane minusAlpha = TLane.Broadcast(-Alpha), minusOmega = TLane.Broadcast(-Omega);
        TLane largest = TLane.Constant(0), poison = TLane.Constant(0), zero = TLane.Constant(0);
        float* x = X, r = R, p = P, v = V, t = T;
        for (long i = first; i < last; i += TLane.Width)
        {
            TLane next;
            switch (Update)
            {
                case VectorUpdate.Begin:
                    next = TLane.Load(B + i);
                    TLane.Store(x + i, zero);
                    TLane.Store(p + i, next);
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

        float* numbers = stackalloc float[2 * TLane.Width];
        TLane.Store(numbers, largest);
        TLane.Store(numbers + TLane.Width, poison);
        double found = 0;
        for (int j = 0; j < TLane.Width; j++)
        {
            found = Math.Max(found, numbers[j]);
            if (numbers[TLane.Width + j] != 0) found = double.NaN;
        }

        Largest[block] = found;
    }
}
