using FastHyper.Backends;
using FastHyper.Files;

namespace FastHyper.Problems.Files;

/// <summary>
/// A matrix in a file, dense or as three arrays of compressed rows. It is judged by its headers, then by where its rows begin, and
/// its entries are read last: what is wrong with a large one is found out in little memory.
/// </summary>
internal sealed class StoredMatrix
{
    private readonly NpzReader _reader;
    private readonly string _file;
    private readonly string _name;
    private readonly int _rows;
    private long[]? _offsets;

    private StoredMatrix(NpzReader reader, string file, string name, bool isDense, int rows, int? columns, long entries)
    {
        _reader = reader;
        _file = file;
        _name = name;
        _rows = rows;
        IsDense = isDense;
        Columns = columns;
        Entries = entries;
    }

    /// <summary>Whether it is one array of all numbers, zeros included.</summary>
    public bool IsDense { get; }

    /// <summary>Number of columns; null where the headers do not say.</summary>
    public int? Columns { get; }

    /// <summary>Stored entries.</summary>
    public long Entries { get; }

    /// <summary>
    /// The arrays, and the bytes that an element takes in memory; of an entry of a dense one, beside itself, its column and value.
    /// </summary>
    public IEnumerable<(string Name, int ElementSize)> Arrays => IsDense
        ? [(_name, sizeof(double) + sizeof(int) + sizeof(double))]
        : [(_name + "indptr", sizeof(long)), (_name + "indices", sizeof(int)), (_name + "data", sizeof(double))];

    /// <summary>Precision that its values are stored in.</summary>
    public Precision StoredIn =>
        _reader.ReadHeader(IsDense ? _name : _name + "data").Type == NpyType.Float32 ? Precision.F32 : Precision.F64;

    /// <summary>A dense matrix, whose last axis is that of the columns.</summary>
    public static StoredMatrix Dense(NpzReader reader, string file, string name, int rows)
    {
        int[] shape = reader.ReadHeader(name).Shape;
        return new StoredMatrix(reader, file, name, true, rows, shape[^1], (long)rows * shape[^1]);
    }

    /// <summary>A matrix of three arrays, whose names begin alike.</summary>
    public static StoredMatrix Compressed(NpzReader reader, string file, string prefix, int rows) =>
        new(reader, file, prefix, false, rows, null, reader.ReadHeader(prefix + "indices").Count);

    /// <summary>Throws if there are more entries than places in so many columns.</summary>
    public void RequireEntries(int columns)
    {
        if (Entries <= (long)_rows * columns) return;
        string expected = columns == 0
            ? "no entries, as there are no columns"
            : $"at most {(long)_rows * columns}, as {_rows} rows of {columns} columns have";
        throw new InvalidInputException($"{_file}: {_name}indices: {Entries} entries; expected {expected}");
    }

    /// <summary>Reads where the rows begin, if that is stored.</summary>
    public void ReadOffsets()
    {
        if (IsDense || _offsets is not null) return;
        long[] offsets = _reader.ReadInt64(_name + "indptr").Data;
        for (int row = 0; row < offsets.Length; row++)
        {
            long least = row == 0 ? 0 : offsets[row - 1], most = row == 0 ? 0 : Entries;
            if (offsets[row] < least || offsets[row] > most || (row == offsets.Length - 1 && offsets[row] != most))
                throw new InvalidInputException(
                    $"{_file}: {_name}indptr[{row}] = {offsets[row]}; expected offsets that do not decrease, from 0 to the {Entries} "
                        + "entries");
        }

        _offsets = offsets;
    }

    /// <summary>Reads the columns of the entries.</summary>
    public int[] ReadColumns() => _reader.ReadInt32(_name + "indices").Data;

    /// <summary>Reads the matrix.</summary>
    /// <param name="columnCount">Number of columns.</param>
    /// <param name="columns">Columns of the entries, where they have been read.</param>
    public SparseMatrix Read(int columnCount, int[]? columns = null)
    {
        if (IsDense) return Compress(_reader.ReadDoubles(_name).Data, columnCount);
        ReadOffsets();
        columns ??= ReadColumns();
        int at = columns.AsSpan().IndexOfAnyExceptInRange(0, columnCount - 1);
        if (at >= 0)
            throw new InvalidInputException(
                $"{_file}: {_name}indices[{at}] = {columns[at]}; expected a column from 0 to {columnCount - 1}");
        double[] values = _reader.ReadDoubles(_name + "data").Data;
        at = Array.FindIndex(values, value => !double.IsFinite(value));
        if (at >= 0) throw new InvalidInputException($"{_file}: {_name}data[{at}] = {values[at]}; expected a finite number");
        return new SparseMatrix(columnCount, _offsets!, columns, values);
    }

    /// <summary>The entries other than zero of a dense matrix.</summary>
    private SparseMatrix Compress(double[] dense, int columnCount)
    {
        long[] offsets = new long[_rows + 1];
        int entries = dense.Length - dense.AsSpan().Count(0.0);
        int[] columns = new int[entries];
        double[] values = new double[entries];
        for (int row = 0, at = 0; row < _rows; row++)
        {
            ReadOnlySpan<double> numbers = dense.AsSpan(row * columnCount, columnCount);
            for (int column = 0; column < columnCount; column++)
            {
                double value = numbers[column];
                if (value == 0) continue;
                if (!double.IsFinite(value))
                    throw new InvalidInputException($"{_file}: {_name}: row {row}, column {column}: {value}; expected a finite number");
                (columns[at], values[at++]) = (column, value);
            }

            offsets[row + 1] = at;
        }

        return new SparseMatrix(columnCount, offsets, columns, values);
    }
}
