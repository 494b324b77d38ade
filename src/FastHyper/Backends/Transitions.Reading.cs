namespace FastHyper.Backends;

/// <content>Reading rows from whichever form is there, and letting go of those that are not needed.</content>
public sealed partial class Transitions
{
    /// <summary>Entries of row s·A+a.</summary>
    /// <param name="row">The row.</param>
    public int RowLength(long row) =>
        _matrix is SparseMatrix matrix ? (int)(matrix.Offsets[row + 1] - matrix.Offsets[row]) : _lengths![row];

    /// <summary>Copies a row, from whichever form is there.</summary>
    /// <param name="state">s.</param>
    /// <param name="action">a.</param>
    /// <param name="columns">Successors, (<see cref="RowLength"/>) or longer, written.</param>
    /// <param name="values">Their probabilities, written.</param>
    /// <returns>Entries of the row.</returns>
    public int CopyRow(int state, int action, Span<int> columns, Span<double> values)
    {
        Row(state, action, columns, values, out ReadOnlySpan<int> from, out ReadOnlySpan<double> probabilities);
        if (from.Overlaps(columns)) return from.Length;
        from.CopyTo(columns);
        probabilities.CopyTo(values);
        return from.Length;
    }

    /// <summary>The matrix that is there, or one made of the rows and not kept.</summary>
    internal SparseMatrix CopyMatrix()
    {
        if (_matrix is SparseMatrix there) return there;
        long[] offsets = new long[((long)States * Actions) + 1];
        for (int row = 0; row < offsets.Length - 1; row++) offsets[row + 1] = offsets[row] + RowLength(row);
        int[] columns = new int[EntryCount];
        double[] values = new double[EntryCount];
        for (int row = 0; row < offsets.Length - 1; row++)
        {
            int begin = (int)offsets[row];
            CopyRow(row / Actions, row % Actions, columns.AsSpan(begin), values.AsSpan(begin));
        }

        return new SparseMatrix(States, offsets, columns, values);
    }

    /// <summary>A row where it stands, or copied to the spans if it stands nowhere as it is.</summary>
    internal void Row(
        int state, int action, Span<int> columnSpace, Span<double> valueSpace, out ReadOnlySpan<int> columns,
        out ReadOnlySpan<double> values)
    {
        long row = ((long)state * Actions) + action;
        if (_matrix is SparseMatrix matrix)
        {
            int begin = (int)matrix.Offsets[row], end = (int)matrix.Offsets[row + 1];
            columns = matrix.Columns.AsSpan(begin, end - begin);
            values = matrix.Values.AsSpan(begin, end - begin);
            return;
        }

        // Read before the layout: it is forgotten only once there is one.
        TransitionRow? source = Volatile.Read(ref _source);
        int length = _lengths![row];
        if (_rows is ITransitionRows rows && !_dropped)
        {
            rows.CopyRow(state, action, columnSpace[..length], valueSpace[..length]);
            columns = columnSpace[..length];
            values = valueSpace[..length];
            return;
        }

        int generated = Generate(source!, (int)row, out columns, out values, out _);
        if (generated != length || columns.ContainsAnyExceptInRange(0, States - 1) || !new RowSummary().TryAdd(values, 0, out _))
            throw new InvalidInputException(
                $"transitions: row {row} (state {state}, action {action}) was not written as before; expected the same from every call");
        columns.CopyTo(columnSpace);
        values.CopyTo(valueSpace);
        columns = columnSpace[..length];
        values = valueSpace[..length];
    }

    /// <summary>Keeps a layout for other engines, unless there is one already.</summary>
    /// <returns>The layout that is kept.</returns>
    internal ITransitionRows Share(ITransitionRows rows)
    {
        ITransitionRows kept = Interlocked.CompareExchange(ref _rows, rows, null) ?? rows;
        // What the function holds on to may be large.
        if (!_dropped) _source = null;
        if (!KeepsMatrix) ReleaseMatrix();
        return kept;
    }

    /// <summary>
    /// Forgets the compressed rows where an engine has laid the transitions out in a form that holds them exactly, or where they
    /// were made row by row: 12 bytes an entry and 8 a row less. <see cref="Matrix"/> makes them anew.
    /// </summary>
    /// <returns>Whether they can be made anew.</returns>
    public bool ReleaseMatrix()
    {
        if (_source is null && (_rows is null || _dropped)) return false;
        lock (_restoring)
        {
            if (_matrix is null) return true;
            _lengths ??= RowLengths.Of(_matrix.Offsets);
            _matrix = null;
        }

        return true;
    }

    private SparseMatrix Restore()
    {
        // Kernels ask for the rows on several threads.
        lock (_restoring)
        {
            if (_matrix is not null) return _matrix;
            long[] offsets = _lengths!.Offsets();
            int[] columns = new int[EntryCount];
            double[] values = new double[EntryCount];
            for (int s = 0, row = 0; s < States; s++)
            {
                for (int a = 0; a < Actions; a++, row++)
                {
                    int begin = (int)offsets[row], length = (int)(offsets[row + 1] - offsets[row]);
                    CopyRow(s, a, columns.AsSpan(begin, length), values.AsSpan(begin, length));
                }
            }

            return _matrix = new SparseMatrix(States, offsets, columns, values);
        }
    }
}
