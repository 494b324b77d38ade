namespace FastHyper.Backends.Cpu.Reordering;

/// <summary>Reads which states follow a state, by whatever action.</summary>
internal sealed class SuccessorReader(Transitions transitions)
{
    private readonly int[] _columns = new int[transitions.LongestRow];
    private readonly double[] _values = new double[transitions.LongestRow];
    private int[] _found = new int[16];

    /// <summary>Whether the columns of all rows read so far ascend.</summary>
    public bool RowsAscend { get; private set; } = true;

    /// <summary>The states that follow another, once each, itself not among them; until the next call.</summary>
    public ReadOnlySpan<int> Read(int s)
    {
        int count = 0;
        for (int a = 0; a < transitions.Actions; a++)
        {
            transitions.Row(s, a, _columns, _values, out ReadOnlySpan<int> columns, out _);
            if (_found.Length < count + columns.Length) Array.Resize(ref _found, 2 * (count + columns.Length));
            int last = -1;
            foreach (int column in columns)
            {
                if (column <= last) RowsAscend = false;
                last = column;
                if (column != s && !_found.AsSpan(0, count).Contains(column)) _found[count++] = column;
            }
        }

        return _found.AsSpan(0, count);
    }
}
