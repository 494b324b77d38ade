using System.Numerics;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <summary>
/// How far V is from (Σ_a π (r + γ P V))/(Σ_a π), how large it is, and how large (Σ_a π r)/(Σ_a π): the largest of blocks of states.
/// </summary>
internal unsafe struct EvaluationNormsKernel<T> : IBlockKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public const int StatesInBlock = 2048;

    /// <summary>Σ_a π (r + γ P V).</summary>
    public T* Backup;
    public T* Values;
    public T* Policy;
    public T* Reward;
    public long RowAction;
    public int Actions;
    public long States;
    public LinearResidual* Norms;

    public readonly int Blocks => (int)((States + StatesInBlock - 1) / StatesInBlock);

    public readonly void Run(int block, int worker)
    {
        long first = (long)block * StatesInBlock;
        double residual = 0, solution = 0, source = 0;
        for (long s = first; s < Math.Min(first + StatesInBlock, States); s++)
        {
            double share = 0, gain = 0, value = double.CreateTruncating(Values[s]);
            for (int a = 0; a < Actions; a++)
            {
                double weight = double.CreateTruncating(Policy[(a * RowAction) + s]);
                share += weight;
                gain += weight * double.CreateTruncating(Reward[(a * RowAction) + s]);
            }

            residual = Math.Max(residual, Math.Abs((double.CreateTruncating(Backup[s]) - (share * value)) / share));
            solution = Math.Max(solution, Math.Abs(value));
            source = Math.Max(source, Math.Abs(gain / share));
        }

        Norms[block] = new LinearResidual(residual, solution, source, 0, 0);
    }
}
