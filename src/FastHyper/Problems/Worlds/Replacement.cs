using FastHyper.Backends;

namespace FastHyper.Problems.Worlds;

/// <summary>Constants of a <see cref="Replacement"/> problem.</summary>
[Options]
public sealed partial record ReplacementOptions
{
    /// <summary>Bins of mileage S; 90 by default.</summary>
    [Range(Min = 2)]
    public int States { get; init => field = InRange.Of<ReplacementOptions>(value); } = 90;

    /// <summary>γ; 0.9999 by default.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double Gamma { get; init => field = InRange.Of<ReplacementOptions>(value); } = 0.9999;

    /// <summary>Probability of moving on by 0, 1, 2, … bins in a period; sums to one.</summary>
    [Range(Min = 0, Max = 1)]
    public IReadOnlyList<double> Moves { get; init; } = [0.3919, 0.5953, 0.0128];

    /// <summary>What θ is multiplied by in a bin's cost; 0.001 by default.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double CostScale { get; init => field = InRange.Of<ReplacementOptions>(value); } = 0.001;

    /// <summary>(RC, θ) that a fit starts from; zeros by default.</summary>
    [Range]
    public IReadOnlyList<double> X { get; init; } = [0, 0];
}

/// <summary>
/// Optimal replacement of bus engines (Rust, Econometrica 55, 1987): in each period an engine of mileage s is kept, at a cost
/// 0.001 θ s, or replaced by a new one, at a cost RC; it then moves on by a random number of bins. Choices with extreme-value shocks are
/// those of a follower of temperature 1. x = (RC, θ) is to be estimated from choices, by <c>LogLikelihood</c>; there is no leader's reward.
/// </summary>
public static class Replacement
{
    /// <summary>Builds the problem; action 0 keeps, 1 replaces.</summary>
    /// <param name="options">The constants.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    public static IncentiveProblem Create(ReplacementOptions? options = null)
    {
        ReplacementOptions o = options ?? new ReplacementOptions();
        if (o.X.Count != 2) throw new InvalidInputException($"replacement: x has {o.X.Count} numbers; expected 2, RC and theta");
        if (!(Math.Abs(o.Moves.Sum() - 1) <= 1e-9) || o.Moves.Any(move => !(move >= 0)))
            throw new InvalidInputException($"replacement: moves [{string.Join(", ", o.Moves)}]; expected probabilities that sum to 1");
        long[] offsets = new long[(2 * o.States) + 1];
        List<int> columns = [];
        List<double> values = [];
        for (int row = 0; row < 2 * o.States; row++)
        {
            int from = row % 2 == 0 ? row / 2 : 0;
            for (int move = 0; move < o.Moves.Count; move++)
            {
                int to = Math.Min(from + move, o.States - 1);
                if (columns.Count > offsets[row] && columns[^1] == to)
                {
                    values[^1] += o.Moves[move];
                    continue;
                }

                columns.Add(to);
                values.Add(o.Moves[move]);
            }

            offsets[row + 1] = columns.Count;
        }

        double[] costs = [.. Enumerable.Range(0, 2 * o.States).Select(row => row % 2 == 0 ? -o.CostScale * (row / 2) : -1)],
            initial = new double[o.States];
        initial[0] = 1;
        return LinearProblem.Create("replacement", new ProblemData
        {
            Transitions = new Transitions(o.States, 2, new SparseMatrix(o.States, offsets, [.. columns], [.. values])),
            Reward = new double[2 * o.States],
            LeaderReward = new double[2 * o.States],
            Features = new SparseMatrix(
                2, [.. Enumerable.Range(0, (2 * o.States) + 1).Select(row => (long)row)],
                [.. Enumerable.Range(0, 2 * o.States).Select(row => row % 2 == 0 ? 1 : 0)], costs),
            Initial = initial,
            Gamma = o.Gamma,
            GammaLeader = o.Gamma,
            Temperature = 1,
            X = [.. o.X],
        });
    }
}
