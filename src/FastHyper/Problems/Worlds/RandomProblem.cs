using FastHyper.Backends;

namespace FastHyper.Problems.Worlds;

/// <summary>What a generated problem is like.</summary>
[Options]
public sealed partial record RandomProblemOptions
{
    /// <summary>Number of states.</summary>
    [Range(Min = 1)]
    public int States { get; init => field = InRange.Of<RandomProblemOptions>(value); } = 100;

    /// <summary>Number of follower actions.</summary>
    [Range(Min = 1)]
    public int Actions { get; init => field = InRange.Of<RandomProblemOptions>(value); } = 4;

    /// <summary>Distinct successors of each state and action.</summary>
    [Range(Min = 1)]
    public int Successors { get; init => field = InRange.Of<RandomProblemOptions>(value); } = 5;

    /// <summary>Number of leader parameters.</summary>
    [Range(Min = 0)]
    public int Parameters { get; init => field = InRange.Of<RandomProblemOptions>(value); } = 10;

    /// <summary>Parameters that each reward depends on; at most <see cref="Parameters"/>.</summary>
    [Range(Min = 0)]
    public int FeaturesPerRow { get; init => field = InRange.Of<RandomProblemOptions>(value); } = 3;

    /// <summary>Probability that a step ends the episode.</summary>
    [Range(Min = 0, Max = 1)]
    public double Termination { get; init => field = InRange.Of<RandomProblemOptions>(value); }

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1)]
    public double Gamma { get; init => field = InRange.Of<RandomProblemOptions>(value); } = 0.95;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1)]
    public double GammaLeader { get; init => field = InRange.Of<RandomProblemOptions>(value); } = 0.9;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0)]
    public double Temperature { get; init => field = InRange.Of<RandomProblemOptions>(value); } = 0.1;
}

/// <summary>
/// Seeded random problems with linear rewards: successors distinct and uniform, their probabilities normalised
/// exponentials (a uniform Dirichlet), base rewards U[0, 1), features and x standard normal, scaled to unit effect.
/// </summary>
public static class RandomProblem
{
    /// <summary>Generates a problem; the same seed and options give the same problem everywhere.</summary>
    /// <param name="seed">Seed.</param>
    /// <param name="options">What it is like.</param>
    /// <exception cref="InvalidInputException">An option is out of range.</exception>
    public static ProblemData Generate(ulong seed, RandomProblemOptions? options = null)
    {
        RandomProblemOptions o = options ?? new RandomProblemOptions();
        if (o.Successors > o.States)
            throw new InvalidInputException($"random-problem: successors = {o.Successors}; expected at most {o.States} (states)");
        if (o.FeaturesPerRow > o.Parameters)
            throw new InvalidInputException(
                $"random-problem: features_per_row = {o.FeaturesPerRow}; expected at most {o.Parameters} (parameters)");
        if ((double)o.States * o.Actions * Math.Max(o.Successors, o.FeaturesPerRow) >= Array.MaxLength)
            throw new InvalidInputException(
                $"random-problem: {o.States} states, {o.Actions} actions, {o.Successors} successors and {o.FeaturesPerRow} features of "
                    + $"each; expected fewer than {Array.MaxLength} in all");

        ProblemDraws draws = new(seed);
        int rows = o.States * o.Actions;
        SparseMatrix p = Sparse(rows, o.States, o.Successors, draws, d => -Math.Log(1 - d.Uniform()));
        for (int row = 0; row < rows; row++)
        {
            Span<double> values = p.Values.AsSpan(row * o.Successors, o.Successors);
            double sum = 0;
            foreach (double value in values) sum += value;
            foreach (ref double value in values) value *= (1 - o.Termination) / sum;
        }

        double[] reward = draws.Fill(rows, d => d.Uniform());
        double[] leaderReward = draws.Fill(rows, d => d.Uniform());
        double[] initial = draws.Fill(o.States, d => d.Uniform());
        double total = initial.Sum();
        for (int s = 0; s < initial.Length; s++) initial[s] /= total;
        double scale = o.FeaturesPerRow == 0 ? 0 : 0.3 / Math.Sqrt(o.FeaturesPerRow);
        SparseMatrix? features = o.Parameters == 0 ? null : Sparse(rows, o.Parameters, o.FeaturesPerRow, draws, d => scale * d.Normal());
        SparseMatrix? leaderFeatures = o.Parameters == 0
            ? null
            : Sparse(rows, o.Parameters, o.FeaturesPerRow, draws, d => scale * d.Normal());
        return new ProblemData
        {
            Transitions = new Transitions(o.States, o.Actions, p),
            Reward = reward,
            LeaderReward = leaderReward,
            Features = features,
            LeaderFeatures = leaderFeatures,
            Initial = initial,
            Gamma = o.Gamma,
            GammaLeader = o.GammaLeader,
            Temperature = o.Temperature,
            X = draws.Fill(o.Parameters, d => d.Normal()),
        };
    }

    private static SparseMatrix Sparse(int rows, int columnCount, int perRow, ProblemDraws draws, Func<ProblemDraws, double> value)
    {
        long[] offsets = new long[rows + 1];
        int[] columns = new int[checked(rows * perRow)];
        for (int row = 0; row < rows; row++)
        {
            draws.Distinct(columnCount, columns.AsSpan(row * perRow, perRow));
            offsets[row + 1] = (long)(row + 1) * perRow;
        }

        return new SparseMatrix(columnCount, offsets, columns, draws.Fill(columns.Length, value));
    }
}
