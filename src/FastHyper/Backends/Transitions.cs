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

    private static void CheckShape(int states, int actions)
    {
        if (states < 1 || actions < 1)
            throw new InvalidInputException($"transitions: {states} states and {actions} actions; expected at least one of each");
    }

    private static (long Entries, int Longest, double LargestSum, bool SumToOne, bool Dropped) Finish(in RowSummary all) =>
        (all.Entries, all.Longest, all.LargestSum, all.SmallestSum >= 1 - Stochastic
            && all.LargestSum <= 1 + Stochastic, all.Smallest < SmallestKept);
}
