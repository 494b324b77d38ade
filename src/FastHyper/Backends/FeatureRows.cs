namespace FastHyper.Backends;

/// <summary>
/// Features φ(s,a) ∈ Rᵏ of the states and actions of a finite MDP, one row for each pair: dense or sparse, and where features of a state
/// alone are used for each action apart, φ(s,a) = e_a ⊗ f(s), once a state.
/// </summary>
/// <remarks>
/// Dense rows take 8·S·A·k bytes, dense features of states 8·S·k/A, sparse ones 12 bytes an entry. With the rows stand the weights D of a
/// fit by least squares, min Σ D(s,a) (φ(s,a)·w − y(s,a))² + ρ‖w‖².
/// </remarks>
public sealed class FeatureRows
{
    private readonly Lazy<FeatureGroups?> _groups;

    private FeatureRows(
        int states, int actions, int width, bool perAction, double[]? dense, SparseMatrix? sparse, Lazy<FeatureGroups?>? groups = null)
    {
        States = states;
        Actions = actions;
        Width = width;
        IsPerAction = perAction;
        Dense = dense;
        Sparse = sparse;
        _groups = groups ?? new Lazy<FeatureGroups?>(() => FeatureGroups.Of(this));
    }

    /// <summary>Number of states S.</summary>
    public int States { get; }

    /// <summary>Number of actions A.</summary>
    public int Actions { get; }

    /// <summary>Number of features k.</summary>
    public int Count => IsPerAction ? Width * Actions : Width;

    /// <summary>
    /// Whether a row is stored for each state, and used for each action apart: feature a·f + j of (s,a) is number j of s.
    /// </summary>
    public bool IsPerAction { get; }

    /// <summary>Numbers in a stored row: k, or f = k/A where rows are of states.</summary>
    public int Width { get; }

    /// <summary>Stored rows: S·A, or S.</summary>
    public int RowCount => IsPerAction ? States : States * Actions;

    /// <summary>The numbers, row by row, of (s,a) or of s; null where they are sparse.</summary>
    public double[]? Dense { get; }

    /// <summary>The numbers in compressed rows; null where they are dense.</summary>
    public SparseMatrix? Sparse { get; }

    /// <summary>D(s,a) at s·A+a, zero or more; null for one everywhere.</summary>
    public double[]? Weights { get; private init; }

    /// <summary>ρ, zero or more; 0 by default.</summary>
    public double Ridge { get; private init; }

    /// <summary>States with the same features, where they are many fewer than states; null where not, and for features of pairs.</summary>
    internal FeatureGroups? Groups => _groups.Value;

    /// <summary>Bytes of the stored numbers.</summary>
    public long Bytes => Dense is not null ? 8L * Dense.LongLength : (12L * Sparse!.EntryCount) + (8L * Sparse.Offsets.Length);

    /// <summary>Dense features of pairs.</summary>
    /// <param name="states">S.</param>
    /// <param name="actions">A.</param>
    /// <param name="values">φ, (S, A, k).</param>
    /// <exception cref="InvalidInputException">The length is no multiple of S·A, or a number is not finite.</exception>
    public static FeatureRows OfPairs(int states, int actions, double[] values) => FromDense(states, actions, values, perAction: false);

    /// <summary>Sparse features of pairs.</summary>
    /// <param name="states">S.</param>
    /// <param name="actions">A.</param>
    /// <param name="rows">φ, (S·A) × k, row s·A+a.</param>
    /// <exception cref="InvalidInputException">The matrix has other rows.</exception>
    public static FeatureRows OfPairs(int states, int actions, SparseMatrix rows) => FromSparse(states, actions, rows, perAction: false);

    /// <summary>Dense features of states, used for each action apart.</summary>
    /// <param name="states">S.</param>
    /// <param name="actions">A.</param>
    /// <param name="values">f, (S, k/A).</param>
    /// <exception cref="InvalidInputException">The length is no multiple of S, or a number is not finite.</exception>
    public static FeatureRows OfStates(int states, int actions, double[] values) => FromDense(states, actions, values, perAction: true);

