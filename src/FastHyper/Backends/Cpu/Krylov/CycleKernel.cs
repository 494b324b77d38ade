using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>What a pass over a level does.</summary>
internal enum CyclePass
{
    /// <summary>x = ω b/D.</summary>
    Begin,

    /// <summary>y = A x.</summary>
    Multiply,

    /// <summary>The next level's right: sums of b − y over aggregates, y = A x, of rows weighted by z.</summary>
    Restrict,

    /// <summary>x += the next level's x.</summary>
    Prolong,

    /// <summary>x += ω (b − y)/D, y = A x.</summary>
    Smooth,
}

/// <summary>
/// A pass over a level, with A or its transpose. The weights stand between a sum over an aggregate and the way there: with the transpose
/// between the next level's x and the way back.
/// </summary>
internal unsafe struct CycleKernel : IBlockKernel
{
    /// <summary>ω, below one: a chain that goes to and fro between two sets has an eigenvalue that one would not damp.</summary>
    public const double Relaxation = 0.7;
    public const int RowsInBlock = 1 << 12;
    public CyclePass Pass;
    public bool Transposed;
    public Level Level;
    public Level? Next;
    public int Rows;
    public double* B;
    public double* X;
    public double* Y;

    public readonly int Blocks => (Rows + RowsInBlock - 1) / RowsInBlock;

    public readonly void Run(int block, int worker)
    {
        int first = block * RowsInBlock, count = Math.Min(RowsInBlock, Rows - first);
        switch (Pass)
        {
            case CyclePass.Begin:
                TensorPrimitives.Multiply(Of(B, first, count), Of(Level.Inverse, first, count), Of(X, first, count));
                break;
            case CyclePass.Multiply:
                Multiply(first, first + count);
                break;
            case CyclePass.Restrict:
                Restrict(first, first + count);
                break;
            case CyclePass.Prolong:
                Prolong(first, first + count);
                break;
            default:
                Span<double> residual = Of(Y, first, count), x = Of(X, first, count);
                TensorPrimitives.Subtract(Of(B, first, count), residual, residual);
                TensorPrimitives.MultiplyAdd(residual, Of(Level.Inverse, first, count), x, x);
                break;
        }
    }

    private static Span<double> Of(double* vector, int first, int count) => new(vector + first, count);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply(int first, int last)
    {
        int* offsets = Transposed ? Level.TransposedOffsets : Level.Offsets, columns = Transposed ? Level.TransposedColumns : Level.Columns;
        double* values = Transposed ? Level.TransposedValues : Level.Values, diagonal = Level.Diagonal, x = X, y = Y;
        for (int i = first; i < last; i++)
        {
            double sum = 0;
            for (int k = offsets[i]; k < offsets[i + 1]; k++) sum += values[k] * x[columns[k]];
            y[i] = (diagonal[i] * x[i]) - sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Restrict(int first, int last)
    {
        int* begins = Level.MemberOffsets, members = Level.Members;
        double* weights = Level.Weights, right = Next!.Right, b = B, y = Y;
        bool weighted = !Transposed;
        for (int a = first; a < last; a++)
        {
            double total = 0;
            for (int m = begins[a]; m < begins[a + 1]; m++)
            {
                int i = members[m];
                double residual = b[i] - y[i];
                total += weighted ? weights[i] * residual : residual;
            }

            right[a] = total;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Prolong(int first, int last)
    {
        int* aggregates = Level.Aggregates;
        double* weights = Level.Weights, from = Next!.X, x = X;
        bool weighted = Transposed;
        for (int i = first; i < last; i++)
        {
            if (aggregates[i] < 0) continue;
            double more = from[aggregates[i]];
            x[i] += weighted ? weights[i] * more : more;
        }
    }
}
