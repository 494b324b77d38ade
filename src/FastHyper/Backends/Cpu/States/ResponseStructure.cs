using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.States;

/// <summary>
/// The structure of P_π = Σ_a π(a|·) P(·|·,a), whatever π: a state's row holds the columns of all its actions once. Where
/// actions lead to the same neighbours it has A times fewer entries than P; where they do not, it is not worth having.
/// </summary>
internal sealed unsafe class ResponseStructure : IDisposable
{
    private const int Sample = 256;
    private const double WorthHaving = 0.6;
    private readonly NativeArray<uint> _begins;
    private readonly NativeArray<byte> _slots;
    private readonly NativeArray<byte> _lengths;

    private ResponseStructure(SlicedMatrix matrix, long[] offsets, uint[] begins, List<byte> slots)
    {
        Matrix = matrix;
        _lengths = new NativeArray<byte>(matrix.Groups);
        for (int s = 0; s < matrix.Groups; s++) _lengths.Pointer[s] = (byte)(offsets[s + 1] - offsets[s]);
        _begins = new NativeArray<uint>(begins.Length);
        begins.CopyTo(new Span<uint>(_begins.Pointer, begins.Length));
        _slots = new NativeArray<byte>(slots.Count);
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(slots).CopyTo(new Span<byte>(_slots.Pointer, slots.Count));
    }

    /// <summary>P_π, whose values are written for each π; one member, float32.</summary>
    public SlicedMatrix Matrix { get; }

    /// <summary>
    /// Where each slice's slots begin: for entry k of action a, in that order, the entry of P_π that it adds to. One for all
    /// rows of the slice where P_π's columns are shifts, else one for each of them.
    /// </summary>
    public uint* Begins => _begins.Pointer;

    public byte* Slots => _slots.Pointer;

    /// <summary>Entries of each state's row, padding not among them.</summary>
    public byte* Lengths => _lengths.Pointer;

    public long Bytes => Matrix.Bytes + (_begins.Length * sizeof(uint)) + _slots.Length + _lengths.Length;

    /// <summary>Lays P_π out; null where it would have almost as many entries as P.</summary>
    public static ResponseStructure? Create(Transitions transitions, SlicedMatrix p)
    {
        int states = transitions.States, actions = transitions.Actions;
        List<int> merged = [];
        int[] columns = new int[LongestRow(p)];
        double[] values = new double[columns.Length];
        long all = 0, kept = 0;
        int step = Math.Max(1, states / Sample);
        for (int s = 0; s < states; s += step)
        {
            all += Merge(s);
            if (merged.Count > byte.MaxValue) return null;
            kept += merged.Count;
        }

        if (kept > WorthHaving * all) return null;

        long[] offsets = new long[states + 1];
        int[] mergedColumns = new int[checked((int)(kept * step) + 64)];
        int stored = 0;
        uint[] begins = new uint[p.Slices];
        List<byte> slots = [];
        Dictionary<string, (uint Begin, int[] Offsets)> patterns = [];
        for (int slice = 0; slice < p.Slices; slice++)
        {
            int first = slice * SlicedMatrix.Height;
            int last = Math.Min(first + SlicedMatrix.Height, states);
            string? key = Pattern(p, slice);
            if (key is not null && patterns.TryGetValue(key, out (uint Begin, int[] Offsets) known))
            {
                begins[slice] = known.Begin;
                for (int s = first; s < last; s++)
                {
                    foreach (int offset in known.Offsets) Add(s + offset);
                    offsets[s + 1] = stored;
                }

                continue;
            }

            begins[slice] = checked((uint)slots.Count);
            int lanes = key is null ? SlicedMatrix.Height : 1;
            SliceMember* members = p.MemberTable + ((long)slice * actions);
            int width = 0;
            for (int a = 0; a < actions; a++) width += members[a].Width;
            int begin = slots.Count;
            for (int i = 0; i < width * lanes; i++) slots.Add(0);
            for (int s = first; s < last; s++)
            {
                Merge(s);
                if (merged.Count > byte.MaxValue) return null;
                foreach (int column in merged) Add(column);
                offsets[s + 1] = stored;
                int lane = s - first;
                if (lane >= lanes) continue;
                int at = 0;
                for (int a = 0; a < actions; a++)
                {
                    int length = transitions.CopyRow(s, a, columns, values);
                    for (int k = 0; k < length; k++) slots[begin + ((at + k) * lanes) + lane] = (byte)merged.BinarySearch(columns[k]);
                    at += members[a].Width;
                }
            }

            if (key is null) continue;
            Merge(first);
            patterns[key] = (begins[slice], [.. merged.Select(column => column - first)]);
        }

        return new ResponseStructure(new SlicedMatrix(states, 1, offsets, mergedColumns, [], exact: false, share: false), offsets, begins, slots);

        // The columns of all the actions of a state, once each, ascending.
        int Merge(int s)
        {
            merged.Clear();
            int entries = 0;
            for (int a = 0; a < actions; a++)
            {
                int length = transitions.CopyRow(s, a, columns, values);
                entries += length;
                for (int k = 0; k < length; k++)
                {
                    int at = merged.BinarySearch(columns[k]);
                    if (at < 0) merged.Insert(~at, columns[k]);
                }
            }

            return entries;
        }

        void Add(int column)
        {
            if (stored == mergedColumns.Length) Array.Resize(ref mergedColumns, checked(stored + (stored / 4) + 64));
            mergedColumns[stored++] = column;
        }
    }

    public void Dispose()
    {
        Matrix.Dispose();
        _begins.Dispose();
        _slots.Dispose();
        _lengths.Dispose();
    }

    private static int LongestRow(SlicedMatrix p)
    {
        int longest = 1;
        for (long at = 0; at < (long)p.Slices * p.Members; at++) longest = Math.Max(longest, p.MemberTable[at].Width);
        return longest;
    }

    /// <summary>Which patterns of offsets the actions of a slice follow; null where one follows none.</summary>
    private static string? Pattern(SlicedMatrix p, int slice)
    {
        Span<char> key = stackalloc char[2 * p.Members];
        for (int a = 0; a < p.Members; a++)
        {
            SliceMember member = p.MemberTable[((long)slice * p.Members) + a];
            if (member.Form != ColumnForm.Shift) return null;
            key[2 * a] = (char)(member.Columns & 0xFFFF);
            key[(2 * a) + 1] = (char)(member.Columns >> 16);
        }

        return new string(key);
    }
}
