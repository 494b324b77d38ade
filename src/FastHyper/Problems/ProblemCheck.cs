using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>What a problem must satisfy beyond what its matrices check themselves.</summary>
internal static class ProblemCheck
{
    /// <summary>Throws unless the problem is sound; <paramref name="file"/> begins the message.</summary>
    public static void Require(string file, ProblemData problem)
    {
        RequireArrays(file, problem);
        if (problem.Gamma == 1) Termination.Require(file, "gamma", problem.Transitions);
        if (problem.GammaLeader == 1) Termination.Require(file, "gamma_leader", problem.Transitions);
    }

    /// <summary>Throws unless the problem's arrays and scalars are sound, whether or not its episodes end.</summary>
    public static void RequireArrays(string file, ProblemData problem)
    {
        if (problem.Transitions is null) throw new InvalidInputException($"{file}: no transitions; expected some");
        if (problem.X is null)
            throw new InvalidInputException($"{file}: no x; expected an array, empty where there are no leader parameters");
        int states = problem.Transitions.States, actions = problem.Transitions.Actions, rows = states * actions;
        RequireVector(file, "reward", problem.Reward, rows, actions);
        RequireVector(file, "leader_reward", problem.LeaderReward, rows, actions);
        if (problem.Prior is not null) RequirePrior(file, problem.Prior, rows, actions);
        RequireVector(file, "x", problem.X, problem.X.Length);
        RequireInitial(file, problem.Initial, states);
        RequireFeatures(file, "features", problem.Features, rows, problem.X.Length);
        RequireFeatures(file, "leader_features", problem.LeaderFeatures, rows, problem.X.Length);
        RequireScalars(file, problem.Gamma, problem.GammaLeader, problem.Temperature);
    }

    /// <summary>Throws unless both discounts are in [0, 1] and the temperature is at least 0.</summary>
    public static void RequireScalars(string file, double gamma, double gammaLeader, double temperature)
    {
        foreach ((string name, double value) in new[] { ("gamma", gamma), ("gamma_leader", gammaLeader) })
            if (!(value is >= 0 and <= 1))
                throw new InvalidInputException($"{file}: {name} = {value}; expected a discount in [0, 1)");
        if (!(temperature >= 0 && double.IsFinite(temperature)))
            throw new InvalidInputException($"{file}: temperature = {temperature}; expected a finite number above 0, or 0 to solve");
    }

    /// <summary>Throws unless a prior policy is one, of actions that are all possible.</summary>
    public static void RequirePrior(string file, double[] prior, int rows, int actions)
    {
        RequireVector(file, "prior", prior, rows, actions);
        for (int s = 0; s < rows / actions; s++)
        {
            double sum = 0;
            for (int a = 0; a < actions; a++)
            {
                double p = prior[(s * actions) + a];
                if (!(p > 0))
                    throw new InvalidInputException(
                        $"{file}: prior[{s}, {a}] = {p}; expected a probability above 0, as at 0 the action is worth minus infinity");
                sum += p;
            }

            if (!(Math.Abs(sum - 1) <= Transitions.LargestMendedExcess))
                throw new InvalidInputException($"{file}: prior[{s}] sums to {sum:R}; expected 1");
        }
    }

    /// <summary>Throws unless a vector has that many numbers, all finite.</summary>
    public static void RequireVector(string file, string name, double[]? values, int length, int columns = 0)
    {
        if (values is null) throw new InvalidInputException($"{file}: {name}: no array; expected {length} elements");
        if (values.Length != length) throw new InvalidInputException($"{file}: {name}: {values.Length} elements; expected {length}");
        for (int i = 0; i < length; i++)
            if (!double.IsFinite(values[i]))
                throw new InvalidInputException(
                    $"{file}: {name}[{(columns > 0 ? $"{i / columns}, {i % columns}" : i)}] = {values[i]}; expected a finite number");
    }

    /// <summary>Throws unless the initial distribution is one, or so near that it is mended.</summary>
    public static void RequireInitial(string file, double[] initial, int states)
    {
        RequireVector(file, "initial", initial, states);
        Distributions.Mend(file, initial, []);
    }

    /// <summary>Throws unless a matrix, if there is one, has that shape.</summary>
    public static void RequireFeatures(string file, string name, SparseMatrix? matrix, int rows, int columns)
    {
        if (matrix is not null && (matrix.RowCount != rows || matrix.ColumnCount != columns))
            throw new InvalidInputException(
                $"{file}: {name}: a matrix of {matrix.RowCount} x {matrix.ColumnCount}; expected {rows} rows (states x actions) and "
                    + $"{columns} columns (x)");
    }
}
