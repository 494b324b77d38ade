using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// A problem that ends after T steps, as one of states (t, s): V_t = τ log Σ_a exp((r + γ P V_{t+1})/τ) with V_T = 0, and all that is
/// computed of problems, the exact hypergradient among it, is of policies that depend on the time. Transitions are read from those of one
/// step; rewards, features and the prior are repeated for each.
/// </summary>
internal static class FiniteHorizon
{
    /// <summary>The problem of T·S states, t·S + s.</summary>
    /// <param name="data">One step of it, checked.</param>
    /// <param name="horizon">T.</param>
    public static ProblemData Unroll(ProblemData data, int horizon)
    {
        Transitions step = data.Transitions;
        int states = step.States, actions = step.Actions, longest = 1;
        for (long row = 0; row < (long)states * actions; row++) longest = Math.Max(longest, step.RowLength(row));
        double[] initial = new double[horizon * states];
        data.Initial.CopyTo(initial, 0);
        return data with
        {
            Transitions = Transitions.FromRows(horizon * states, actions, longest, Row),
            Reward = Repeat(data.Reward, horizon),
            LeaderReward = Repeat(data.LeaderReward, horizon),
            Prior = data.Prior is null ? null : Repeat(data.Prior, horizon),
            Features = Repeat(data.Features, horizon),
            LeaderFeatures = Repeat(data.LeaderFeatures, horizon),
            Initial = initial,
            Horizon = null,
        };

        int Row(int state, int action, Span<int> columns, Span<double> values)
        {
            (int time, int s) = Math.DivRem(state, states);
            if (time == horizon - 1) return 0;
            int length = step.CopyRow(s, action, columns, values);
            foreach (ref int column in columns[..length]) column += (time + 1) * states;
            return length;
        }
    }

    private static double[] Repeat(double[] array, int times)
    {
        double[] all = new double[array.Length * times];
        for (int t = 0; t < times; t++) array.CopyTo(all, t * array.Length);
        return all;
    }

    private static SparseMatrix? Repeat(SparseMatrix? matrix, int times)
    {
        if (matrix is null) return null;
        int rows = matrix.RowCount, entries = matrix.EntryCount;
        long[] offsets = new long[((long)rows * times) + 1];
        int[] columns = new int[entries * times];
        for (int t = 0; t < times; t++)
        {
            for (int row = 0; row < rows; row++) offsets[(t * rows) + row + 1] = ((long)t * entries) + matrix.Offsets[row + 1];
            matrix.Columns.CopyTo(columns, t * entries);
        }

        return new SparseMatrix(matrix.ColumnCount, offsets, columns, Repeat(matrix.Values, times));
    }
}
