using System.Runtime.CompilerServices;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>
/// A sparse matrix whose rows come in groups (one a state), for lanes that run over groups. Slices of
/// <see cref="Height"/> groups; within a slice, member m of every group (one action's row) is padded to the longest of
/// the slice and stored entry by entry, that many lanes side by side, so values load contiguously. Columns take
/// as few bytes as their slice allows (<see cref="ColumnForm"/>), and blocks of values that repeat are stored once.
/// Values are kept in two halves (<see cref="SplitNumber"/>), or in float32 only.
/// Bytes a stored entry: 8 (float32: 4) for its value unless it repeats, and 0, 2 or 4 for its column.
/// </summary>
internal sealed unsafe class SlicedMatrix : ITransitionRows, IDisposable
{
    /// <summary>Groups in a slice: two registers of the widest lanes.</summary>
    public const int Height = 16;

    private readonly NativeArray<SliceMember> _members;
    private readonly NativeArray<int> _shifts;
    private readonly NativeArray<ushort> _near;
    private readonly NativeArray<int> _far;
    private readonly NativeArray<float> _high = null!;
    private readonly NativeArray<int>? _low;

    /// <summary>Lays out <paramref name="groups"/> × <paramref name="members"/> rows, row g·members+m.</summary>
    /// <param name="groups">Number of groups, which is the number of columns, too.</param>
    /// <param name="members">Rows of each group.</param>
    /// <param name="rowOffsets">Where each row's entries begin, and the end.</param>
    /// <param name="columns">Column of each entry.</param>
    /// <param name="values">Value of each entry; empty for zeros.</param>
    /// <param name="exact">Whether both halves of the values are kept.</param>
    /// <param name="share">Whether repeated values are stored once; then they cannot be replaced.</param>
    /// <param name="team">Who does it; the caller alone if null.</param>
    public SlicedMatrix(
        int groups, int members, long[] rowOffsets, int[] columns, double[] values, bool exact, bool share, ThreadTeam? team = null)
        : this(groups, members, new CompressedRows(rowOffsets, columns, values), exact, share, team) { }

    /// <summary>Lays out rows that are read three times at the most.</summary>
    /// <param name="groups">Number of groups, which is the number of columns, too.</param>
    /// <param name="members">Rows of each group.</param>
    /// <param name="source">The rows.</param>
    /// <param name="exact">Whether both halves of the values are kept.</param>
    /// <param name="share">Whether repeated values are stored once; then they cannot be replaced.</param>
    /// <param name="team">Who does it; the caller alone if null.</param>
    /// <param name="keyBits">Bits of the keys by which repeated values are looked for.</param>
    /// <param name="order">The order that the source's groups, and so its columns, stand in; null for their own.</param>
    public SlicedMatrix(
        int groups, int members, ISliceSource source, bool exact, bool share, ThreadTeam? team = null, ulong keyBits = ulong.MaxValue,
        StateOrder? order = null)
    {
        Order = order;
        Groups = groups;
        Members = members;
        Slices = (groups + Height - 1) / Height;
        _members = new NativeArray<SliceMember>((long)Slices * members);
        using SliceBuilder builder = new(this, source, team);
        builder.Look(share ? keyBits : 0);
        Bandwidth = builder.Bandwidth;
        ReadOnlySpan<int> shifts = builder.PlaceColumns(out long near, out long far);
        _shifts = new NativeArray<int>(shifts.Length);
        shifts.CopyTo(new Span<int>(_shifts.Pointer, shifts.Length));
        _near = new NativeArray<ushort>(near * Height);
        _far = new NativeArray<int>(far * Height);
        do
        {
            _high?.Dispose();
            _low?.Dispose();
            long blocks = builder.PlaceValues();
            _high = new NativeArray<float>(blocks * Height);
            if (exact) _low = new NativeArray<int>(blocks * Height);
            builder.Fill();
        }
        while (!builder.Verify());
        if (members == 1) CountAlike();
    }

