using FastHyper.Backends;

namespace FastHyper.Problems.Worlds;

/// <summary>
/// Where a warehouse's shelves, docks, delivery cells and zone are. Shelf blocks are the product of the same intervals of
/// rows and of columns: of n cells, ⌊(n − aisle)/(shelf + aisle)⌋ intervals with aisles between them, in the middle.
/// </summary>
internal sealed class WarehouseLayout
{
    private readonly bool[] _shelfRows;
    private readonly bool[] _shelfColumns;

    public WarehouseLayout(WarehouseOptions options)
    {
        Check(options);
        (Rows, Columns) = (options.Rows, options.Columns);
        (_shelfRows, int[] tops) = Intervals("rows", options.Rows - options.ApronRows, options.ShelfRows, options.AisleWidth, options.Rows);
        (_shelfColumns, int[] lefts) = Intervals("columns", options.Columns, options.ShelfColumns, options.AisleWidth, options.Columns);
        Aisles = (Rows * Columns) - (_shelfRows.Count(shelf => shelf) * _shelfColumns.Count(shelf => shelf));
        int first = options.DockSpacing / 2;
        if (first >= Columns)
            throw new InvalidInputException(
                $"warehouse: dock_spacing = {options.DockSpacing}; expected less than {2 * Columns}, so that a dock stands in {Columns} "
                    + "columns");
        Docks = [.. Enumerable.Range(0, (Columns - 1 - first) / options.DockSpacing + 1)
            .Select(i => Cell(Rows - 1, first + (i * options.DockSpacing)))];
        Deliveries = DeliveryCells(options, tops, lefts);
        Zone = Area(options);
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Number of cells that are not shelves.</summary>
    public int Aisles { get; }

    /// <summary>Cells of the last row where goods are picked up.</summary>
    public int[] Docks { get; }

    /// <summary>Cells where goods are delivered: above a block, hence behind it as the docks see it.</summary>
    public int[] Deliveries { get; }

    public GridArea Zone { get; }

    public bool IsShelf(int row, int column) => _shelfRows[row] && _shelfColumns[column];

    private int Cell(int row, int column) => (row * Columns) + column;

    private static (bool[] IsShelf, int[] Starts) Intervals(string axis, int length, int shelf, int aisle, int cells)
    {
        int count = (length - aisle) / (shelf + aisle);
        if (count < 1)
            throw new InvalidInputException(
                $"warehouse: {axis} = {cells}; expected at least {cells - length + shelf + (2 * aisle)}, for one block with its aisles");
        int first = (length - (count * shelf) - ((count - 1) * aisle)) / 2;
        bool[] isShelf = new bool[cells];
        int[] starts = new int[count];
        for (int i = 0; i < count; i++)
        {
            starts[i] = first + (i * (shelf + aisle));
            isShelf.AsSpan(starts[i], shelf).Fill(true);
        }

        return (isShelf, starts);
    }

    private int[] DeliveryCells(WarehouseOptions options, int[] tops, int[] lefts)
    {
        List<int> cells = [];
        for (int block = 0; block < tops.Length * lefts.Length; block++)
        {
            (double demand, double place) = Philox.Uniforms((uint)block, Philox.Purpose.Problem, 0, 0, (ulong)options.DemandSeed);
            if (demand >= options.Demand) continue;
            (int row, int column) = Math.DivRem(block, lefts.Length);
            cells.Add(Cell(tops[row] - 1, lefts[column] + (int)(place * options.ShelfColumns)));
        }

        if (cells.Count == 0)
            throw new InvalidInputException(
                $"warehouse: demand = {options.Demand}; expected more, or another demand_seed than {options.DemandSeed}: no block has a "
                    + "delivery cell");
        return [.. cells];
    }

    private GridArea Area(WarehouseOptions options)
    {
        if (options.Zone is not int[] zone)
        {
            int width = Math.Max(1, Columns / 5);
            return new GridArea(Rows / 2, (Columns - width) / 2, Math.Max(1, Rows - options.ApronRows - (Rows / 2)), width);
        }

        if (zone.Length != 4 || zone[0] < 0 || zone[1] < 0 || zone[2] < 1 || zone[3] < 1 || zone[2] > Rows - zone[0]
            || zone[3] > Columns - zone[1])
            throw new InvalidInputException(
                $"warehouse: zone = [{OneLine.Value(string.Join(", ", zone))}]; expected [top row, left column, rows, columns] inside "
                    + $"{Rows} x {Columns} cells");
        return new GridArea(zone[0], zone[1], zone[2], zone[3]);
    }

    private static void Check(WarehouseOptions o)
    {
        if (!(o.PriceRange.Length == 2 && o.PriceRange[0] < o.PriceRange[1] && double.IsFinite(o.PriceRange[1] - o.PriceRange[0])))
            throw new InvalidInputException(
                $"warehouse: price_range = [{OneLine.Value(string.Join(", ", o.PriceRange))}]; expected [low, high] with low < high");
    }
}
