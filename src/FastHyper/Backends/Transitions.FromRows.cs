namespace FastHyper.Backends;

/// <content>Rows that a function writes when it is asked to.</content>
public sealed partial class Transitions
{
    private Transitions(int states, int actions, int maxRowLength, TransitionRow source)
    {
        States = states;
        Actions = actions;
        _maximalRowLength = maxRowLength;
        _source = source;
        int rows = states * actions, blocks = ((rows - 1) / RowsInBlock) + 1;
        _lengths = new RowLengths(rows, maxRowLength);
        RowSummary all = new();
        bool refused = false;
        Lock merging = new();
        if (blocks == 1) Summarise(0);
        else Parallel.For(0, blocks, Summarise);
        if (refused) RefuseFirst();
        _lengths.Shrink();
        (_entries, LongestRow, MaxRowSum, RowsSumToOne, _dropped) = Finish(all);
        Mended = all.Mended;

        void Summarise(int block)
        {
            RowSummary summary = new();
            bool sound = true;
            for (int row = block * RowsInBlock; sound && row < (int)Math.Min(rows, (block + 1L) * RowsInBlock); row++)
            {
                int length;
                try
                {
                    length = Generate(source, row, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values, out double sum);
                    if (IsMended(sum, 0)) summary.NoteMended(row, sum);
                    sound = (uint)length <= (uint)maxRowLength && !columns.ContainsAnyExceptInRange(0, states - 1)
                        && summary.TryAdd(values, 0, out _);
                }
                catch (Exception)
                {
                    // Thrown again by the first row that throws.
                    sound = false;
                    break;
                }

                if (sound) _lengths[row] = length;
            }

            lock (merging)
            {
                refused |= !sound;
                all.Add(summary);
            }
        }
    }

    /// <summary>
    /// Creates transitions from a function that writes a row when it is asked to, so that large ones are never held as a matrix:
    /// an engine lays the rows out as they come. <see cref="Matrix"/> is made where it is asked for.
    /// </summary>
    /// <param name="states">Number of states S.</param>
    /// <param name="actions">Number of follower actions A.</param>
    /// <param name="maxRowLength">Entries that a row has at the most.</param>
    /// <param name="row">Writes row (s,a); called several times for each, from several threads at once.</param>
    /// <exception cref="InvalidInputException">
    /// A number is out of range, a successor is no state, a probability is negative or not finite, or a row sums to more than one.
    /// </exception>
    public static Transitions FromRows(int states, int actions, int maxRowLength, TransitionRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        CheckShape(states, actions);
        if ((long)states * actions >= Array.MaxLength)
            throw new InvalidInputException(
                $"transitions: {states} states and {actions} actions; expected fewer than {Array.MaxLength} rows (states x actions)");
        if (maxRowLength < 0)
            throw new InvalidInputException($"transitions: rows of at most {maxRowLength} entries; expected 0 or more");
        return new Transitions(states, actions, maxRowLength, row);
    }

    /// <summary>Says what is wrong with generated rows, as it would be said of their matrix.</summary>
    private void RefuseFirst()
    {
        for (int pass = 0; pass < 2; pass++)
        {
            long begin = 0;
            for (int row = 0; row < States * Actions; row++)
            {
                int length = Generate(_source!, row, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values, out _);
                if ((uint)length > (uint)_maximalRowLength)
                    throw new InvalidInputException(
                        $"transitions: row {row} (state {row / Actions}, action {row % Actions}) has {length} entries; expected 0 to "
                            + $"{_maximalRowLength}");
                if (pass == 0) SparseMatrix.CheckEntries(States, begin, columns, values);
                else Refuse(row, Actions, begin, values);
                begin += length;
            }
        }

        throw new InvalidInputException("transitions: a row was not written as before; expected the same from every call");
    }

    /// <summary>Has a row written to this thread's scratch; empty where its length is not one.</summary>
    /// <param name="source">Writes it.</param>
    /// <param name="row">Its number.</param>
    /// <param name="columns">Its successors.</param>
    /// <param name="values">Their probabilities, mended where they are to be.</param>
    /// <param name="sum">Their sum as they were written.</param>
    private int Generate(TransitionRow source, int row, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values, out double sum)
    {
        if (t_scratch.Columns is null || t_scratch.Columns.Length < _maximalRowLength)
            t_scratch = (new int[_maximalRowLength], new double[_maximalRowLength]);
        (int state, int action) = Math.DivRem(row, Actions);
        // Taken out, so that a function that asks other transitions for their rows does not write over its own.
        (int[] columnSpace, double[] valueSpace) = t_scratch;
        t_scratch = default;
        int length;
        try
        {
            length = source(state, action, columnSpace.AsSpan(0, _maximalRowLength), valueSpace.AsSpan(0, _maximalRowLength));
        }
        finally
        {
            t_scratch = (columnSpace, valueSpace);
        }

        int sound = (uint)length <= (uint)_maximalRowLength ? length : 0;
        columns = columnSpace.AsSpan(0, sound);
        Span<double> written = valueSpace.AsSpan(0, sound);
        sum = Sum(written);
        if (IsMended(sum, 0))
            foreach (ref double probability in written) probability /= sum;
        values = written;
        return length;
    }
}
