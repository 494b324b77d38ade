namespace FastHyper.Backends;

/// <summary>
/// A sparse matrix in compressed sparse rows: 64-bit row offsets, 32-bit columns, float64 values. Immutable by
/// convention; the arrays are shared, not copied.
/// </summary>
public sealed class SparseMatrix
{
    /// <summary>Wraps the three arrays of a compressed-sparse-row matrix.</summary>
    /// <param name="columnCount">Number of columns.</param>
    /// <param name="offsets">Where each row begins, and the end: (rows + 1), non-decreasing from 0.</param>
    /// <param name="columns">Column of each stored entry, (entries), each in [0, <paramref name="columnCount"/>).</param>
    /// <param name="values">Value of each stored entry, (entries).</param>
    /// <exception cref="InvalidInputException">The arrays do not form a matrix, or a value is not finite.</exception>
    public SparseMatrix(int columnCount, long[] offsets, int[] columns, double[] values)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(values);
        if (offsets.Length < 1 || offsets[0] != 0 || offsets[^1] != columns.Length || columns.Length != values.Length)
            throw new InvalidInputException(
                $"sparse matrix: offsets (length {offsets.Length}) must run from 0 to the number of entries, and columns "
                    + $"({columns.Length}) and values ({values.Length}) must be as many");
        for (int row = 1; row < offsets.Length; row++)
            if (offsets[row] < offsets[row - 1])
                throw new InvalidInputException(
                    $"sparse matrix: offsets[{row}] = {offsets[row]} is below offsets[{row - 1}] = {offsets[row - 1]}; expected a "
                        + "non-decreasing array");
        CheckEntries(columnCount, 0, columns, values);
        ColumnCount = columnCount;
        Offsets = offsets;
        Columns = columns;
        Values = values;
    }

    /// <summary>Number of rows.</summary>
    public int RowCount => Offsets.Length - 1;

    /// <summary>Number of columns.</summary>
    public int ColumnCount { get; }

    /// <summary>Number of stored entries.</summary>
    public int EntryCount => Columns.Length;

    /// <summary>Where each row begins, and the end (rows + 1).</summary>
    public long[] Offsets { get; }

    /// <summary>Column of each stored entry (entries).</summary>
    public int[] Columns { get; }

    /// <summary>Value of each stored entry (entries).</summary>
    public double[] Values { get; }

    /// <summary>Throws unless columns are in range and values finite; the first is entry <paramref name="begin"/>.</summary>
    internal static void CheckEntries(int columnCount, long begin, ReadOnlySpan<int> columns, ReadOnlySpan<double> values)
    {
        for (int k = 0; k < columns.Length; k++)
        {
            if ((uint)columns[k] >= (uint)columnCount)
                throw new InvalidInputException(
                    $"sparse matrix: columns[{begin + k}] = {columns[k]} is out of range; expected 0 to {columnCount - 1}");
            if (!double.IsFinite(values[k]))
                throw new InvalidInputException($"sparse matrix: values[{begin + k}] = {values[k]}; expected a finite number");
        }
    }

    /// <summary>
    /// The transpose's structure: for each column, the entries that lie in it, in row order.
    /// </summary>
    /// <returns>
    /// <c>Offsets</c> (columns + 1), and for each transposed entry its <c>Rows</c> and its index <c>Entries</c> in
    /// this matrix's <see cref="Values"/>.
    /// </returns>
    public (long[] Offsets, int[] Rows, int[] Entries) TransposeStructure()
    {
        long[] offsets = new long[ColumnCount + 1];
        foreach (int column in Columns) offsets[column + 1]++;
        for (int column = 0; column < ColumnCount; column++) offsets[column + 1] += offsets[column];
        long[] next = offsets[..^1];
        int[] rows = new int[EntryCount];
        int[] entries = new int[EntryCount];
        for (int row = 0; row < RowCount; row++)
        {
            for (long k = Offsets[row]; k < Offsets[row + 1]; k++)
            {
                long at = next[Columns[k]]++;
                rows[at] = row;
                entries[at] = (int)k;
            }
        }

        return (offsets, rows, entries);
    }
}
