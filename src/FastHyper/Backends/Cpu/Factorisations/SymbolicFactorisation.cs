using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Factorisations;

/// <summary>
/// Where the numbers of A = I − γ P_π and of its factors L U stand, for every policy at once: P_π has an entry where any
/// action has one. Rows and columns are eliminated in one order, chosen for few fill-ins by minimum degree on the structure
/// of A + Aᵀ, which makes the pattern of L that of Uᵀ.
/// Pivot k, of the state <see cref="States"/>[k], couples to the n_k later pivots that <see cref="Neighbours"/> lists.
/// Factors are stored pivot by pivot, as 1/u_kk, the n_k entries of row k of U, the n_k of column k of L.
/// </summary>
internal sealed unsafe class SymbolicFactorisation : IDisposable
{
    /// <summary>States at the most: of chains and cycles so long, factors still cost a few sweeps.</summary>
    public const int MaxStates = 1 << 15;

    // Rounding of rows that sum to one.
    private const double RowRounding = 1e-15;
    private readonly List<IDisposable> _owned = [];

    private SymbolicFactorisation(SparseMatrix p, int actions, int[] order, int[][] neighbours)
    {
        Count = order.Length;
        Actions = actions;
        int[] position = new int[Count];
        for (int k = 0; k < Count; k++) position[order[k]] = k;
        int[] starts = new int[Count];
        for (int k = 0; k < Count; k++)
        {
            for (int j = 0; j < neighbours[k].Length; j++) neighbours[k][j] = position[neighbours[k][j]];
            Array.Sort(neighbours[k]);
            starts[k] = EntryCount;
            EntryCount += 1 + (2 * neighbours[k].Length);
        }

        List<int> targets = [];
        for (int k = 0; k < Count; k++)
            foreach (int i in neighbours[k])
                foreach (int j in neighbours[k])
                    targets.Add(Entry(i, j));

        // Terms by the entry they add to, in the order of the rows; the diagonal's first, terms or not.
        SortedDictionary<int, List<(int Row, int Term)>> sums = [];
        for (int row = 0; row < p.RowCount; row++)
        {
            for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
            {
                int at = Entry(position[row / actions], position[p.Columns[k]]);
                if (!sums.TryGetValue(at, out List<(int Row, int Term)>? terms)) sums.Add(at, terms = []);
                terms.Add((row, (int)k));
            }
        }

        foreach (int at in starts) sums.TryAdd(at, []);
        int[] sumTargets = [.. starts, .. sums.Keys.Except(starts)];
        int[] ends = new int[sumTargets.Length];
        List<(int Row, int Term)> all = [];
        for (int m = 0; m < ends.Length; m++)
        {
            all.AddRange(sums[sumTargets[m]]);
            ends[m] = all.Count;
        }

        States = Keep(order);
        Positions = Keep(position);
        Degrees = Keep([.. neighbours.Select(n => n.Length)]);
        Neighbours = Keep([.. neighbours.SelectMany(n => n)]);
        Targets = Keep([.. targets]);
        SumCount = sumTargets.Length;
        SumTargets = Keep(sumTargets);
        SumEnds = Keep(ends);
        TermCount = all.Count;
        TermRows = Keep([.. all.Select(term => term.Row)]);
        TermEntries = Keep([.. all.Select(term => term.Term)]);
        int[] fillIns = [.. Enumerable.Range(0, EntryCount).Except(sumTargets)];
        FillInCount = fillIns.Length;
        FillIns = Keep(fillIns);
        RowDeficits = Deficits(p);
        RowOffsets = Keep(p.Offsets);

        int Entry(int i, int j)
        {
            if (i == j) return starts[i];
            int pivot = Math.Min(i, j);
            int at = starts[pivot] + 1 + Array.BinarySearch(neighbours[pivot], Math.Max(i, j));
            return i < j ? at : at + neighbours[pivot].Length;
        }
    }

    /// <summary>Number of actions A.</summary>
    public int Actions { get; }

    /// <summary>Where the entries of each row s·A+a begin, and their end.</summary>
    public long* RowOffsets { get; }

    /// <summary>Number of pivots, one a state.</summary>
    public int Count { get; }

    /// <summary>1 − Σ_s' P(s'|s,a) of each row s·A+a, rounded once; empty where all of them are rounding.</summary>
    public double[] RowDeficits { get; }

    /// <summary>Numbers in the factors.</summary>
    public int EntryCount { get; }

    /// <summary>State of each pivot.</summary>
    public int* States { get; }

    /// <summary>Pivot of each state.</summary>
    public int* Positions { get; }

    /// <summary>n_k of each pivot.</summary>
    public int* Degrees { get; }

    /// <summary>Later pivots that each pivot couples to, ascending; Σ n_k.</summary>
    public int* Neighbours { get; }

    /// <summary>Entry that each product l_ik u_kj is taken from: pivots k, then i, then j; Σ n_k².</summary>
    public int* Targets { get; }

    /// <summary>Entries of A that are not zero by structure.</summary>
    public int SumCount { get; }

    /// <summary>Where in the factors these entries stand, the diagonal's first.</summary>
    public int* SumTargets { get; }

    /// <summary>Where the terms of each of these entries end.</summary>
    public int* SumEnds { get; }

    /// <summary>Terms π(a|s) P(s'|s,a), one a stored transition.</summary>
    public int TermCount { get; }

    /// <summary>Row s·A+a of each term.</summary>
    public int* TermRows { get; }

    /// <summary>Stored transition of each term.</summary>
    public int* TermEntries { get; }

    /// <summary>Entries that are zero before the factorisation.</summary>
    public int FillInCount { get; }

    /// <summary>Where they stand.</summary>
    public int* FillIns { get; }

    /// <summary>The factorisation of a structure, or null where it takes more than the budget.</summary>
    /// <param name="p">P, row s·A+a.</param>
    /// <param name="actions">Number of actions A.</param>
    /// <param name="budget">What it may take.</param>
    public static SymbolicFactorisation? TryCreate(SparseMatrix p, int actions, FactorisationBudget budget)
    {
        if (p.ColumnCount > MaxStates) return null;
        return EliminationOrder.TryFind(p, actions, budget, out int[] order, out int[][] neighbours)
            ? new SymbolicFactorisation(p, actions, order, neighbours)
            : null;
    }

    /// <summary>
    /// 1 − Σ p of each row, by sums whose rounding is added up beside them (Knuth's): what is left of one is small where episodes are
    /// long, and each of its digits is a digit of the solution.
    /// </summary>
    public static double[] Deficits(SparseMatrix p)
    {
        double[] deficits = new double[p.RowCount];
        bool any = false;
        for (int row = 0; row < deficits.Length; row++)
        {
            double sum = 1, lost = 0;
            for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
            {
                double term = -p.Values[k], next = sum + term, part = next - sum;
                lost += (sum - (next - part)) + (term - part);
                sum = next;
            }

            deficits[row] = sum + lost;
            any |= Math.Abs(deficits[row]) > RowRounding;
        }

        return any ? deficits : [];
    }

    public void Dispose()
    {
        foreach (IDisposable owned in _owned) owned.Dispose();
    }

    private TNumber* Keep<TNumber>(TNumber[] numbers)
        where TNumber : unmanaged
    {
        NativeArray<TNumber> kept = new(numbers.Length);
        numbers.CopyTo(new Span<TNumber>(kept.Pointer, numbers.Length));
        _owned.Add(kept);
        return kept.Pointer;
    }
}
