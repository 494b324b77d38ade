using System.Runtime.InteropServices;

namespace FastHyper.Backends.Cpu.States;

/// <summary>Looks at the rows of one slice and member at a time, and tells how their columns are best kept.</summary>
internal sealed class SliceLayout(int groups, int members, long[] rowOffsets, int[] columns)
{
    private const int NearSpan = 1 << 16;
    private readonly Dictionary<ulong, uint> _known = [];

    /// <summary>Offsets of all shift patterns, one after the other.</summary>
    public List<int> Shifts { get; } = [];

    /// <summary>Entries of the longest row.</summary>
    public ushort Width { get; private set; }

    /// <summary>Smallest column.</summary>
    public int Base { get; private set; }

    /// <summary>Largest distance between a column and its row's group.</summary>
    public int Bandwidth { get; private set; }

    /// <summary>How the columns are best kept.</summary>
    public ColumnForm Form { get; private set; }

    /// <summary>Groups of the slice, without those beyond the last.</summary>
    public int Count { get; private set; }

    /// <summary>First group of the slice.</summary>
    public int First { get; private set; }

    /// <summary>Which of a group's rows.</summary>
    public int Member { get; private set; }

    /// <summary>Entries of the row of a lane.</summary>
    public (long Begin, int Count) Row(int lane) => Row(First + lane, Member);

    /// <summary>Entries of a group's row.</summary>
    public (long Begin, int Count) Row(int group, int member)
    {
        long row = ((long)group * members) + member;
        return (rowOffsets[row], (int)(rowOffsets[row + 1] - rowOffsets[row]));
    }

    /// <summary>Looks at member <paramref name="member"/> of the groups of a slice.</summary>
    public void Read(int slice, int member)
    {
        First = slice * SlicedMatrix.Height;
        Count = Math.Min(SlicedMatrix.Height, groups - First);
        Member = member;
        int width = 0, smallest = int.MaxValue, largest = 0, distance = 0;
        (long pattern, int patternWidth) = Row(0);
        bool shift = Count == SlicedMatrix.Height;
        for (int lane = 0; lane < Count; lane++)
        {
            (long begin, int count) = Row(lane);
            width = Math.Max(width, count);
            shift &= count == patternWidth;
            for (int k = 0; k < count; k++)
            {
                int column = columns[begin + k];
                smallest = Math.Min(smallest, column);
                largest = Math.Max(largest, column);
                distance = Math.Max(distance, Math.Abs(column - First - lane));
                if (shift && column - lane != columns[pattern + k]) shift = false;
            }
        }

        if (width > ushort.MaxValue)
            throw new InvalidInputException($"transitions: a row of states {First} to {First + Count - 1} has {width} entries; expected at most {ushort.MaxValue}");
        Width = (ushort)width;
        Base = width == 0 ? 0 : smallest;
        Bandwidth = distance;
        Form = shift ? ColumnForm.Shift : largest - Base < NearSpan ? ColumnForm.Near : ColumnForm.Far;
    }

    /// <summary>Where the slice's pattern of offsets is kept, now or from an earlier slice.</summary>
    public uint SharedShift()
    {
        (long begin, int count) = Row(0);
        Span<int> offsets = count <= 64 ? stackalloc int[count] : new int[count];
        ulong key = (ulong)count;
        for (int k = 0; k < count; k++)
        {
            offsets[k] = columns[begin + k] - First;
            key = (key ^ (uint)offsets[k]) * 0x9E3779B97F4A7C15 + (key >> 29);
        }

        if (_known.TryGetValue(key, out uint found) && found + count <= Shifts.Count
            && CollectionsMarshal.AsSpan(Shifts).Slice((int)found, count).SequenceEqual(offsets))
            return found;
        uint at = (uint)Shifts.Count;
        Shifts.AddRange(offsets);
        _known[key] = at;
        return at;
    }
}
