using System.Numerics;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <summary>Sums over some states of |b + γ Pᵀ z − y|, |y|, |b|, y and b.</summary>
internal struct AdjointNorms
{
    public double Residual;
    public double Solution;
    public double Source;
    public double SolutionSum;
    public double SourceSum;

    public void Add(in AdjointNorms other)
    {
        Residual += other.Residual;
        Solution += other.Solution;
        Source += other.Source;
        SolutionSum += other.SolutionSum;
        SourceSum += other.SourceSum;
    }
}

/// <summary>The norms of blocks of states, each summed in order.</summary>
internal unsafe struct AdjointNormsKernel<T> : IBlockKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public const int StatesInBlock = 2048;
    public T* Scattered;
    public T* Source;
    public T* Solution;
    public double Discount;
    public long States;
    public AdjointNorms* Norms;

    public readonly int Blocks => (int)((States + StatesInBlock - 1) / StatesInBlock);

    public readonly void Run(int block, int worker)
    {
        long first = (long)block * StatesInBlock;
        AdjointNorms sums = default;
        for (long s = first; s < Math.Min(first + StatesInBlock, States); s++)
        {
            double y = double.CreateTruncating(Solution[s]), b = double.CreateTruncating(Source[s]);
            sums.Residual += Math.Abs(b + (Discount * double.CreateTruncating(Scattered[s])) - y);
            sums.Solution += Math.Abs(y);
            sums.Source += Math.Abs(b);
            sums.SolutionSum += y;
            sums.SourceSum += b;
        }

        Norms[block] = sums;
    }
}
