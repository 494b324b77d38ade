using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>Which update of the vectors a pass does.</summary>
internal enum UpdatePass
{
    /// <summary>x += α p̂, r −= α v.</summary>
    Half,

    /// <summary>x += ω ŝ, r −= ω t.</summary>
    Whole,

    /// <summary>p = r + β (p − ω v).</summary>
    Direction,

    /// <summary>Σ l v, l the shadow residual.</summary>
    Image,

    /// <summary>Σ r t and Σ t².</summary>
    Step,
}

/// <summary>The vectors of a preconditioned BiCGStab; of each block two sums, or the largest |r| and Σ l r.</summary>
internal unsafe struct UpdateKernel : IBlockKernel
{
    public UpdatePass Pass;
    public int Length;
    public double Alpha;
    public double Omega;
    public double Beta;
    public double* X;
    public double* R;
    public double* Shadow;
    public double* P;
    public double* V;
    public double* T;
    public double* Hat;
    public double* Sums;

    public static int BlocksOf(int length) => (length + CycleKernel.RowsInBlock - 1) / CycleKernel.RowsInBlock;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int block, int worker)
    {
        int first = block * CycleKernel.RowsInBlock, last = Math.Min(first + CycleKernel.RowsInBlock, Length);
        double* x = X, residual = R, p = P, v = V, hat = Hat, shadow = Shadow;
        if (Pass == UpdatePass.Direction)
        {
            for (int i = first; i < last; i++) p[i] = residual[i] + (Beta * (p[i] - (Omega * v[i])));
            return;
        }

        if (Pass is UpdatePass.Image or UpdatePass.Step)
        {
            double one = 0, other = 0;
            double* y = Pass == UpdatePass.Image ? V : T, l = Pass == UpdatePass.Image ? Shadow : R;
            for (int i = first; i < last; i++)
            {
                one += l[i] * y[i];
                other += y[i] * y[i];
            }

            (Sums[2 * block], Sums[(2 * block) + 1]) = (one, other);
            return;
        }

        double factor = Pass == UpdatePass.Half ? Alpha : Omega, largest = 0, inner = 0;
        double* image = Pass == UpdatePass.Half ? V : T;
        for (int i = first; i < last; i++)
        {
            x[i] += factor * hat[i];
            double r = residual[i] -= factor * image[i];
            inner += shadow[i] * r;
            double size = Math.Abs(r);
            if (!(size <= largest)) largest = size;
        }

        (Sums[2 * block], Sums[(2 * block) + 1]) = (largest, inner);
    }
}
