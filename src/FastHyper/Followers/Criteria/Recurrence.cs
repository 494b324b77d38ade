using FastHyper.Backends;

namespace FastHyper.Followers.Criteria;

/// <summary>The states that a process returns to for ever, under policies that give every action a chance.</summary>
internal static class Recurrence
{
    // Steps from an even start, after which the state that is likeliest is one of those that are often returned to.
    private const int Steps = 64;

    /// <summary>A state that all states lead to, and that is often returned to.</summary>
    /// <param name="name">The problem's.</param>
    /// <param name="transitions">P.</param>
    /// <exception cref="InvalidInputException">An episode ends, or there is no such state.</exception>
    public static int Find(string name, Transitions transitions)
    {
        SparseMatrix matrix = transitions.Matrix;
        int states = transitions.States, actions = transitions.Actions;
        if (!transitions.RowsSumToOne)
            throw new InvalidInputException(
                $"{name}: average reward where episodes end (a row sums to less than 1); expected a process that goes on for ever");
        (long[] offsets, int[] rows, int[] entries) = matrix.TransposeStructure();
        // Of walks against the steps from states that none before has come to, the last comes to all states if any does.
        bool[] seen = new bool[states], leads = new bool[states], closed = new bool[states];
        int last = 0;
        for (int s = 0; s < states; s++)
        {
            if (seen[s]) continue;
            last = s;
            Walk(s, seen, Predecessors);
        }

        Walk(last, leads, Predecessors);
        int astray = Array.IndexOf(leads, false);
        if (astray >= 0)
            throw new InvalidInputException(
                $"{name}: average reward where state {astray} never leads to state {last}: there is more than one class of states that is "
                    + "never left (multichain); expected one");
        Walk(last, closed, Successors);
        return Likeliest(matrix, states, actions, closed);

        IEnumerable<int> Successors(int s)
        {
            for (long k = matrix.Offsets[s * actions]; k < matrix.Offsets[(s + 1) * actions]; k++)
                if (matrix.Values[k] > 0) yield return matrix.Columns[k];
        }

        IEnumerable<int> Predecessors(int s)
        {
            for (long k = offsets[s]; k < offsets[s + 1]; k++)
                if (matrix.Values[entries[k]] > 0) yield return rows[k] / actions;
        }
    }

    /// <summary>P without its column z: transitions keep their places, with probability zero.</summary>
    public static Transitions Cut(Transitions transitions, int start)
    {
        SparseMatrix p = transitions.Matrix;
        double[] values = [.. p.Values];
        for (int k = 0; k < values.Length; k++) if (p.Columns[k] == start) values[k] = 0;
        return new Transitions(transitions.States, transitions.Actions, new SparseMatrix(p.ColumnCount, p.Offsets, p.Columns, values));
    }

    private static void Walk(int from, bool[] seen, Func<int, IEnumerable<int>> next)
    {
        Stack<int> open = new([from]);
        seen[from] = true;
        while (open.TryPop(out int state))
        {
            foreach (int other in next(state))
            {
                if (seen[other]) continue;
                seen[other] = true;
                open.Push(other);
            }
        }
    }

    /// <summary>
    /// Of some states the likeliest after some steps of the uniform policy, where each step is left out half of the time.
    /// </summary>
    private static int Likeliest(SparseMatrix p, int states, int actions, bool[] among)
    {
        double[] now = new double[states], then = new double[states];
        now.AsSpan().Fill(1.0 / states);
        for (int step = 0; step < Steps; step++)
        {
            then.AsSpan().Clear();
            for (int row = 0; row < p.RowCount; row++)
            {
                double flow = now[row / actions] / actions / 2;
                for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++) then[p.Columns[k]] += flow * p.Values[k];
            }

            for (int s = 0; s < states; s++) then[s] += now[s] / 2;
            (now, then) = (then, now);
        }

        int best = -1;
        for (int s = 0; s < states; s++) if (among[s] && (best < 0 || now[s] > now[best])) best = s;
        return best;
    }
}