    /// <summary>Sparse features of states, used for each action apart.</summary>
    /// <param name="states">S.</param>
    /// <param name="actions">A.</param>
    /// <param name="rows">f, S × k/A.</param>
    /// <exception cref="InvalidInputException">The matrix has other rows.</exception>
    public static FeatureRows OfStates(int states, int actions, SparseMatrix rows) => FromSparse(states, actions, rows, perAction: true);

    /// <summary>The same features with the weights and ridge of a fit.</summary>
    /// <param name="weights">D, (S·A); null for one everywhere.</param>
    /// <param name="ridge">ρ.</param>
    /// <exception cref="InvalidInputException">
    /// There are other weights than pairs, or one is negative, or not finite; so is the ridge.
    /// </exception>
    public FeatureRows Fitted(double[]? weights, double ridge)
    {
        if (!(ridge >= 0 && double.IsFinite(ridge)))
            throw new InvalidInputException($"ridge = {ridge}; expected a finite number of at least 0");
        if (weights is not null && weights.Length != States * Actions)
            throw new InvalidInputException(
                $"value_weights: {weights.Length} numbers; expected {States * Actions}, one for each state and action");
        int at = weights is null ? -1 : Array.FindIndex(weights, weight => !(weight >= 0 && double.IsFinite(weight)));
        if (at >= 0)
            throw new InvalidInputException(
                $"value_weights[{at / Actions}, {at % Actions}] = {weights![at]}; expected a finite number of at least 0");
        return new FeatureRows(States, Actions, Width, IsPerAction, Dense, Sparse, _groups) { Weights = weights, Ridge = ridge };
    }

    /// <summary>φ(s,a): its columns, all of <see cref="Count"/> where <paramref name="columns"/> is empty, and numbers.</summary>
    /// <param name="state">s.</param>
    /// <param name="action">a.</param>
    /// <param name="first">Added to the columns: where the features of the action begin.</param>
    /// <param name="columns">Columns of sparse rows, less <paramref name="first"/>; empty of dense ones, which are columns 0, 1, ….</param>
    /// <param name="values">The numbers.</param>
    internal void Row(int state, int action, out int first, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values)
    {
        int row = IsPerAction ? state : (state * Actions) + action;
        first = IsPerAction ? action * Width : 0;
        if (Dense is not null)
        {
            columns = [];
            values = Dense.AsSpan(row * Width, Width);
            return;
        }

        int begin = (int)Sparse!.Offsets[row], count = (int)Sparse.Offsets[row + 1] - begin;
        columns = Sparse.Columns.AsSpan(begin, count);
        values = Sparse.Values.AsSpan(begin, count);
    }

    private static FeatureRows FromDense(int states, int actions, double[] values, bool perAction)
    {
        ArgumentNullException.ThrowIfNull(values);
        int rows = Rows(states, actions, perAction);
        if (values.Length == 0 || values.Length % rows != 0)
            throw new InvalidInputException(
                $"{Name(perAction)}: {values.Length} numbers; expected at least one for each of {rows} rows, and as many for each");
        int width = values.Length / rows, at = Array.FindIndex(values, value => !double.IsFinite(value));
        if (at >= 0)
        {
            int row = at / width;
            string index = perAction ? $"{row}" : $"{row / actions}, {row % actions}";
            throw new InvalidInputException($"{Name(perAction)}[{index}, {at % width}] = {values[at]}; expected a finite number");
        }

        return new FeatureRows(states, actions, width, perAction, values, null);
    }

    private static FeatureRows FromSparse(int states, int actions, SparseMatrix matrix, bool perAction)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        int rows = Rows(states, actions, perAction);
        if (matrix.RowCount != rows) throw new InvalidInputException($"{Name(perAction)}: {matrix.RowCount} rows; expected {rows}");
        if (matrix.ColumnCount == 0) throw new InvalidInputException($"{Name(perAction)}: no features; expected at least one");
        return new FeatureRows(states, actions, matrix.ColumnCount, perAction, null, matrix);
    }

    private static int Rows(int states, int actions, bool perAction)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(states, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(actions, 1);
        return perAction ? states : checked(states * actions);
    }

    private static string Name(bool perAction) => perAction ? "state_features" : "value_features";
}
