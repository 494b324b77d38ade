using FastHyper.Backends;
using FastHyper.Files;

namespace FastHyper.Problems;

/// <summary>Reads a problem: every shape from the headers first, then the arrays.</summary>
internal sealed class ProblemReader(NpzReader reader, string file, long memoryLimit)
{
    private readonly ProblemArrays _arrays = new(reader, file);

    public ProblemData Read()
    {
        (int states, int actions) = RequireShapes();
        double gamma = reader.ReadScalar("gamma"), gammaLeader = reader.ReadScalar("gamma_leader"), temperature = reader.ReadScalar("temperature");
        ProblemCheck.RequireScalars(file, gamma, gammaLeader, temperature);

        Transitions transitions = _arrays.ReadTransitions(states, actions);
        MatrixRows? features = _arrays.HasGroup("features_") ? _arrays.ReadRows("features_") : null;
        MatrixRows? leaderFeatures = _arrays.HasGroup("leader_features_") ? _arrays.ReadRows("leader_features_") : null;
        double[] x = reader.Contains("x") ? reader.ReadDoubles("x").Data : new double[ParameterCount(features, leaderFeatures)];
        ProblemData problem = new()
        {
            Transitions = transitions,
            Reward = reader.ReadDoubles("reward").Data,
            LeaderReward = reader.ReadDoubles("leader_reward").Data,
            Features = features?.ToMatrix(file, x.Length),
            LeaderFeatures = leaderFeatures?.ToMatrix(file, x.Length),
            Initial = reader.ReadDoubles("initial").Data,
            Gamma = gamma,
            GammaLeader = gammaLeader,
            Temperature = temperature,
            X = x,
        };
        ProblemCheck.Require(file, problem);
        return problem;
    }

    private (int States, int Actions) RequireShapes()
    {
        int[] reward = reader.ReadHeader("reward").Shape;
        if (reward.Length != 2 || reward[0] < 1 || reward[1] < 1 || (long)reward[0] * reward[1] >= Array.MaxLength)
            throw _arrays.Refuse("reward", $"shape {NpyHeader.ShapeText(reward)}", "(states, actions), at least one of each");
        int rows = reward[0] * reward[1];
        _arrays.RequireShape("leader_reward", "that of reward", reward);
        _arrays.RequireShape("initial", "(states) as in reward", reward[0]);
        if (reader.Contains("x")) _arrays.RequireRank1("x");
        _arrays.RequireRowShapes("", rows);
        foreach (string prefix in new[] { "features_", "leader_features_" })
            if (_arrays.HasGroup(prefix)) _arrays.RequireRowShapes(prefix, rows);
        return (reward[0], reward[1]);
    }

    /// <summary>One more than the largest column, within memory: a small file may name a large one.</summary>
    private int ParameterCount(MatrixRows? features, MatrixRows? leaderFeatures)
    {
        int count = 0;
        foreach (MatrixRows rows in new[] { features, leaderFeatures }.OfType<MatrixRows>())
            for (int k = 0; k < rows.Columns.Length; k++)
            {
                if (rows.Columns[k] < count) continue;
                if (rows.Columns[k] >= Math.Min(Array.MaxLength, memoryLimit / sizeof(double)))
                    throw _arrays.Refuse($"{rows.Prefix}indices[{k}]", $"{rows.Columns[k]}", "a column whose x fits in memory");
                count = rows.Columns[k] + 1;
            }

        return count;
    }
}
