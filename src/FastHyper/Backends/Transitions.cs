namespace FastHyper.Backends;

/// <summary>
/// Transition probabilities P(s'|s,a) of a finite MDP, row s·A+a. A row may sum to less than one: the deficit
/// terminates the episode, with value 0 after it and no entropy.
/// </summary>
public sealed class Transitions
{
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
        Matrix = matrix;
        RowsSumToOne = smallest >= 1 - RowSumSlack;
    }

    /// <summary>Number of states S.</summary>
    public int States { get; }

    /// <summary>Number of follower actions A.</summary>
    public int Actions { get; }

    /// <summary>P, (S·A) × S, row s·A+a.</summary>
    public SparseMatrix Matrix { get; }

    /// <summary>Whether no episode ever terminates: P is stochastic.</summary>
    public bool RowsSumToOne { get; }

    /// <summary>The largest row sum: γ times it is the contraction factor of the Bellman operator.</summary>
    public double MaximalRowSum { get; }
}
