using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.Krylov;

/// <summary>
/// The columns of all the actions of a state, once each, ascending: merged whenever they are read, as they take less time than
/// the memory to keep them. Slices whose actions follow patterns of shifts are merged once for each combination of patterns. Where
/// rows of a slice lack no more than neighbours that others of it have, as at a wall, all have them, some with probability zero: that
/// takes no more memory, and the slice follows a pattern like those beside it.
/// </summary>
internal sealed unsafe class MergedRows : ISliceSource
{
    private const int SlicesInBlock = 64;
    private const int None = -1;
    private readonly Transitions _transitions;
    private readonly SlicedMatrix _p;
    private readonly int _longest;

    // Of each slice, which combination of patterns its actions follow; of each combination the merged offsets, and its first slice.
    private readonly int[] _combinations;
    private readonly List<(int[] Offsets, int Slice)> _merged = [];
    private readonly int[] _space;
    private bool _tooLong;

    public MergedRows(Transitions transitions, SlicedMatrix p)
    {
        _transitions = transitions;
        _p = p;
        _longest = transitions.Actions * Math.Max(1, transitions.LongestRow);
        _space = new int[_longest];
        _combinations = new int[p.Slices];
    }

    public bool HasValues => false;

    private int Actions => _p.Members;

    public void Read(int slice, SliceRows rows)
    {
        int combination = _combinations[slice];
        int[]? offsets = combination == None ? Union(slice) : _merged[combination].Offsets;
        for (int s = rows.First; s < rows.First + rows.Count; s++)
        {
            if (offsets is null)
            {
                Span<int> space = rows.ReserveColumns(_longest);
                rows.Advance(Merge(s, space, out _));
                continue;
            }

            Span<int> columns = rows.ReserveColumns(offsets.Length);
            for (int k = 0; k < offsets.Length; k++) columns[k] = s + offsets[k];
            rows.Advance(offsets.Length);
        }
    }

    /// <summary>Entries of a state's rows, and how many different columns they have.</summary>
    public (int Entries, int Columns) Count(int s)
    {
        int columns = Merge(s, _space, out int entries);
        return (entries, columns);
    }

    /// <summary>Tells where each slice's slots begin, one for all its rows where all actions follow patterns, and merges these.</summary>
    /// <returns>How many slots there are.</returns>
    public long PlaceSlots(uint* begins)
    {
        long slots = 0;
        Dictionary<string, int> known = [];
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> key = new char[2 * Actions], last = new char[2 * Actions];
        for (int slice = 0, before = None; slice < _p.Slices; before = _combinations[slice++])
        {
            begins[slice] = checked((uint)slots);
            ref int combination = ref _combinations[slice];
            combination = None;
            if (!TryKey(slice, key))
            {
                slots += Width(slice) * SlicedMatrix.Height;
                continue;
            }

            // Most slices are like the one before.
            if (before != None && key.SequenceEqual(last)) combination = before;
            else if (!lookup.TryGetValue(key, out combination)) combination = None;
            key.CopyTo(last);
            if (combination != None)
            {
                begins[slice] = begins[_merged[combination].Slice];
                continue;
            }

            slots += Width(slice);
            int first = slice * SlicedMatrix.Height;
            int[] offsets = _space[..Merge(first, _space, out _)];
            for (int k = 0; k < offsets.Length; k++) offsets[k] -= first;
            combination = _merged.Count;
            known.Add(key.ToString(), combination);
            _merged.Add((offsets, slice));
        }

        return slots;
    }

    /// <summary>Writes which merged column each entry has, and how many columns a state has; false where those are too many.</summary>
    public bool TryFill(uint* begins, byte* slots, byte* lengths, ThreadTeam? team)
    {
        Kernel kernel = new() { Rows = this, Begins = begins, Slots = slots, Lengths = lengths };
        int blocks = (_p.Slices + SlicesInBlock - 1) / SlicesInBlock;
        if (team is null) for (int block = 0; block < blocks; block++) kernel.Run(block, 0);
        else team.Run(ref kernel, blocks);
        return !_tooLong;
    }

    private int Width(int slice)
    {
        int width = 0;
        for (int a = 0; a < Actions; a++) width += _p.MemberTable[((long)slice * Actions) + a].Width;
        return width;
    }

    private int Length(int s, int a) => _transitions.RowLength(((long)(_p.Order is null ? s : _p.Order.States[s]) * Actions) + a);

