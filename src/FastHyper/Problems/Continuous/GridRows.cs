using FastHyper.Backends;

namespace FastHyper.Problems.Continuous;

/// <summary>
/// Where rows (s, a) of a grid lead: each to a box of points, within which what x moves may stay. A row of all points takes 12 bytes a
/// point on the device and 16 on the host.
/// </summary>
internal sealed class GridRows
{
    // Columns and probabilities of device and host, and cotangents.
    private const double BytesAnEntry = 44;
    private readonly StateGrid _grid;
    private readonly int[] _first;
    private readonly int[] _last;
    private readonly string _problem;

    /// <summary>Lays rows out.</summary>
    /// <param name="problem">Begins messages.</param>
    /// <param name="grid">The grid.</param>
    /// <param name="first">First point of each row's box along each axis, (rows · d).</param>
    /// <param name="last">Last point, likewise.</param>
    public GridRows(string problem, StateGrid grid, int[] first, int[] last)
    {
        (_problem, _grid, _first, _last) = (problem, grid, first, last);
        int rows = first.Length / grid.Dimensions;
        Offsets = new long[rows + 1];
        for (int row = 0; row < rows; row++)
        {
            long size = 1;
            for (int d = 0; d < grid.Dimensions; d++) size *= Last(row, d) - First(row, d) + 1;
            Offsets[row + 1] = Offsets[row] + size;
        }

        if (Offsets[^1] >= Array.MaxLength || BytesAnEntry * Offsets[^1] > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
            throw new InvalidInputException(
                $"{problem}: {Offsets[^1]} transitions of a grid of {string.Join(" x ", grid.Points)} points, too many for memory; " +
                    $"expected fewer points, or a smaller margin");
    }

    /// <summary>Where rows begin, (rows + 1).</summary>
    public long[] Offsets { get; }

    /// <summary>The structure, with probabilities.</summary>
    public SparseMatrix Matrix(double[] probabilities)
    {
        int[] columns = new int[Offsets[^1]];
        for (int row = 0; row < Offsets.Length - 1; row++)
        {
            for (long k = Offsets[row]; k < Offsets[row + 1]; k++)
            {
                int column = 0, stride = 1, left = (int)(k - Offsets[row]);
                for (int d = _grid.Dimensions - 1; d >= 0; d--)
                {
                    int length = Last(row, d) - First(row, d) + 1;
                    column += (First(row, d) + (left % length)) * stride;
                    left /= length;
                    stride *= _grid.Points[d];
                }

                columns[k] = column;
            }
        }

        return new SparseMatrix(_grid.States, Offsets, columns, probabilities);
    }

    /// <summary>Where a point of a row's box is stored.</summary>
    /// <exception cref="InvalidInputException">It is beyond the box.</exception>
    public long Place(int row, ReadOnlySpan<int> point)
    {
        long place = 0;
        for (int d = 0; d < point.Length; d++)
        {
            if (point[d] < First(row, d) || point[d] > Last(row, d))
                throw new InvalidInputException(
                    $"{_problem}: x moves a next state {Math.Max(First(row, d) - point[d], point[d] - Last(row, d))} cells beyond those " +
                        $"stored in dimension {d}; expected a larger margin, {_grid.Options.Margin} now");
            place = (place * (Last(row, d) - First(row, d) + 1)) + point[d] - First(row, d);
        }

        return Offsets[row] + place;
    }

    private int First(int row, int dimension) => _first[(row * _grid.Dimensions) + dimension];

    private int Last(int row, int dimension) => _last[(row * _grid.Dimensions) + dimension];
}
