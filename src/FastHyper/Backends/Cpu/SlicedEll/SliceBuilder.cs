using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>
/// Lays rows out in slices, in two passes over them: one looks at lengths, columns and repeats, then everything has its place,
/// and the other writes. Passes run on all threads, block by block; places are given in order, so that the result is the same.
/// Where values repeat, a third pass makes sure of it: equal keys of 64 bits do not prove that they do.
/// </summary>
internal sealed unsafe class SliceBuilder(SlicedMatrix matrix, ISliceSource source, ThreadTeam? team) : IDisposable
{
    private const int Height = SlicedMatrix.Height;
    private const int SlicesInBlock = 64;

    // Slices whose values are looked for among earlier ones before that is given up where repeats are rare.
    private const int Trial = 4096;
    private const ulong Single = 0;
    private const ulong Repeated = 1;
    private readonly SliceRows?[] _rows = new SliceRows[team?.Size ?? 1];
    private readonly SliceLayout?[] _layouts = new SliceLayout[(matrix.Slices + SlicesInBlock - 1) / SlicesInBlock];

    // Of each member, a key of its values; then whether they repeat.
    private NativeArray<ulong>? _keys;
    private ulong _keyBits;
    private bool _repeats;
    private int _wrong;

    private enum Pass
    {
        Look,
        Fill,
        Verify,
    }

    /// <summary>Largest distance between a column and its row's group.</summary>
    public int Bandwidth { get; private set; }

    /// <summary>The first pass: widths and forms.</summary>
    /// <param name="keyBits">Bits of the values' keys; none where repeats are not wanted.</param>
    /// <exception cref="InvalidInputException">A row is too long.</exception>
    public void Look(ulong keyBits)
    {
        _keyBits = keyBits;
        if (keyBits != 0 && source.HasValues) _keys = new NativeArray<ulong>((long)matrix.Slices * matrix.Members);
        Run(Pass.Look);
        foreach (SliceLayout? layout in _layouts)
        {
            Bandwidth = Math.Max(Bandwidth, layout!.Bandwidth);
            if (layout.TooWide is not (int width, int slice)) continue;
            int first = slice * Height, last = Math.Min(first + Height, matrix.Groups) - 1;
            throw new InvalidInputException(
                $"transitions: a row of states {first} to {last} has {width} entries; expected at most {ushort.MaxValue}");
        }
    }

    /// <summary>Gives every member's columns their place.</summary>
    /// <param name="near">Blocks of near columns.</param>
    /// <param name="far">Blocks of far columns.</param>
    /// <returns>All patterns of shifts, one after the other.</returns>
    public ReadOnlySpan<int> PlaceColumns(out long near, out long far)
    {
        near = far = 0;
        SliceLayout all = new();
        SliceMember* member = matrix.MemberTable;
        for (int block = 0; block < _layouts.Length; block++)
        {
            SliceLayout layout = _layouts[block]!;
            _layouts[block] = null;
            uint[] places = new uint[layout.Patterns];
            for (int i = 0; i < places.Length; i++) places[i] = (uint)all.Begin(all.Collect(layout.Pattern(i), 0));
            SliceMember* end = matrix.MemberTable + (Math.Min((block + 1L) * SlicesInBlock, matrix.Slices) * matrix.Members);
            for (; member < end; member++)
            {
                switch (member->Form)
                {
                    case ColumnForm.Shift:
                        *member = *member with { Columns = places[member->Columns] };
                        break;
                    case ColumnForm.Near:
                        *member = *member with { Columns = checked((uint)near) };
                        near += member->Width;
                        break;
                    default:
                        *member = *member with { Columns = checked((uint)far) };
                        far += member->Width;
                        break;
                }
            }
        }

        return all.AllShifts;
    }

    /// <summary>Gives every member's values their place, those that repeat the same; gives up looking where repeats are rare.</summary>
    /// <returns>Blocks of values.</returns>
    public long PlaceValues()
    {
        long blocks = 0, asked = 0, found = 0;
        Dictionary<(ulong Key, int Width), uint> known = [];
        for (long at = 0; at < (long)matrix.Slices * matrix.Members; at++)
        {
            SliceMember* member = matrix.MemberTable + at;
            ulong key = _keys is null || (asked >= Trial && found * 2 < asked) ? Single : _keys.Pointer[at];
            bool repeats = false;
            uint place = checked((uint)blocks);
            if (key != Single)
            {
                asked++;
                repeats = !known.TryAdd((key, member->Width), place);
                if (repeats) place = known[(key, member->Width)];
            }

            if (_keys is not null) _keys.Pointer[at] = repeats ? Repeated : Single;
            *member = *member with { Values = place };
            if (repeats) found++;
            else blocks += member->Width;
        }

        _repeats = found > 0;
        return blocks;
    }

    /// <summary>The second pass: columns and values.</summary>
    public void Fill() => Run(Pass.Fill);

    /// <summary>Whether all values that were taken for repeats are; if not, they are to be placed anew, each by itself.</summary>
    public bool Verify()
    {
        if (!_repeats) return true;
        Run(Pass.Verify);
        _keys!.Dispose();
        _keys = null;
        return _wrong == 0;
    }

    public void Dispose() => _keys?.Dispose();

    private int Slices => matrix.Slices;

    private int MembersOfGroup => matrix.Members;

    private void Run(Pass pass)
    {
        Kernel kernel = new() { Builder = this, Pass = pass };
        if (team is null) for (int block = 0; block < _layouts.Length; block++) kernel.Run(block, 0);
        else team.Run(ref kernel, _layouts.Length);
    }

