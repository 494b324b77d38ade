namespace FastHyper.Backends;

/// <summary>Entries of every row of a matrix in one, two or four bytes each, or in one number where they are all alike.</summary>
internal sealed class RowLengths
{
    private readonly int _rows;
    private byte[]? _bytes;
    private ushort[]? _shorts;
    private int[]? _numbers;
    private int _each;

    /// <summary>Makes room for the lengths of rows, to be written.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="longest">The largest length that may be written.</param>
    public RowLengths(int rows, int longest)
    {
        _rows = rows;
        if (longest <= byte.MaxValue) _bytes = new byte[rows];
        else if (longest <= ushort.MaxValue) _shorts = new ushort[rows];
        else _numbers = new int[rows];
    }

    public int this[long row]
    {
        get => _bytes is not null ? _bytes[row] : _shorts is not null ? _shorts[row] : _numbers is not null ? _numbers[row] : _each;
        set
        {
            if (_bytes is not null) _bytes[row] = (byte)value;
            else if (_shorts is not null) _shorts[row] = (ushort)value;
            else _numbers![row] = value;
        }
    }

    /// <summary>The lengths of compressed rows.</summary>
    public static RowLengths Of(long[] offsets)
    {
        int rows = offsets.Length - 1;
        long longest = 0;
        for (int row = 0; row < rows; row++) longest = Math.Max(longest, offsets[row + 1] - offsets[row]);
        RowLengths lengths = new(rows, (int)longest);
        for (int row = 0; row < rows; row++) lengths[row] = (int)(offsets[row + 1] - offsets[row]);
        lengths.Shrink();
        return lengths;
    }

    /// <summary>Keeps one number where all rows are as long as the first; nothing is written from then on.</summary>
    public void Shrink()
    {
        int first = this[0];
        for (int row = 1; row < _rows; row++)
            if (this[row] != first) return;
        _each = first;
        _bytes = null;
        _shorts = null;
        _numbers = null;
    }

    /// <summary>Where each row begins, and the end: (rows + 1).</summary>
    public long[] Offsets()
    {
        long[] offsets = new long[_rows + 1];
        for (int row = 0; row < _rows; row++) offsets[row + 1] = offsets[row] + this[row];
        return offsets;
    }
}
