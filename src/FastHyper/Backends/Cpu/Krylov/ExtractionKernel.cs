using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>The finest level, I − γ P_π, from P_π in slices; rows that sum to one but for rounding have 1 − γ as their slack.</summary>
internal unsafe struct ExtractionKernel : IBlockKernel
{
    public const int SlicesInBlock = 256;

    // Sums of probabilities in float32.
    private const double Rounding = 1e-5;
    public ResponseStructure Response;
    public double Discount;
    public int States;

    /// <summary>Lengths of rows, written at the place after each; null where rows are.</summary>
    public int* Lengths;

    /// <summary>Written, where lengths are known.</summary>
    public Level? Level;

    public static int Blocks(SlicedMatrix matrix) => (matrix.Slices + SlicesInBlock - 1) / SlicesInBlock;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int block, int worker)
    {
        SlicedMatrix matrix = Response.Matrix;
        for (int slice = block * SlicesInBlock; slice < Math.Min((block + 1) * SlicesInBlock, matrix.Slices); slice++)
        {
            SliceMember member = matrix.MemberTable[slice];
            for (int lane = 0; lane < SlicedMatrix.Height; lane++)
            {
                int s = (slice * SlicedMatrix.Height) + lane;
                if (s >= States) break;
                float* values = matrix.High + ((long)member.Values * SlicedMatrix.Height) + lane;
                int length = Response.Lengths[s];
                if (Level is null) Count(s, length, values);
                else Fill(s, length, values, matrix, in member, slice, lane);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Count(int s, int length, float* values)
    {
        int count = 0;
        for (int k = 0; k < length; k++) if (values[(long)k * SlicedMatrix.Height] > 0) count++;
        Lengths[s + 1] = count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Fill(int s, int length, float* values, SlicedMatrix matrix, in SliceMember member, int slice, int lane)
    {
        Level level = Level!;
        int at = level.Offsets[s], end = level.Offsets[s + 1];
        double own = 0, others = 0;
        for (int k = 0; k < length; k++)
        {
            double value = values[(long)k * SlicedMatrix.Height];
            if (!(value > 0)) continue;
            int column = matrix.Column(in member, slice, lane, k);
            if (column == s)
            {
                own += value;
                continue;
            }

            others += value;
            (level.Columns[at], level.Values[at++]) = (column, Discount * value);
        }

        // The place of the diagonal stays empty.
        for (; at < end; at++) (level.Columns[at], level.Values[at]) = (s, 0);
        double sum = own + others;
        level.Slack[s] = Math.Abs(1 - sum) <= Rounding ? 1 - Discount : Math.Max(1 - (Discount * sum), 1 - Discount);
        level.Diagonal[s] = (Discount * others) + level.Slack[s];
    }
}
