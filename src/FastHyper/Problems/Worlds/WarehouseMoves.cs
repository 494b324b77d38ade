using FastHyper.Backends;

namespace FastHyper.Problems.Worlds;

/// <summary>
/// P(s'|s,a) of a warehouse: the chosen move is made with 1 − slip, each other with slip/3; a move into a border or a shelf
/// stays. Goods change hands in the same step: from a dock empty-handed, and from a delivery cell with goods, every
/// successor is of the other kind. Columns of a row ascend; away from borders and shelves they are s − 2W, s − 2,
/// s + 2, s + 2W. Rows of shelf states are empty.
/// </summary>
internal sealed class WarehouseMoves(WarehouseLayout layout, double slip)
{
    // The order in which successors ascend, with staying in the middle.
    private const int Stay = 2;
    private const int Targets = 5;
    private const int Actions = 4;

    // Where up, right, down and left stand in that order.
    private static readonly int[] s_order = [0, 3, 4, 1];

    public Transitions Create()
    {
        int cells = layout.Rows * layout.Columns;
        bool[] changes = Changes();
        return Transitions.FromRows(2 * cells, Actions, Targets, Row);

        int Row(int s, int a, Span<int> columns, Span<double> values)
        {
            Span<double> shares = stackalloc double[Targets];
            int cell = s / 2, carrying = s % 2;
            if (!Shares(cell, a, shares)) return 0;
            ReadOnlySpan<int> distance = [-layout.Columns, -1, 0, 1, layout.Columns];
            int next = changes[s] ? 1 - carrying : carrying, count = 0;
            for (int target = 0; target < Targets; target++)
            {
                if (!(shares[target] > 0)) continue;
                columns[count] = (2 * (cell + distance[target])) + next;
                values[count++] = shares[target];
            }

            return count;
        }
    }

    /// <summary>States whose steps end with goods where they began without, or the other way round.</summary>
    private bool[] Changes()
    {
        int cells = layout.Rows * layout.Columns;
        bool[] changes = new bool[2 * cells];
        foreach (int cell in layout.Docks) changes[2 * cell] = true;
        foreach (int cell in layout.Deliveries) changes[(2 * cell) + 1] = true;
        return changes;
    }

    /// <summary>Probability of each target for an action; false in a shelf.</summary>
    private bool Shares(int cell, int action, Span<double> shares)
    {
        (int row, int column) = Math.DivRem(cell, layout.Columns);
        if (layout.IsShelf(row, column)) return false;
        shares.Clear();
        for (int executed = 0; executed < Actions; executed++)
        {
            bool free = executed switch
            {
                0 => row > 0 && !layout.IsShelf(row - 1, column),
                1 => column + 1 < layout.Columns && !layout.IsShelf(row, column + 1),
                2 => row + 1 < layout.Rows && !layout.IsShelf(row + 1, column),
                _ => column > 0 && !layout.IsShelf(row, column - 1),
            };
            shares[free ? s_order[executed] : Stay] += executed == action ? 1 - slip : slip / 3;
        }

        return true;
    }
}