    private void Look(SliceRows rows, int slice, SliceLayout layout)
    {
        rows.Read(source, slice, matrix.Groups);
        for (int m = 0; m < matrix.Members; m++)
        {
            long at = ((long)slice * matrix.Members) + m;
            matrix.MemberTable[at] = layout.Look(rows, slice, m);
            if (_keys is not null && rows.Count == Height) _keys.Pointer[at] = Key(rows, m);
        }
    }

    private ulong Key(SliceRows rows, int m)
    {
        ulong key = 0;
        for (int lane = 0; lane < Height; lane++)
        {
            ReadOnlySpan<double> values = rows.Values(lane, m);
            key = (key + (uint)values.Length) * 0x9E3779B97F4A7C15;
            foreach (double value in values) key = ((key ^ (key >> 31)) + BitConverter.DoubleToUInt64Bits(value)) * 0xBF58476D1CE4E5B9;
        }

        // Neither of the two numbers that mean something else.
        return (key & _keyBits) | 2;
    }

    private void Fill(SliceRows rows, int slice)
    {
        SliceMember* members = matrix.MemberTable + ((long)slice * matrix.Members);
        bool needed = source.HasValues;
        for (int m = 0; m < matrix.Members; m++) needed |= members[m].Form != ColumnForm.Shift;
        if (!needed) return;
        rows.Read(source, slice, matrix.Groups);
        for (int m = 0; m < matrix.Members; m++)
        {
            bool values = source.HasValues && (_keys is null || _keys.Pointer[((long)slice * matrix.Members) + m] != Repeated);
            for (int lane = 0; lane < Height; lane++)
            {
                ReadOnlySpan<int> columns = lane < rows.Count ? rows.Columns(lane, m) : [];
                FillColumns(in members[m], rows.First + lane, lane, columns);
                if (values && lane < rows.Count) FillValues(in members[m], lane, rows.Values(lane, m));
            }
        }
    }

    private void FillColumns(in SliceMember member, int group, int lane, ReadOnlySpan<int> columns)
    {
        bool same = columns.Length <= member.Width;
        switch (member.Form)
        {
            case ColumnForm.Shift:
                for (int k = 0; same && k < columns.Length; k++) same = columns[k] == group + matrix.Shifts[member.Columns + k];
                break;
            case ColumnForm.Near:
                ushort* near = matrix.Near + ((long)member.Columns * Height) + lane;
                for (int k = 0; same && k < member.Width; k++, near += Height)
                {
                    int distance = Padded(columns, k, member.Base) - member.Base;
                    same = (uint)distance <= ushort.MaxValue;
                    *near = (ushort)distance;
                }

                break;
            default:
                int* far = matrix.Far + ((long)member.Columns * Height) + lane;
                for (int k = 0; same && k < member.Width; k++, far += Height) *far = Padded(columns, k, member.Base);
                break;
        }

        if (!same)
            throw new InvalidInputException(
                $"transitions: a row of state {group} was not written as before; expected the same from every call");
    }

    /// <summary>Padding points where the row's own entries do, or at the base: some column that is loaded anyway.</summary>
    private static int Padded(ReadOnlySpan<int> columns, int k, int none) =>
        columns.Length == 0 ? none : columns[Math.Min(k, columns.Length - 1)];

    private void FillValues(in SliceMember member, int lane, ReadOnlySpan<double> values)
    {
        long to = ((long)member.Values * Height) + lane;
        float* high = matrix.High;
        int* low = matrix.Low;
        foreach (double value in values)
        {
            (float upper, int lower) = SplitNumber.Split(value);
            high[to] = upper;
            if (low is not null) low[to] = lower;
            to += Height;
        }
    }

    private void Verify(SliceRows rows, int slice)
    {
        long first = (long)slice * matrix.Members;
        bool needed = false;
        for (int m = 0; m < matrix.Members; m++) needed |= _keys!.Pointer[first + m] == Repeated;
        if (!needed) return;
        rows.Read(source, slice, matrix.Groups);
        for (int m = 0; m < matrix.Members; m++)
        {
            if (_keys!.Pointer[first + m] != Repeated) continue;
            SliceMember member = matrix.MemberTable[first + m];
            for (int lane = 0; lane < rows.Count; lane++)
                if (!IsThere(in member, lane, rows.Values(lane, m))) _wrong = 1;
        }
    }

    private bool IsThere(in SliceMember member, int lane, ReadOnlySpan<double> values)
    {
        long at = ((long)member.Values * Height) + lane;
        for (int k = 0; k < member.Width; k++, at += Height)
        {
            (float upper, int lower) = k < values.Length ? SplitNumber.Split(values[k]) : default;
            if (matrix.High[at] != upper || (matrix.Low is not null && matrix.Low[at] != lower)) return false;
        }

        return true;
    }

    private struct Kernel : IBlockKernel
    {
        public SliceBuilder Builder;
        public Pass Pass;

        public readonly void Run(int block, int worker)
        {
            SliceRows rows = Builder._rows[worker] ??= new SliceRows(Builder.MembersOfGroup);
            SliceLayout layout = new();
            int last = Math.Min((block + 1) * SlicesInBlock, Builder.Slices);
            for (int slice = block * SlicesInBlock; slice < last; slice++)
            {
                switch (Pass)
                {
                    case Pass.Look: Builder.Look(rows, slice, layout); break;
                    case Pass.Fill: Builder.Fill(rows, slice); break;
                    default: Builder.Verify(rows, slice); break;
                }
            }

            if (Pass == Pass.Look) Builder._layouts[block] = layout;
        }
    }
}
