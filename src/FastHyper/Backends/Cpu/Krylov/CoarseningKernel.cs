using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// The next level, row by row: Σ over the members i of an aggregate of z_i times row i, columns added up by their aggregates. What leads to
/// unknowns without an aggregate is slack. First rows are summed, each from where the space for its members' entries begins; then they are
/// moved together.
/// </summary>
internal unsafe struct CoarseningKernel : IBlockKernel
{
    public const int RowsInBlock = 1 << 11;
    public Level Fine;
    public int Rows;

    /// <summary>Lengths of rows, written at the place after each.</summary>
    public int* Lengths;

    /// <summary>Where the space of each row begins.</summary>
    public int* Begins;
    public int* Columns;
    public double* Values;
    public double* Slack;

    /// <summary>Where rows are moved to; null while they are summed.</summary>
    public Level? Coarse;

    public static int Blocks(int rows) => (rows + RowsInBlock - 1) / RowsInBlock;

    public readonly void Run(int block, int worker)
    {
        int last = Math.Min((block + 1) * RowsInBlock, Rows);
        if (Coarse is null) Sum(block * RowsInBlock, last);
        else Move(block * RowsInBlock, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Sum(int first, int last)
    {
        int* members = Fine.Members, begins = Fine.MemberOffsets, offsets = Fine.Offsets, to = Fine.Aggregates, from = Fine.Columns;
        double* weights = Fine.Weights, numbers = Fine.Values, slacks = Fine.Slack;
        for (int row = first; row < last; row++)
        {
            int* columns = Columns + Begins[row];
            double* values = Values + Begins[row];
            int count = 0;
            double slack = 0;
            for (int m = begins[row]; m < begins[row + 1]; m++)
            {
                int i = members[m];
                double weight = weights[i];
                slack += weight * slacks[i];
                for (int k = offsets[i]; k < offsets[i + 1]; k++)
                {
                    int aggregate = to[from[k]];
                    if (aggregate == row) continue;
                    double value = weight * numbers[k];
                    if (aggregate < 0)
                    {
                        slack += value;
                        continue;
                    }

                    int at = 0;
                    while (at < count && columns[at] != aggregate) at++;
                    if (at == count)
                    {
                        columns[count] = aggregate;
                        values[count++] = 0;
                    }

                    values[at] += value;
                }
            }

            Lengths[row + 1] = count;
            Slack[row] = slack;
        }
    }

    private readonly void Move(int first, int last)
    {
        Level coarse = Coarse!;
        for (int row = first; row < last; row++)
        {
            double sum = Slack[row];
            int from = Begins[row];
            for (int at = coarse.Offsets[row]; at < coarse.Offsets[row + 1]; at++, from++)
            {
                coarse.Columns[at] = Columns[from];
                coarse.Values[at] = Values[from];
                sum += Values[from];
            }

            coarse.Slack[row] = Slack[row];
            coarse.Diagonal[row] = sum;
            coarse.Weights[row] = 1;
        }
    }
}
