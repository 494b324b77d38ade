using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>What a problem must satisfy beyond what its matrices check themselves.</summary>
internal static class ProblemCheck
{
    private const double InitialSumSlack = 1e-9;

    /// <summary>Throws unless the problem is sound; <paramref name="file"/> begins the message.</summary>
    public static void Require(string file, ProblemData problem)
    {
        int states = problem.Transitions.States, actions = problem.Transitions.Actions, rows = states * actions;
        RequireVector(file, "reward", problem.Reward, rows, actions);
        RequireVector(file, "leader_reward", problem.LeaderReward, rows, actions);
        RequireVector(file, "x", problem.X, problem.X.Length);
        RequireVector(file, "initial", problem.Initial, states);
        RequireDistribution(file, problem.Initial);
        RequireFeatures(file, "features", problem.Features, rows, problem.X.Length);
        RequireFeatures(file, "leader_features", problem.LeaderFeatures, rows, problem.X.Length);
        RequireScalars(file, problem.Gamma, problem.GammaLeader, problem.Temperature);
        if (problem.Gamma == 1) Termination.Require(file, "gamma", problem.Transitions);
        if (problem.GammaLeader == 1) Termination.Require(file, "gamma_leader", problem.Transitions);
    }

    /// <summary>Throws unless both discounts are in [0, 1] and the temperature is positive.</summary>
    public static void RequireScalars(string file, double gamma, double gammaLeader, double temperature)
    {
        foreach ((string name, double value) in new[] { ("gamma", gamma), ("gamma_leader", gammaLeader) })
            if (!(value is >= 0 and <= 1))
                throw new InvalidInputException($"{file}: {name} = {value}; expected a discount in [0, 1)");
        if (!(temperature > 0 && double.IsFinite(temperature)))
            throw new InvalidInputException($"{file}: temperature = {temperature}; expected a finite number above 0");
    }

    /// <summary>Throws unless a vector has that many numbers, all finite.</summary>
    public static void RequireVector(string file, string name, double[] values, int length, int columns = 0)
    {
        if (values.Length != length) throw new InvalidInputException($"{file}: {name}: {values.Length} elements; expected {length}");
        for (int i = 0; i < length; i++)
            if (!double.IsFinite(values[i]))
                throw new InvalidInputException($"{file}: {name}[{(columns > 0 ? $"{i / columns}, {i % columns}" : i)}] = {values[i]}; expected a finite number");
    }

    /// <summary>Throws unless the initial distribution is one.</summary>
    public static void RequireDistribution(string file, double[] initial)
    {
        // Compensated, so that millions of states do not exhaust the slack by rounding.
        double sum = 0, lost = 0;
        for (int s = 0; s < initial.Length; s++)
        {
            if (initial[s] < 0) throw new InvalidInputException($"{file}: initial[{s}] = {initial[s]}; expected a probability in [0, 1]");
            double term = initial[s] - lost, next = sum + term;
            lost = next - sum - term;
            sum = next;
        }

        if (!(Math.Abs(sum - 1) <= InitialSumSlack))
            throw new InvalidInputException($"{file}: initial[0..{initial.Length - 1}] sums to {sum}; expected 1");
    }

    /// <summary>Throws unless a matrix, if there is one, has that shape.</summary>
    public static void RequireFeatures(string file, string name, SparseMatrix? matrix, int rows, int columns)
    {
        if (matrix is not null && (matrix.RowCount != rows || matrix.ColumnCount != columns))
            throw new InvalidInputException(
                $"{file}: {name}: a matrix of {matrix.RowCount} x {matrix.ColumnCount}; expected {rows} rows (states x actions) and {columns} columns (x)");
    }
}
