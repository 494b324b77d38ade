using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// P(s'|s,a) of a warehouse: the chosen move is made with 1 − slip, each other with slip/3; a move into a border or a shelf
/// stays. Goods change hands in the same step: from a dock empty-handed, and from a delivery cell with goods, every
/// successor lies in the other layer. Columns of a row ascend; away from borders and shelves they are s − W, s − 1,
/// s + 1, s + W. Rows of shelf states are empty.
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
        long[] offsets = new long[(2L * cells * Actions) + 1];
        Span<double> shares = stackalloc double[Targets];
        for (int cell = 0, row = 0; cell < cells; cell++)
        {
            for (int a = 0; a < Actions; a++, row++)
            {
                int count = 0;
                if (Shares(cell, a, shares))
                    foreach (double share in shares) count += share > 0 ? 1 : 0;
                offsets[row + 1] = offsets[row] + count;
            }
        }

        // The other layer has rows of the same lengths.
        long half = offsets[cells * Actions];
        for (int row = 0; row < cells * Actions; row++) offsets[(cells * Actions) + row + 1] = half + offsets[row + 1];
        int[] columns = new int[2 * half];
        double[] values = new double[2 * half];
        ReadOnlySpan<int> distance = [-layout.Columns, -1, 0, 1, layout.Columns];
        bool[] changes = Changes();
        for (int cell = 0; cell < cells; cell++)
        {
            int first = changes[cell] ? cells : 0, second = changes[cells + cell] ? 0 : cells;
            for (int a = 0; a < Actions; a++)
            {
                if (!Shares(cell, a, shares)) continue;
                int k = (int)offsets[(cell * Actions) + a], other = (int)half + k;
                for (int target = 0; target < Targets; target++)
                {
                    if (!(shares[target] > 0)) continue;
                    columns[k] = first + cell + distance[target];
                    columns[other] = second + cell + distance[target];
                    values[k++] = shares[target];
                    values[other++] = shares[target];
                }
            }
        }

        return new Transitions(2 * cells, Actions, new SparseMatrix(2 * cells, offsets, columns, values));
    }

    /// <summary>States whose steps end in the other layer.</summary>
    private bool[] Changes()
    {
        int cells = layout.Rows * layout.Columns;
        bool[] changes = new bool[2 * cells];
        foreach (int cell in layout.Docks) changes[cell] = true;
        foreach (int cell in layout.Deliveries) changes[cells + cell] = true;
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