    public int Groups { get; }

    public int Members { get; }

    public int Slices { get; }

    /// <summary>Which groups stand where; null for their own order.</summary>
    public StateOrder? Order { get; }

    /// <summary>Largest distance between a column and its row's group.</summary>
    public int Bandwidth { get; }

    public SliceMember* MemberTable => _members.Pointer;

    public int* Shifts => _shifts.Pointer;

    public ushort* Near => _near.Pointer;

    public int* Far => _far.Pointer;

    public float* High => _high.Pointer;

    /// <summary>The values' lower halves; null where only float32 is kept.</summary>
    public int* Low => _low is null ? null : _low.Pointer;

    /// <summary>Values stored, padding among them.</summary>
    public long Stored => _high.Length;

    public long Bytes =>
        (_members.Length * sizeof(SliceMember)) + (_shifts.Length * sizeof(int)) + (_near.Length * sizeof(ushort))
            + (_far.Length * sizeof(int))
        + (_high.Length * sizeof(float)) + ((_low?.Length ?? 0) * sizeof(int));

    /// <summary>Replaces the values with others of the same structure.</summary>
    public void Fill(long[] rowOffsets, ReadOnlySpan<double> values)
    {
        for (long at = 0; at < _members.Length; at++)
        {
            SliceMember member = MemberTable[at];
            (long slice, long m) = Math.DivRem(at, Members);
            int last = (int)Math.Min(Height, Groups - (slice * Height));
            for (int lane = 0; lane < last; lane++)
            {
                long row = (((slice * Height) + lane) * Members) + m;
                long to = ((long)member.Values * Height) + lane;
                for (long k = rowOffsets[row]; k < rowOffsets[row + 1]; k++, to += Height)
                {
                    (float high, int low) = SplitNumber.Split(values[(int)k]);
                    High[to] = high;
                    if (_low is not null) Low[to] = low;
                }
            }
        }
    }

    /// <summary>
    /// Columns and values of a row that was laid out, as long as the spans are; where groups were reordered, columns ascend.
    /// </summary>
    public void CopyRow(int state, int action, Span<int> columns, Span<double> values)
    {
        (int slice, int lane) = Math.DivRem(Order is null ? state : Order.Positions[state], Height);
        SliceMember member = MemberTable[((long)slice * Members) + action];
        long at = ((long)member.Values * Height) + lane;
        for (int k = 0; k < columns.Length; k++, at += Height)
        {
            columns[k] = Column(in member, slice, lane, k);
            values[k] = _low is null ? High[at] : SplitNumber.Join(High[at], Low[at]);
        }

        if (Order is null) return;
        foreach (ref int column in columns) column = Order.States[column];
        columns.Sort(values);
    }

    public void Dispose()
    {
        _members.Dispose();
        _shifts.Dispose();
        _near.Dispose();
        _far.Dispose();
        _high.Dispose();
        _low?.Dispose();
    }

    private void CountAlike()
    {
        for (int slice = Slices - 2; slice >= 0; slice--)
        {
            SliceMember own = MemberTable[slice], next = MemberTable[slice + 1];
            bool alike = own.Form == ColumnForm.Shift && next.Form == ColumnForm.Shift && own.Columns == next.Columns
                && own.Width == next.Width
                && next.Values == own.Values + own.Width;
            if (alike) MemberTable[slice] = own with { Alike = (byte)Math.Min(next.Alike + 1, byte.MaxValue) };
        }
    }

    /// <summary>Column of entry k of the row of a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Column(in SliceMember member, int slice, int lane, int k) => member.Form switch
    {
        ColumnForm.Shift => (slice * Height) + lane + Shifts[member.Columns + k],
        ColumnForm.Near => member.Base + Near[(((long)member.Columns + k) * Height) + lane],
        _ => Far[(((long)member.Columns + k) * Height) + lane],
    };
}