    /// <summary>Which patterns of offsets the actions of a slice follow; false where one follows none.</summary>
    private bool TryKey(int slice, Span<char> key)
    {
        for (int a = 0; a < Actions; a++)
        {
            SliceMember member = _p.MemberTable[((long)slice * Actions) + a];
            if (member.Form != ColumnForm.Shift) return false;
            // An empty pattern begins where the next one does.
            uint pattern = member.Width == 0 ? uint.MaxValue : member.Columns;
            key[2 * a] = (char)(pattern & 0xFFFF);
            key[(2 * a) + 1] = (char)(pattern >> 16);
        }

        return true;
    }

    /// <summary>The columns of a state's rows.</summary>
    /// <returns>How many there are.</returns>
    private int Merge(int s, Span<int> merged, out int entries)
    {
        (int slice, int lane) = Math.DivRem(s, SlicedMatrix.Height);
        int count = 0;
        entries = 0;
        for (int a = 0; a < Actions; a++)
        {
            SliceMember member = _p.MemberTable[((long)slice * Actions) + a];
            int length = Length(s, a);
            entries += length;
            // Columns of a row mostly ascend: each is looked for from where the last one was.
            int at = 0;
            for (int k = 0; k < length; k++)
            {
                int column = _p.Column(in member, slice, lane, k);
                if (at > 0 && merged[at - 1] >= column) at = 0;
                while (at < count && merged[at] < column) at++;
                if (at < count && merged[at] == column) continue;
                merged[at..count].CopyTo(merged[(at + 1)..]);
                merged[at] = column;
                count++;
            }
        }

        return count;
    }

    /// <summary>
    /// The offsets of all rows of a slice, where they are no more than the longest row's and none leads beyond the states; null where not.
    /// </summary>
    private int[]? Union(int slice)
    {
        int first = slice * SlicedMatrix.Height, last = first + SlicedMatrix.Height, longest = 0, count = 0;
        if (last > _p.Groups) return null;
        Span<int> row = new int[_longest], union = new int[_longest];
        for (int s = first; s < last; s++)
        {
            int length = Merge(s, row, out _);
            longest = Math.Max(longest, length);
            for (int k = 0, at = 0; k < length; k++, at++)
            {
                int offset = row[k] - s;
                while (at < count && union[at] < offset) at++;
                if (at < count && union[at] == offset) continue;
                if (count == union.Length) return null;
                union[at..count].CopyTo(union[(at + 1)..]);
                union[at] = offset;
                count++;
            }

            // Rows that have so little in common will not.
            if (count > 2 * longest) return null;
        }

        bool fits = count == longest && (count == 0 || (first + union[0] >= 0 && last + union[count - 1] <= _p.Groups));
        return fits ? union[..count].ToArray() : null;
    }

    private void Fill(int slice, uint* begins, byte* slots, byte* lengths, int[] merged)
    {
        int first = slice * SlicedMatrix.Height, last = Math.Min(first + SlicedMatrix.Height, _p.Groups);
        int combination = _combinations[slice], lanes = SlicedMatrix.Height;
        int[]? union = null;
        if (combination == None)
        {
            union = Union(slice);
        }
        else
        {
            // A slice has full height where its actions follow patterns, and the first one's slots are those of all.
            (int[] offsets, int firstSlice) = _merged[combination];
            if (offsets.Length > byte.MaxValue) _tooLong = true;
            new Span<byte>(lengths + first, SlicedMatrix.Height).Fill((byte)offsets.Length);
            if (slice != firstSlice) return;
            lanes = 1;
        }

        for (int s = first; s < Math.Min(last, first + lanes); s++)
        {
            int lane = s - first, at = 0, count = union?.Length ?? Merge(s, merged, out _);
            for (int k = 0; union is not null && k < count; k++) merged[k] = s + union[k];
            if (count > byte.MaxValue)
            {
                _tooLong = true;
                return;
            }

            lengths[s] = (byte)count;
            for (int a = 0; a < Actions; a++)
            {
                SliceMember member = _p.MemberTable[((long)slice * Actions) + a];
                int length = Length(s, a);
                for (int k = 0; k < length; k++)
                    slots[begins[slice] + ((at + k) * (long)lanes) + lane] = (byte)merged.AsSpan(0, count).BinarySearch(
                        _p.Column(in member, slice, lane, k));
                at += member.Width;
            }
        }
    }

    private struct Kernel : IBlockKernel
    {
        public MergedRows Rows;
        public uint* Begins;
        public byte* Slots;
        public byte* Lengths;

        public readonly void Run(int block, int worker)
        {
            int[] merged = new int[Rows._longest];
            for (int slice = block * SlicesInBlock; slice < Math.Min((block + 1) * SlicesInBlock, Rows._p.Slices); slice++)
                Rows.Fill(slice, Begins, Slots, Lengths, merged);
        }
    }
}
