namespace FastHyper.Backends.Cpu.Factorisations;

/// <summary>An order of pivots by minimum degree: eliminates the state that couples to the fewest others, the first of these.</summary>
internal static class EliminationOrder
{
    // Of more states than these only chains, cycles and trees are looked at: others fill in, and to find that out takes as long as a solve.
    private const int SmallStates = 4096;
    private const long MaxEntriesOfState = 3;

    /// <summary>Finds the order; false where it takes more than the budget.</summary>
    /// <param name="p">P, row s·A+a.</param>
    /// <param name="actions">A.</param>
    /// <param name="budget">What the factorisation may take.</param>
    /// <param name="order">State of each pivot.</param>
    /// <param name="neighbours">The states left that each pivot couples to, ascending.</param>
    public static bool TryFind(SparseMatrix p, int actions, FactorisationBudget budget, out int[] order, out int[][] neighbours)
    {
        int states = p.ColumnCount;
        order = new int[states];
        neighbours = new int[states][];
        long updates = 0, entries = states;
        long least = LeastEntries(p, actions);
        if (least > budget.Entries || (states > SmallStates && least > MaxEntriesOfState * states)) return false;
        int[][] coupled = Couplings(p, actions);
        if (states > SmallStates && coupled.Sum(each => (long)each.Length) > MaxEntriesOfState * states) return false;
        SortedSet<(int Degree, int State)> queue = [];
        for (int s = 0; s < states; s++) queue.Add((coupled[s].Length, s));
        int[] merged = new int[states];
        for (int k = 0; k < states; k++)
        {
            (int degree, int pivot) = queue.Min;
            queue.Remove((degree, pivot));
            order[k] = pivot;
            int[] own = neighbours[k] = coupled[pivot];
            coupled[pivot] = [];
            updates += (long)degree * degree;
            entries += 2L * degree;
            if (updates > budget.Updates || entries > budget.Entries) return false;
            foreach (int s in own)
            {
                int[] before = coupled[s];
                int count = Merge(before, own, s, pivot, merged);
                if (count == before.Length)
                {
                    // As many as before may be others: the pivot is gone.
                    merged.AsSpan(0, count).CopyTo(before);
                    continue;
                }

                queue.Remove((before.Length, s));
                coupled[s] = merged[..count];
                queue.Add((count, s));
            }
        }

        return true;
    }

    /// <summary>Entries that factors have at the least: a state couples to those that its longest row leads to.</summary>
    private static long LeastEntries(SparseMatrix p, int actions)
    {
        long least = p.ColumnCount;
        for (int s = 0; s < p.ColumnCount; s++)
        {
            long longest = 1;
            for (long row = (long)s * actions; row < (long)(s + 1) * actions; row++)
                longest = Math.Max(longest, p.Offsets[row + 1] - p.Offsets[row]);
            least += longest - 1;
        }

        return least;
    }

    /// <summary>The other states that each leads to or is led to from, ascending.</summary>
    private static int[][] Couplings(SparseMatrix p, int actions)
    {
        List<int>[] lists = [.. Enumerable.Range(0, p.ColumnCount).Select(_ => new List<int>())];
        for (int row = 0; row < p.RowCount; row++)
        {
            int s = row / actions;
            for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
            {
                int to = p.Columns[k];
                if (to == s) continue;
                lists[s].Add(to);
                lists[to].Add(s);
            }
        }

        return Array.ConvertAll(lists, list =>
        {
            list.Sort();
            return list.Distinct().ToArray();
        });
    }

    /// <summary>What either of two ascending lists has, but for two states.</summary>
    private static int Merge(int[] one, int[] other, int except, int pivot, int[] merged)
    {
        int count = 0, i = 0, j = 0;
        while (i < one.Length || j < other.Length)
        {
            int next = j == other.Length || (i < one.Length && one[i] <= other[j]) ? one[i] : other[j];
            if (i < one.Length && one[i] == next) i++;
            if (j < other.Length && other[j] == next) j++;
            if (next != except && next != pivot) merged[count++] = next;
        }

        return count;
    }
}
