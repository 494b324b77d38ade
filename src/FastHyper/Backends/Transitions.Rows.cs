namespace FastHyper.Backends;

/// <content>What rows have to be.</content>
public sealed partial class Transitions
{
    /// <summary>What is known of some rows.</summary>
    private struct RowSummary
    {
        public long Entries;
        public int Longest;
        public double LargestSum;
        public double SmallestSum = 1;

        /// <summary>The smallest probability above zero.</summary>
        public double Smallest = 1;

        public MendedRows? Mended;

        public RowSummary() { }

        /// <summary>Adds a row; false where it is no distribution, or is to be mended.</summary>
        /// <param name="values">The row.</param>
        /// <param name="slack">How far below one a sum is rounding.</param>
        /// <param name="sum">Its sum; not a number where an entry is no probability.</param>
        public bool TryAdd(ReadOnlySpan<double> values, double slack, out double sum)
        {
            sum = 0;
            foreach (double probability in values)
            {
                if (!(probability >= 0))
                {
                    sum = double.NaN;
                    return false;
                }

                sum += probability;
                if (probability < SmallestKept && probability > 0) Smallest = probability;
            }

            if (!(sum <= 1 + RowSumSlack) || IsMended(sum, slack)) return false;
            Entries += values.Length;
            Longest = Math.Max(Longest, values.Length);
            LargestSum = Math.Max(LargestSum, sum);
            SmallestSum = Math.Min(SmallestSum, sum);
            return true;
        }

        public void Add(in RowSummary other)
        {
            Entries += other.Entries;
            Longest = Math.Max(Longest, other.Longest);
            LargestSum = Math.Max(LargestSum, other.LargestSum);
            SmallestSum = Math.Min(SmallestSum, other.SmallestSum);
            Smallest = Math.Min(Smallest, other.Smallest);
            Mended = Mended is null ? other.Mended : other.Mended is null ? Mended : Mended.With(other.Mended);
        }

        /// <summary>Divides a row by its sum, notes that, and adds it.</summary>
        public void AddMended(int row, Span<double> values, double sum)
        {
            foreach (ref double probability in values) probability /= sum;
            NoteMended(row, sum);
            TryAdd(values, 0, out _);
        }

        /// <summary>Notes a row that was divided by its sum.</summary>
        public void NoteMended(int row, double sum)
        {
            MendedRows one = new(1, row, sum, sum);
            Mended = Mended is null ? one : Mended.With(one);
        }
    }

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
}
