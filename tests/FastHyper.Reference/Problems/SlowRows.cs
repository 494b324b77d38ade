using FastHyper.Backends;

namespace FastHyper.Reference.Problems;

/// <summary>Transitions being written down, a successor at a time; what a row falls short of one ends the episode.</summary>
public sealed class SlowRows
{
    private readonly SortedDictionary<int, double>[] _rows;

    public SlowRows(int states, int actions)
    {
        States = states;
        Actions = actions;
        _rows = [.. Enumerable.Range(0, states * actions).Select(_ => new SortedDictionary<int, double>())];
    }

    public int States { get; }

    public int Actions { get; }

    /// <summary>Adds to P(next|s,a).</summary>
    public void Add(int state, int action, int next, double probability)
    {
        if (probability == 0) return;
        SortedDictionary<int, double> row = _rows[(state * Actions) + action];
        row[next] = row.GetValueOrDefault(next) + probability;
    }

    /// <summary>Multiplies all of P by a share.</summary>
    public void Shrink(double share)
    {
        foreach (SortedDictionary<int, double> row in _rows)
            foreach (int next in row.Keys.ToArray()) row[next] *= share;
    }

    /// <summary>Ends the episode in whatever is done in a state.</summary>
    public void End(int state)
    {
        for (int a = 0; a < Actions; a++) _rows[(state * Actions) + a].Clear();
    }

    /// <summary>Whether doing this ends the episode for certain.</summary>
    public bool Ends(int row) => _rows[row].Count == 0;

    public Transitions Build()
    {
        long[] offsets = new long[_rows.Length + 1];
        for (int row = 0; row < _rows.Length; row++) offsets[row + 1] = offsets[row] + _rows[row].Count;
        SparseMatrix matrix = new(States, offsets, [.. _rows.SelectMany(row => row.Keys)], [.. _rows.SelectMany(row => row.Values)]);
        return new Transitions(States, Actions, matrix);
    }
}
