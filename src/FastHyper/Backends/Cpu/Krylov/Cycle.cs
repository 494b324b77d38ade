using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// Cycles through a hierarchy: an approximate solution of A x = b, or with the transpose, by the same levels. Short levels are solved
/// twice (a W-cycle), which costs little there and keeps their number from showing. Products on the finest level are by lanes.
/// </summary>
internal sealed unsafe class Cycle<TWide>(Hierarchy hierarchy, ResponseMatrix matrix, float* left, BlockSums* sums, ThreadTeam team)
    where TWide : unmanaged, ILane<TWide, double>
{
    // Levels of so many states, from where twice as much work is next to none.
    private const int ShortLevel = 1 << 15;
    private const int SweepsOfCoarsest = 16;

    private bool Transposed => matrix.Transposed;

    /// <summary>x ≈ A⁻¹ b, on the finest level; both have whole slices.</summary>
    public void Apply(double* b, double* x) => Descend(0, b, x);

    /// <summary>y = A x on the finest level.</summary>
    public void Multiply(double* x, double* y)
    {
        Level level = hierarchy.Levels[0];
        if (matrix.Scatters)
        {
            level.Transpose();
            Run(CyclePass.Multiply, level, null, null, x, y, level.States);
            return;
        }

        ProductKernel<TWide, double> kernel = new()
        {
            Matrix = matrix.Rows(),
            Wavefront = Wavefront.Single,
            Products = 1,
            RowAction = matrix.RowAction,
            Discount = matrix.Discount,
            X = x,
            Y = y,
            Left = left,
            Sums = sums,
        };
        team.Run(ref kernel, kernel.Blocks);
    }

    private void Descend(int depth, double* b, double* x)
    {
        Level level = hierarchy.Levels[depth];
        bool last = depth == hierarchy.Levels.Count - 1;
        if (last && hierarchy.Coarsest is DenseFactors factors)
        {
            factors.Solve(b, x, Transposed);
            return;
        }

        if (Transposed && depth > 0) level.Transpose();
        Run(CyclePass.Begin, level, null, b, x, level.Y, level.States);
        if (last)
        {
            for (int sweep = 0; sweep < SweepsOfCoarsest; sweep++) Smooth(depth, b, x);
            return;
        }

        Level next = hierarchy.Levels[depth + 1];
        int visits = next.States <= ShortLevel && depth + 2 < hierarchy.Levels.Count ? 2 : 1;
        for (int visit = 0; visit < visits; visit++)
        {
            Multiply(depth, x);
            Run(CyclePass.Restrict, level, next, b, x, level.Y, next.States);
            Descend(depth + 1, next.Right, next.X);
            Run(CyclePass.Prolong, level, next, b, x, level.Y, level.States);
            Smooth(depth, b, x);
        }
    }

    private void Multiply(int depth, double* x)
    {
        Level level = hierarchy.Levels[depth];
        if (depth == 0) Multiply(x, level.Y);
        else Run(CyclePass.Multiply, level, null, null, x, level.Y, level.States);
    }

    private void Smooth(int depth, double* b, double* x)
    {
        Level level = hierarchy.Levels[depth];
        Multiply(depth, x);
        Run(CyclePass.Smooth, level, null, b, x, level.Y, level.States);
    }

    private void Run(CyclePass pass, Level level, Level? next, double* b, double* x, double* y, int rows)
    {
        CycleKernel kernel =
            new() { Pass = pass, Transposed = Transposed, Level = level, Next = next, Rows = rows, B = b, X = x, Y = y };
        team.Run(ref kernel, kernel.Blocks);
    }
}
