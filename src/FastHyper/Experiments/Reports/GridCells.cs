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
        for (int row = 0; row < cells.Rows; row++)
        {
            for (int column = 0; column < cells.Columns; column++)
                cells.Fill(map, row, column);
        }

        return cells;
    }

    private void Fill(GridMap map, int row, int column)
    {
        (int cells, int walls, int finite) = (0, 0, 0);
        double mean = 0;
        for (int r = row * Block; r < Math.Min(map.Rows, (row + 1) * Block); r++)
        {
            for (int c = column * Block; c < Math.Min(map.Columns, (column + 1) * Block); c++)
            {
                cells++;
                double value = map.Values[r * map.Columns + c];
                if (map.Walls[r * map.Columns + c])
                    walls++;
                else if (double.IsFinite(value))
                    mean += (value - mean) / ++finite;
            }
        }

        Walls[row * Columns + column] = finite == 0 && 2 * walls >= cells;
        Values[row * Columns + column] = finite > 0 ? mean : double.NaN;
    }
}
