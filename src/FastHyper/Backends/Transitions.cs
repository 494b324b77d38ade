namespace FastHyper.Backends;

/// <summary>
/// Transition probabilities P(s'|s,a) of a finite MDP, row s·A+a. A row may sum to less than one: the deficit
/// terminates the episode, with value 0 after it and no entropy.
/// </summary>
public sealed partial class Transitions
{
    // Rounding of a row's own sum: a value of 100 shared by all states then changes by 10⁻¹¹ at the most in a sweep.
    private const double Stochastic = 1e-13;

    // What a thread takes at once.
    private const int RowsInBlock = 2048;

    // Layouts hold probabilities from float32's smallest normal number on to the bit, and may drop smaller ones.
    private const double SmallestKept = 1.17549435e-38;

    [ThreadStatic]
    private static (int[] Columns, double[] Values) t_scratch;

    private readonly Lock _restoring = new();
    private readonly long _entries;
    private readonly int _maximalRowLength;
    private readonly bool _dropped;
    private RowLengths? _lengths;
    private TransitionRow? _source;
    private SparseMatrix? _matrix;
    private ITransitionRows? _rows;

    /// <summary>How far above one a row may sum and stay as it is, for rounding in the data.</summary>
    public const double RowSumSlack = 1e-9;

    /// <summary>
    /// How far above one a row may sum to be divided by its sum, for data that were rounded to float32 or to six decimals; rows that
    /// sum to more are refused.
    /// </summary>
    public const double LargestMendedExcess = 1e-6;

    /// <summary>Creates transitions from their matrix.</summary>
    /// <param name="states">Number of states S.</param>
    /// <param name="actions">Number of follower actions A.</param>
    /// <param name="matrix">P, (S·A) × S, row s·A+a.</param>
    /// <param name="roundedTo">
    /// What the probabilities were rounded to before they came here: a row that falls short of one by no more than
    /// <see cref="LargestMendedExcess"/> has lost as much to rounding in float32, and is divided by its sum, too; in float64 it ends
    /// the episode as seldom.
    /// </param>
    /// <exception cref="InvalidInputException">
    /// A shape disagrees, an entry is negative or not finite, or a row sums to more than one.
    /// </exception>
    public Transitions(int states, int actions, SparseMatrix matrix, Precision roundedTo = Precision.F64)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        CheckShape(states, actions);
        if (matrix.RowCount != (long)states * actions || matrix.ColumnCount != states)
            throw new InvalidInputException(
                $"transitions: a matrix of {matrix.RowCount} x {matrix.ColumnCount}; expected {(long)states * actions} rows (states x "
                    + $"actions) and {states} columns");
        double slack = roundedTo == Precision.F32 ? LargestMendedExcess + RowSumSlack : 0;
        RowSummary all = new();
        double[] own = matrix.Values;
        for (int row = 0; row < matrix.RowCount; row++)
        {
            long begin = matrix.Offsets[row];
            int length = (int)(matrix.Offsets[row + 1] - begin);
            if (all.TryAdd(own.AsSpan((int)begin, length), slack, out double sum)) continue;
            if (!IsMended(sum, slack)) Refuse(row, actions, begin, own.AsSpan((int)begin, length));
            // The arrays are the caller's.
            if (own == matrix.Values) own = [.. own];
            all.AddMended(row, own.AsSpan((int)begin, length), sum);
        }

