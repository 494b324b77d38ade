using System.Runtime.InteropServices;

namespace FastHyper.Backends;

/// <summary>
/// States whose features are the same, such as those under the same tiles, or in the same box: what features say of one of them they say
/// of all. 12 bytes a state.
/// </summary>
internal sealed class FeatureGroups
{
    // Where groups are as many as this share of the states, they are worth nothing.
    private const int LeastStates = 4;
    private readonly int[] _states;
    private readonly int[] _offsets;

    private FeatureGroups(FeatureRows rows, int[] groupOf, List<int> first)
    {
        Count = first.Count;
        GroupOf = groupOf;
        _offsets = new int[Count + 1];
        foreach (int group in groupOf) _offsets[group + 1]++;
        for (int group = 0; group < Count; group++) _offsets[group + 1] += _offsets[group];
        _states = new int[groupOf.Length];
        int[] free = _offsets[..^1];
        for (int s = 0; s < groupOf.Length; s++) _states[free[groupOf[s]]++] = s;
        Rows = RowsOf(rows, first);
    }

    /// <summary>Number of groups, in the order of their first states.</summary>
    public int Count { get; }

    /// <summary>The group of each state, (S).</summary>
    public int[] GroupOf { get; }

    /// <summary>The features of each group, as of a state.</summary>
    public FeatureRows Rows { get; }

    /// <summary>The states of a group, in ascending order.</summary>
    public ReadOnlySpan<int> States(int group) => _states.AsSpan(_offsets[group], _offsets[group + 1] - _offsets[group]);

    /// <summary>The groups of features of states; null where they are not few.</summary>
    public static FeatureGroups? Of(FeatureRows rows)
    {
        if (!rows.IsPerAction) return null;
        int[] groupOf = new int[rows.States];
        List<int> first = [], next = [];
        Dictionary<ulong, int> known = [];
        for (int s = 0; s < rows.States; s++)
        {
            ulong hash = Hash(rows, s);
            // Groups of one hash are a list, which has one member but for accidents.
            int group = CollectionsMarshal.GetValueRefOrAddDefault(known, hash, out bool exists);
            if (!exists) group = -1;
            while (group >= 0 && !Same(rows, s, first[group])) group = next[group];
            if (group < 0)
            {
                if ((long)(first.Count + 1) * LeastStates > rows.States) return null;
                group = first.Count;
                next.Add(exists ? known[hash] : -1);
                first.Add(s);
                known[hash] = group;
            }

            groupOf[s] = group;
        }

        return new FeatureGroups(rows, groupOf, first);
    }

    private static ulong Hash(FeatureRows rows, int state)
    {
        rows.Row(state, 0, out _, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
        ulong hash = 14695981039346656037;
        foreach (int column in columns) hash = (hash ^ (uint)column) * 1099511628211;
        foreach (double value in values) hash = (hash ^ (ulong)BitConverter.DoubleToInt64Bits(value)) * 0x9E3779B97F4A7C15;
        return hash;
    }

    private static bool Same(FeatureRows rows, int a, int b)
    {
        rows.Row(a, 0, out _, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
        rows.Row(b, 0, out _, out ReadOnlySpan<int> otherColumns, out ReadOnlySpan<double> otherValues);
        return columns.SequenceEqual(otherColumns) && values.SequenceEqual(otherValues);
    }

    private static FeatureRows RowsOf(FeatureRows rows, List<int> states)
    {
        if (rows.Dense is not null)
        {
            double[] dense = new double[states.Count * rows.Width];
            for (int g = 0; g < states.Count; g++) rows.Dense.AsSpan(states[g] * rows.Width, rows.Width)
                .CopyTo(dense.AsSpan(g * rows.Width));
            return FeatureRows.OfStates(states.Count, rows.Actions, dense);
        }

        long[] offsets = new long[states.Count + 1];
        List<int> columns = [];
        List<double> values = [];
        for (int g = 0; g < states.Count; g++)
        {
            rows.Row(states[g], 0, out _, out ReadOnlySpan<int> own, out ReadOnlySpan<double> numbers);
            columns.AddRange(own);
            values.AddRange(numbers);
            offsets[g + 1] = columns.Count;
        }

        return FeatureRows.OfStates(
            states.Count, rows.Actions, new SparseMatrix(rows.Width, offsets, [.. columns], [.. values]));
    }
}
