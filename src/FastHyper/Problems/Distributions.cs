using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// The rule for probabilities that do not quite sum to one. Within 1e-9 of one they stay as they are; a distribution within 1e-6, as
/// one that was rounded to float32 is, is divided by its sum, and so are rows of P that sum to so much above one, which is told in a
/// notice; what is further off is refused. Rows of P that sum to less end the episode.
/// </summary>
internal static class Distributions
{
    // Below this a missing probability is taken for one that somebody meant to be zero.
    private const double RareTermination = 1e-4;

    /// <summary>The uniform distribution.</summary>
    public static double[] Uniform(int states)
    {
        double[] uniform = new double[states];
        Array.Fill(uniform, 1.0 / states);
        return uniform;
    }

    /// <summary>The initial distribution, divided by its sum where that is a little off.</summary>
    /// <param name="source">Begins the message.</param>
    /// <param name="initial">μ, (S).</param>
    /// <param name="notices">Told in a line where it was divided.</param>
    /// <returns>The same array, or a copy.</returns>
    /// <exception cref="InvalidInputException">It is no distribution.</exception>
    public static double[] Mend(string source, double[] initial, ICollection<string> notices)
    {
        // Compensated, so that millions of states do not exhaust the slack by rounding.
        double sum = 0, lost = 0;
        for (int s = 0; s < initial.Length; s++)
        {
            if (!(initial[s] >= 0))
                throw new InvalidInputException($"{source}: initial[{s}] = {initial[s]}; expected a probability in [0, 1]");
            double term = initial[s] - lost, next = sum + term;
            lost = next - sum - term;
            sum = next;
        }

        double error = Math.Abs(sum - 1);
        if (error <= Transitions.RowSumSlack) return initial;
        if (!(error <= Transitions.LargestMendedExcess + Transitions.RowSumSlack))
            throw new InvalidInputException(
                $"{source}: initial[0..{initial.Length - 1}] sums to {sum}; expected 1 (to mend it, divide it by its sum)");
        notices.Add($"{source}: initial sums to {sum:R}; it was divided by its sum");
        return Array.ConvertAll(initial, p => p / sum);
    }

    /// <summary>Tells of rows that were divided by their sums.</summary>
    public static void NoteMended(string source, Transitions transitions, ICollection<string> notices)
    {
        if (transitions.Mended is not MendedRows rows) return;
        (int state, int action) = Math.DivRem(rows.First, transitions.Actions);
        string sums = rows.LeastSum == rows.LargestSum ? $"{rows.LargestSum:R}" : $"{rows.LeastSum:R} to {rows.LargestSum:R}";
        notices.Add(rows.Count == 1
            ? $"{source}: transitions of row {rows.First} (state {state}, action {action}) sum to {sums}; they were divided by their sum"
            : $"{source}: transitions of {rows.Count} rows, first row {rows.First} (state {state}, action {action}), sum to {sums}; they "
                + "were divided by their sums");
    }

    /// <summary>Tells of rows of P by which episodes end so seldom that values without discount lose their digits.</summary>
    public static void NoteRareTermination(string source, string name, Transitions transitions, ICollection<string> notices)
    {
        SparseMatrix matrix = transitions.Matrix;
        int count = 0, first = -1;
        double deficit = 0;
        for (int row = 0; row < matrix.RowCount; row++)
        {
            double missing = 1 - Termination.RowSum(matrix, row);
            if (!(missing > Transitions.RowSumSlack && missing < RareTermination)) continue;
            if (count++ > 0) continue;
            (first, deficit) = (row, missing);
        }

        if (count == 0) return;
        (int state, int action) = Math.DivRem(first, transitions.Actions);
        notices.Add(
            $"{source}: {name} = 1, and {count} {(count == 1 ? "row falls" : "rows fall")} short of one by less than {RareTermination}, "
                + $"first row {first} (state {state}, action {action}) by {deficit:G3}; where episodes end so seldom values lose their "
                    + "digits");
    }
}
