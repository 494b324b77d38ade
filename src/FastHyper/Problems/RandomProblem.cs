using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>What a generated problem is like.</summary>
public sealed record RandomProblemOptions
{
    /// <summary>Number of states.</summary>
    public int States { get; init; } = 100;

    /// <summary>Number of follower actions.</summary>
    public int Actions { get; init; } = 4;

    /// <summary>Distinct successors of each state and action.</summary>
    public int Successors { get; init; } = 5;

    /// <summary>Number of leader parameters.</summary>
    public int Parameters { get; init; } = 10;

    /// <summary>Parameters that each reward depends on; at most <see cref="Parameters"/>.</summary>
    public int FeaturesPerRow { get; init; } = 3;

    /// <summary>Probability that a step ends the episode.</summary>
    public double Termination { get; init; }

    /// <summary>Follower's discount γ.</summary>
    public double Gamma { get; init; } = 0.95;

    /// <summary>Leader's discount γ_L.</summary>
    public double GammaLeader { get; init; } = 0.9;

    /// <summary>Entropy temperature τ.</summary>
    public double Temperature { get; init; } = 0.1;
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
        if (o.States < 1 || o.Actions < 1 || o.Successors < 1 || o.Successors > o.States)
            throw new InvalidInputException($"random problem: {o.States} states, {o.Actions} actions, {o.Successors} successors; expected at least 1 of each, and no more successors than states");
        if (o.Parameters < 0 || o.FeaturesPerRow < 0 || o.FeaturesPerRow > o.Parameters)
            throw new InvalidInputException($"random problem: {o.FeaturesPerRow} features of {o.Parameters} parameters; expected 0 or more, and no more features than parameters");
        if (!(o.Termination >= 0 && o.Termination <= 1)) throw new InvalidInputException($"random problem: termination = {o.Termination}; expected a probability in [0, 1]");

        ProblemDraws draws = new(seed);
        int rows = checked(o.States * o.Actions);
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
        SparseMatrix? leaderFeatures = o.Parameters == 0 ? null : Sparse(rows, o.Parameters, o.FeaturesPerRow, draws, d => scale * d.Normal());
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
