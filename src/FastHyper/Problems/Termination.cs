using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// With discount one the value of a policy is finite only if an episode ends from wherever it is. A policy gives every
/// action a positive probability, so a path to a terminating row suffices for that. The soft optimum asks for more: where
/// wandering on earns more entropy than ending, its values grow for ever, and the solve does not converge.
/// </summary>
internal static class Termination
{
    /// <summary>
    /// Whether every policy ends from every state: the largest set of states that some policy never leaves is empty. It is found by
    /// taking out states all of whose actions end or lead out.
    /// </summary>
    public static bool IsCertain(Transitions transitions)
    {
        SparseMatrix matrix = transitions.Matrix;
        (long[] offsets, int[] rows, int[] entries) = matrix.TransposeStructure();
        bool[] leaves = new bool[matrix.RowCount];
        int[] staying = new int[transitions.States];
        staying.AsSpan().Fill(transitions.Actions);
        Stack<int> taken = new();
        for (int row = 0; row < matrix.RowCount; row++)
            if (RowSum(matrix, row) < 1 - Transitions.RowSumSlack) Leave(row);

        int left = transitions.States;
        while (taken.TryPop(out int state))
        {
            left--;
            for (long k = offsets[state]; k < offsets[state + 1]; k++)
                if (matrix.Values[entries[k]] > 0) Leave(rows[k]);
        }

        return left == 0;

        void Leave(int row)
        {
            if (leaves[row]) return;
            leaves[row] = true;
            if (--staying[row / transitions.Actions] == 0) taken.Push(row / transitions.Actions);
        }
    }

    /// <summary>What a row sums to; the episode goes on with that probability.</summary>
    public static double RowSum(SparseMatrix matrix, int row)
    {
        double sum = 0;
        for (long k = matrix.Offsets[row]; k < matrix.Offsets[row + 1]; k++) sum += matrix.Values[k];
        return sum;
    }

    /// <exception cref="InvalidInputException">From some state no row that sums to less than one can be reached.</exception>
    public static void Require(string source, string name, Transitions transitions)
    {
        SparseMatrix matrix = transitions.Matrix;
        bool[] ends = new bool[transitions.States];
        Stack<int> reached = new();
        for (int row = 0; row < matrix.RowCount; row++)
            if (RowSum(matrix, row) < 1 - Transitions.RowSumSlack) Reach(row / transitions.Actions);

        (long[] offsets, int[] rows, int[] entries) = matrix.TransposeStructure();
        while (reached.TryPop(out int state))
            for (long k = offsets[state]; k < offsets[state + 1]; k++)
                if (matrix.Values[entries[k]] > 0) Reach(rows[k] / transitions.Actions);

        int trapped = Array.IndexOf(ends, false);
        if (trapped >= 0)
            throw new InvalidInputException(
                $"{source}: {name} = 1, but state {trapped} can never reach a terminating row; expected {name} below 1, or from every "
                    + "state a path to a row that sums to less than 1");

        void Reach(int state)
        {
            if (ends[state]) return;
            ends[state] = true;
            reached.Push(state);
        }
    }
}
