using FastHyper.Backends;
using FastHyper.Files;

namespace FastHyper.Problems;

/// <summary>Reads a problem: every shape from the headers first, then the arrays.</summary>
internal sealed class ProblemReader(NpzReader reader, string file, long memoryLimit)
{
    public ProblemData Read()
    {
        (int states, int actions) = RequireShapes();
        double gamma = reader.ReadScalar("gamma"), gammaLeader = reader.ReadScalar("gamma_leader"), temperature = reader.ReadScalar("temperature");
        ProblemCheck.RequireScalars(file, gamma, gammaLeader, temperature);

        Transitions transitions = ReadTransitions(states, actions);
        Rows? features = HasGroup("features_") ? ReadRows("features_") : null;
        Rows? leaderFeatures = HasGroup("leader_features_") ? ReadRows("leader_features_") : null;
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
            throw Refuse("reward", $"shape {NpyHeader.ShapeText(reward)}", "(states, actions), at least one of each");
        int rows = reward[0] * reward[1];
        RequireShape("leader_reward", "that of reward", reward);
        RequireShape("initial", "(states) as in reward", reward[0]);
        if (reader.Contains("x")) RequireRank1("x");
        RequireRowShapes("", rows);
        foreach (string prefix in new[] { "features_", "leader_features_" })
            if (HasGroup(prefix)) RequireRowShapes(prefix, rows);
        return (reward[0], reward[1]);
    }

    private void RequireRowShapes(string prefix, int rows)
    {
        RequireShape(prefix + "indptr", "states x actions + 1", rows + 1);
        int entries = RequireRank1(prefix + "indices");
        RequireShape(prefix + "data", $"as many as {prefix}indices", entries);
    }

    private void RequireShape(string name, string meaning, params ReadOnlySpan<int> expected)
    {
        int[] shape = reader.ReadHeader(name).Shape;
        if (!expected.SequenceEqual(shape))
            throw Refuse(name, $"shape {NpyHeader.ShapeText(shape)}", $"{NpyHeader.ShapeText(expected)}, {meaning}");
    }

    private int RequireRank1(string name)
    {
        int[] shape = reader.ReadHeader(name).Shape;
        return shape.Length == 1 ? shape[0] : throw Refuse(name, $"shape {NpyHeader.ShapeText(shape)}", "one axis");
    }

    private bool HasGroup(string prefix)
    {
        string[] names = [prefix + "indptr", prefix + "indices", prefix + "data"];
        string? present = names.FirstOrDefault(reader.Contains), absent = names.FirstOrDefault(name => !reader.Contains(name));
        if (present is not null && absent is not null) throw Refuse(absent, $"missing, though {present} is there", "all three or none");
        return present is not null;
    }

    private Transitions ReadTransitions(int states, int actions)
    {
        SparseMatrix matrix = ReadRows("").ToMatrix(file, states);
        try
        {
            // Nobody else has the rows that were read.
            return new Transitions(states, actions, matrix) { KeepsMatrix = false };
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException($"{file}: {e.Message}", e);
        }
    }

    private Rows ReadRows(string prefix) => new(
        prefix, reader.ReadInt64(prefix + "indptr").Data, reader.ReadInt32(prefix + "indices").Data, reader.ReadDoubles(prefix + "data").Data);

    /// <summary>One more than the largest column, within memory: a small file may name a large one.</summary>
    private int ParameterCount(Rows? features, Rows? leaderFeatures)
    {
        int count = 0;
        foreach (Rows rows in new[] { features, leaderFeatures }.OfType<Rows>())
            for (int k = 0; k < rows.Columns.Length; k++)
            {
                if (rows.Columns[k] < count) continue;
                if (rows.Columns[k] >= Math.Min(Array.MaxLength, memoryLimit / sizeof(double)))
                    throw Refuse($"{rows.Prefix}indices[{k}]", $"{rows.Columns[k]}", "a column whose x fits in memory");
                count = rows.Columns[k] + 1;
            }

        return count;
    }

    private InvalidInputException Refuse(string item, string found, string expected) => new($"{file}: {item}: {found}; expected {expected}");

    /// <summary>The three arrays of one matrix.</summary>
    private sealed record Rows(string Prefix, long[] Offsets, int[] Columns, double[] Values)
    {
        public SparseMatrix ToMatrix(string file, int columnCount)
        {
            for (int row = 0; row < Offsets.Length; row++)
            {
                long least = row == 0 ? 0 : Offsets[row - 1], most = row == 0 ? 0 : Columns.Length;
                if (Offsets[row] < least || Offsets[row] > most || (row == Offsets.Length - 1 && Offsets[row] != most))
                    throw new InvalidInputException(
                        $"{file}: {Prefix}indptr[{row}] = {Offsets[row]}; expected offsets that do not decrease, from 0 to the {Columns.Length} entries");
            }

            string expected = columnCount == 0 ? "no columns, as x is empty" : $"a column from 0 to {columnCount - 1}";
            for (int k = 0; k < Columns.Length; k++)
            {
                if ((uint)Columns[k] >= (uint)columnCount)
                    throw new InvalidInputException($"{file}: {Prefix}indices[{k}] = {Columns[k]}; expected {expected}");
                if (!double.IsFinite(Values[k]))
                    throw new InvalidInputException($"{file}: {Prefix}data[{k}] = {Values[k]}; expected a finite number");
            }

            return new SparseMatrix(columnCount, Offsets, Columns, Values);
        }
    }
}
