namespace FastHyper.Backends.Cpu.SlicedEll;

/// <summary>The rows of one slice, group by group and member by member: in arrays of their own, or where they stand anyway.</summary>
internal sealed class SliceRows(int members)
{
    private readonly int[] _begins = new int[(SlicedMatrix.Height * members) + 1];
    private int[] _ownColumns = [];
    private double[] _ownValues = [];
    private int[] _columns = [];
    private double[] _values = [];
    private int _rows;

    /// <summary>First group of the slice.</summary>
    public int First { get; private set; }

    /// <summary>Groups of the slice, without those beyond the last.</summary>
    public int Count { get; private set; }

    /// <summary>Columns of the row of a lane.</summary>
    public ReadOnlySpan<int> Columns(int lane, int member)
    {
        int row = (lane * members) + member;
        return _columns.AsSpan(_begins[row], _begins[row + 1] - _begins[row]);
    }

    /// <summary>Values of the row of a lane; empty where there are none.</summary>
    public ReadOnlySpan<double> Values(int lane, int member)
    {
        int row = (lane * members) + member;
        return _values.Length == 0 ? [] : _values.AsSpan(_begins[row], _begins[row + 1] - _begins[row]);
    }

    /// <summary>Reads a slice of as many groups as are left.</summary>
    public void Read(ISliceSource source, int slice, int groups)
    {
        First = slice * SlicedMatrix.Height;
        Count = Math.Min(SlicedMatrix.Height, groups - First);
        _rows = 0;
        _columns = _ownColumns;
        _values = source.HasValues ? _ownValues : [];
        source.Read(slice, this);
    }

    /// <summary>Rows that stand in compressed rows already.</summary>
    public void Refer(long[] offsets, int[] columns, double[] values)
    {
        long first = (long)First * members;
        for (int row = 0; row <= Count * members; row++) _begins[row] = (int)offsets[first + row];
        _columns = columns;
        _values = values;
    }

    /// <summary>Space for the columns of the next row; <see cref="Advance"/> tells how much of it was used.</summary>
    public Span<int> ReserveColumns(int length)
    {
        int begin = _begins[_rows];
        if (_ownColumns.Length < begin + length) Array.Resize(ref _ownColumns, Math.Max(2 * _ownColumns.Length, begin + length));
        _columns = _ownColumns;
        return _ownColumns.AsSpan(begin, length);
    }

    /// <summary>Space for the values of the next row.</summary>
    public Span<double> ReserveValues(int length)
    {
        int begin = _begins[_rows];
        if (_ownValues.Length < begin + length) Array.Resize(ref _ownValues, Math.Max(2 * _ownValues.Length, begin + length));
        _values = _ownValues;
        return _ownValues.AsSpan(begin, length);
    }

    /// <summary>Ends a row.</summary>
    public void Advance(int length) => _begins[_rows + 1] = _begins[_rows++] + length;
}
