namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>An order of states other than their own.</summary>
/// <param name="states">The state at each position, a permutation.</param>
/// <param name="rowsAscend">Whether the columns of every row ascend, so that a row that was reordered can be put back.</param>
internal sealed class StateOrder(int[] states, bool rowsAscend)
{
    /// <summary>The state at each position.</summary>
    public int[] States { get; } = states;

    /// <summary>The position of each state.</summary>
    public int[] Positions { get; } = Inverse(states);

    /// <summary>Whether the columns of every row ascend, so that a row that was reordered can be put back.</summary>
    public bool RowsAscend { get; } = rowsAscend;

    private static int[] Inverse(int[] states)
    {
        int[] positions = new int[states.Length];
        for (int p = 0; p < states.Length; p++) positions[states[p]] = p;
        return positions;
    }
}
