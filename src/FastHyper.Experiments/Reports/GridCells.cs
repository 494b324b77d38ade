using CommunityToolkit.HighPerformance;

namespace FastHyper.Experiments.Reports;

/// <summary>The squares that a map is drawn as: its cells, or in a large map the averages of blocks of cells.</summary>
internal sealed class GridCells
{
    private const int ManyCells = 4000;
    private const int LongestSide = 100;

    private GridCells(int rows, int columns, int block, bool isLarge)
    {
        (Rows, Columns, Block, IsLarge) = (rows, columns, block, isLarge);
        Walls = new bool[rows * columns];
        Values = new double[rows * columns];
    }

    /// <summary>Number of rows of squares.</summary>
    public int Rows { get; }

    /// <summary>Number of columns of squares.</summary>
    public int Columns { get; }

    /// <summary>How many cells the side of a square spans.</summary>
    public int Block { get; }

    /// <summary>Whether the map is too large for details of a cell.</summary>
    public bool IsLarge { get; }

    /// <summary>Whether a square is wall: at least half of its cells are, and the others have no value.</summary>
    public bool[] Walls { get; }

    /// <summary>The mean of a square's finite values outside walls, or NaN.</summary>
    public double[] Values { get; }

    /// <summary>Whether a grid is too large for details of a cell.</summary>
    public static bool AreMany(int rows, int columns) => (long)rows * columns > ManyCells;

    /// <summary>The squares of a map.</summary>
    public static GridCells Of(GridMap map)
    {
        bool isLarge = AreMany(map.Rows, map.Columns);
        int block = isLarge ? (Math.Max(map.Rows, map.Columns) + LongestSide - 1) / LongestSide : 1;
        var cells = new GridCells((map.Rows + block - 1) / block, (map.Columns + block - 1) / block, block, isLarge);
        ReadOnlySpan2D<double> values = new(map.Values, map.Rows, map.Columns);
        ReadOnlySpan2D<bool> walls = new(map.Walls, map.Rows, map.Columns);
        for (int row = 0; row < cells.Rows; row++)
        {
            for (int column = 0; column < cells.Columns; column++)
            {
                int top = row * block, left = column * block;
                int height = Math.Min(block, map.Rows - top), width = Math.Min(block, map.Columns - left);
                cells.Fill((row * cells.Columns) + column, values.Slice(top, left, height, width), walls.Slice(top, left, height, width));
            }
        }

        return cells;
    }

    private void Fill(int square, ReadOnlySpan2D<double> values, ReadOnlySpan2D<bool> isWall)
    {
        (int walls, int finite) = (0, 0);
        double mean = 0;
        for (int r = 0; r < values.Height; r++)
        {
            ReadOnlySpan<double> row = values.GetRowSpan(r);
            ReadOnlySpan<bool> wallRow = isWall.GetRowSpan(r);
            for (int c = 0; c < row.Length; c++)
            {
                if (wallRow[c])
                    walls++;
                else if (double.IsFinite(row[c]))
                    mean += (row[c] - mean) / ++finite;
            }
        }

        Walls[square] = finite == 0 && 2 * walls >= values.Length;
        Values[square] = finite > 0 ? mean : double.NaN;
    }
}
