using System.Runtime.InteropServices;

namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>
/// Looks at the rows of a run of slices, a member at a time, and tells how their columns are best kept; patterns of shifts are
/// collected once each.
/// </summary>
internal sealed class SliceLayout
{
    private const int NearSpan = 1 << 16;
    private readonly Dictionary<ulong, int> _known = [];
    private readonly List<int> _begins = [0];
    private readonly List<int> _shifts = [];

    /// <summary>Largest distance between a column and its row's group.</summary>
    public int Bandwidth { get; private set; }

    /// <summary>The first member whose rows are too long to be kept: its length and slice.</summary>
    public (int Width, int Slice)? TooWide { get; private set; }

    /// <summary>Number of patterns.</summary>
    public int Patterns => _begins.Count - 1;

    /// <summary>All patterns, one after the other.</summary>
    public ReadOnlySpan<int> AllShifts => CollectionsMarshal.AsSpan(_shifts);

    /// <summary>Where a pattern begins among all.</summary>
    public int Begin(int pattern) => _begins[pattern];

    /// <summary>The offsets of a pattern.</summary>
    public ReadOnlySpan<int> Pattern(int index) => CollectionsMarshal.AsSpan(_shifts)[_begins[index].._begins[index + 1]];

    /// <summary>Looks at a member of the groups of a slice; what it knows of columns is the number of a pattern.</summary>
    public SliceMember Look(SliceRows rows, int slice, int member)
    {
        int width = 0, smallest = int.MaxValue, largest = 0, distance = 0;
        ReadOnlySpan<int> pattern = rows.Columns(0, member);
        bool shift = rows.Count == SlicedMatrix.Height;
        for (int lane = 0; lane < rows.Count; lane++)
        {
            ReadOnlySpan<int> columns = rows.Columns(lane, member);
            width = Math.Max(width, columns.Length);
            shift &= columns.Length == pattern.Length;
            int group = rows.First + lane;
            for (int k = 0; k < columns.Length; k++)
            {
                int column = columns[k];
                smallest = Math.Min(smallest, column);
                largest = Math.Max(largest, column);
                distance = Math.Max(distance, Math.Abs(column - group));
                if (shift && column - lane != pattern[k]) shift = false;
            }
        }

        if (width > ushort.MaxValue) TooWide ??= (width, slice);
        Bandwidth = Math.Max(Bandwidth, distance);
        int least = width == 0 ? 0 : smallest;
        ColumnForm form = shift ? ColumnForm.Shift : largest - least < NearSpan ? ColumnForm.Near : ColumnForm.Far;
        return new SliceMember(0, shift ? (uint)Collect(pattern, rows.First) : 0, least, (ushort)width, form);
    }

    /// <summary>
    /// The number of a pattern that may have been seen before; <paramref name="origin"/> is where its offsets count from.
    /// </summary>
    public int Collect(ReadOnlySpan<int> columns, int origin)
    {
        ulong key = (ulong)columns.Length;
        foreach (int column in columns) key = (key ^ (uint)(column - origin)) * 0x9E3779B97F4A7C15 + (key >> 29);
        if (_known.TryGetValue(key, out int found) && Is(Pattern(found), columns, origin)) return found;
        foreach (int column in columns) _shifts.Add(column - origin);
        _begins.Add(_shifts.Count);
        _known[key] = Patterns - 1;
        return Patterns - 1;
    }

    private static bool Is(ReadOnlySpan<int> offsets, ReadOnlySpan<int> columns, int origin)
    {
        if (offsets.Length != columns.Length) return false;
        for (int k = 0; k < offsets.Length; k++)
            if (columns[k] - origin != offsets[k]) return false;
        return true;
    }
}
