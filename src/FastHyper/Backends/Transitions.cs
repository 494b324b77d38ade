namespace FastHyper.Backends;

/// <summary>
/// Transition probabilities P(s'|s,a) of a finite MDP, row s·A+a. A row may sum to less than one: the deficit
/// terminates the episode, with value 0 after it and no entropy.
/// </summary>
public sealed class Transitions
{
    // Rounding of a row's own sum: a value of 100 shared by all states then changes by 10⁻¹¹ at the most in a sweep.
    private const double Stochastic = 1e-13;
    private readonly long[] _offsets;
    private SparseMatrix? _matrix;
    private ITransitionRows? _rows;

    /// <summary>How far above one a row may sum, for rounding in the data.</summary>
    public const double RowSumSlack = 1e-9;

    /// <summary>Creates transitions from their matrix.</summary>
    /// <param name="states">Number of states S.</param>
    /// <param name="actions">Number of follower actions A.</param>
    /// <param name="matrix">P, (S·A) × S, row s·A+a.</param>
    /// <exception cref="InvalidInputException">
    /// A shape disagrees, an entry is negative or not finite, or a row sums to more than one.
    /// </exception>
    public Transitions(int states, int actions, SparseMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        if (states < 1 || actions < 1)
            throw new InvalidInputException($"transitions: {states} states and {actions} actions; expected at least one of each");
        if (matrix.RowCount != (long)states * actions || matrix.ColumnCount != states)
            throw new InvalidInputException(
                $"transitions: a matrix of {matrix.RowCount} x {matrix.ColumnCount}; expected {(long)states * actions} rows (states x actions) and {states} columns");
        double smallest = 1;
        for (int row = 0; row < matrix.RowCount; row++)
        {
            double sum = 0;
            for (long k = matrix.Offsets[row]; k < matrix.Offsets[row + 1]; k++)
            {
                double probability = matrix.Values[k];
                if (!(probability >= 0))
                    throw new InvalidInputException($"transitions: data[{k}] = {probability} (state {row / actions}, action {row % actions}); expected a probability in [0, 1]");
                sum += probability;
            }

            if (!(sum <= 1 + RowSumSlack))
                throw new InvalidInputException($"transitions: data of row {row} (state {row / actions}, action {row % actions}) sums to {sum:R}; expected at most 1");
            MaximalRowSum = Math.Max(MaximalRowSum, sum);
            smallest = Math.Min(smallest, sum);
        }

        States = states;
        Actions = actions;
        _matrix = matrix;
        _offsets = matrix.Offsets;
        RowsSumToOne = smallest >= 1 - Stochastic && MaximalRowSum <= 1 + Stochastic;
    }

    /// <summary>Number of states S.</summary>
    public int States { get; }

    /// <summary>Number of follower actions A.</summary>
    public int Actions { get; }

    /// <summary>P, (S·A) × S, row s·A+a; made anew, and kept, where it has been released.</summary>
    public SparseMatrix Matrix => _matrix ??= Restore();

    /// <summary>Number of stored entries.</summary>
    public int EntryCount => checked((int)_offsets[^1]);

    /// <summary>What a device has laid the transitions out as, for engines to share.</summary>
    internal ITransitionRows? Rows => _rows;

    /// <summary>Whether no episode ever terminates: P is stochastic, to rounding.</summary>
    public bool RowsSumToOne { get; }

    /// <summary>The largest row sum: γ times it is the contraction factor of the Bellman operator.</summary>
    public double MaximalRowSum { get; }

    /// <summary>
    /// Forgets the compressed rows where an engine has laid the transitions out in a form that holds them exactly, 12 bytes
    /// an entry less; <see cref="Matrix"/> makes them anew from that form.
    /// </summary>
    /// <returns>Whether there is such a form.</returns>
    public bool ReleaseMatrix()
    {
        if (_rows is null) return false;
        _matrix = null;
        return true;
    }

    /// <summary>Entries of row s·A+a.</summary>
    /// <param name="row">The row.</param>
    public int RowLength(long row) => (int)(_offsets[row + 1] - _offsets[row]);

    /// <summary>Copies a row, from whichever form is there.</summary>
    /// <param name="state">s.</param>
    /// <param name="action">a.</param>
    /// <param name="columns">Successors, (<see cref="RowLength"/>) or longer, written.</param>
    /// <param name="values">Their probabilities, written.</param>
    /// <returns>Entries of the row.</returns>
    public int CopyRow(int state, int action, Span<int> columns, Span<double> values)
    {
        long row = ((long)state * Actions) + action;
        int length = RowLength(row);
        if (_matrix is null)
        {
            _rows!.CopyRow(state, action, columns[..length], values[..length]);
        }
        else
        {
            _matrix.Columns.AsSpan((int)_offsets[row], length).CopyTo(columns);
            _matrix.Values.AsSpan((int)_offsets[row], length).CopyTo(values);
        }

        return length;
    }

    /// <summary>Keeps a layout for other engines, unless there is one already.</summary>
    /// <returns>The layout that is kept.</returns>
    internal ITransitionRows Share(ITransitionRows rows) => Interlocked.CompareExchange(ref _rows, rows, null) ?? rows;

    private SparseMatrix Restore()
    {
        int[] columns = new int[EntryCount];
        double[] values = new double[EntryCount];
        for (int s = 0, row = 0; s < States; s++)
        {
            for (int a = 0; a < Actions; a++, row++)
            {
                int begin = (int)_offsets[row], length = RowLength(row);
                _rows!.CopyRow(s, a, columns.AsSpan(begin, length), values.AsSpan(begin, length));
            }
        }

        return new SparseMatrix(States, _offsets, columns, values);
    }
}