        States = states;
        Actions = actions;
        _matrix = own == matrix.Values ? matrix : new SparseMatrix(states, matrix.Offsets, matrix.Columns, own);
        (_entries, LongestRow, MaxRowSum, RowsSumToOne, _dropped) = Finish(all);
        Mended = all.Mended;
    }

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

    /// <summary>The rows that were divided by their sums; null where there are none.</summary>
    public MendedRows? Mended { get; }

    /// <summary>Number of states S.</summary>
    public int States { get; }

    /// <summary>Number of follower actions A.</summary>
    public int Actions { get; }

    /// <summary>P, (S·A) × S, row s·A+a; made anew, and kept, where it has been released or never was.</summary>
    public SparseMatrix Matrix => _matrix ?? Restore();

    /// <summary>Number of stored entries.</summary>
    public int EntryCount => checked((int)_entries);

    /// <summary>The same, where there may be more than 2³¹ of them.</summary>
    internal long StoredEntries => _entries;

    /// <summary>
    /// Whether compressed rows that were given stay when an engine has laid the transitions out in a form that holds them
    /// exactly; if not, they are released then, as by <see cref="ReleaseMatrix"/>.
    /// </summary>
    public bool KeepsMatrix { get; init; } = true;

    /// <summary>What a device has laid the transitions out as, for engines to share.</summary>
    internal ITransitionRows? Rows => _rows;

    /// <summary>The compressed rows, if they are there.</summary>
    internal SparseMatrix? MatrixInMemory => _matrix;

    /// <summary>Entries of the longest row.</summary>
    internal int LongestRow { get; }

    /// <summary>Whether no episode ever terminates: P is stochastic, to rounding.</summary>
    public bool RowsSumToOne { get; }

    /// <summary>The largest row sum: γ times it is the contraction factor of the Bellman operator.</summary>
    public double MaxRowSum { get; }

    /// <summary>Transitions from a dense array; zeros are not stored.</summary>
    /// <param name="states">Number of states S.</param>
    /// <param name="actions">Number of actions A.</param>
    /// <param name="probabilities">P(s'|s,a) at (s·A + a)·S + s'.</param>
    /// <exception cref="InvalidInputException">
    /// There are not S·A·S of them, one is negative or not finite, or a row sums to more than one.
    /// </exception>
    public static Transitions Dense(int states, int actions, ReadOnlySpan<double> probabilities)
    {
        CheckShape(states, actions);
        if (probabilities.Length != (long)states * actions * states)
            throw new InvalidInputException(
                $"transitions: {probabilities.Length} probabilities; expected {(long)states * actions * states}, (S, A, S)");
        long[] offsets = new long[(states * actions) + 1];
        List<int> columns = [];
        List<double> values = [];
        for (int row = 0; row < states * actions; row++)
        {
            for (int next = 0; next < states; next++)
            {
                double probability = probabilities[(row * states) + next];
                if (probability == 0) continue;
                columns.Add(next);
                values.Add(probability);
            }

            offsets[row + 1] = columns.Count;
        }

        return new Transitions(states, actions, new SparseMatrix(states, offsets, [.. columns], [.. values]));
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

    private static void CheckShape(int states, int actions)
    {
        if (states < 1 || actions < 1)
            throw new InvalidInputException($"transitions: {states} states and {actions} actions; expected at least one of each");
    }

    private static (long Entries, int Longest, double LargestSum, bool SumToOne, bool Dropped) Finish(in RowSummary all) =>
        (all.Entries, all.Longest, all.LargestSum, all.SmallestSum >= 1 - Stochastic
            && all.LargestSum <= 1 + Stochastic, all.Smallest < SmallestKept);

    /// <summary>Says what is wrong with a row.</summary>
    private static void Refuse(int row, int actions, long begin, ReadOnlySpan<double> values)
    {
        double sum = 0;
        for (int k = 0; k < values.Length; k++)
        {
            if (!(values[k] >= 0))
                throw new InvalidInputException(
                    $"transitions: data[{begin + k}] = {values[k]} (state {row / actions}, action {row % actions}); expected a "
                        + "probability in [0, 1]");
            sum += values[k];
        }

        if (!(sum <= 1 + RowSumSlack))
            throw new InvalidInputException(
                $"transitions: data of row {row} (state {row / actions}, action {row % actions}) sums to {sum:R}; expected at most 1 (to "
                    + "mend it, divide each row by its sum)");
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

    /// <summary>Whether a row of such a sum is divided by it, where sums so far below one are rounding.</summary>
    private static bool IsMended(double sum, double slack) =>
        (sum > 1 + RowSumSlack && sum <= 1 + LargestMendedExcess + RowSumSlack) || (sum < 1 - RowSumSlack && sum >= 1 - slack);

    /// <summary>The sum of a row; not a number where an entry is no probability.</summary>
    private static double Sum(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double probability in values) sum = probability >= 0 ? sum + probability : double.NaN;
        return sum;
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
