using FastHyper.Backends;
using FastHyper.Files;

namespace FastHyper.Problems.Games;

/// <summary>Reads a game: every shape from the headers first, then the arrays.</summary>
internal sealed class GameReader(NpzReader reader, string file, long memoryLimit)
{
    private const string DenseTransitions = "P";
    private readonly ProblemArrays _arrays = new(reader, file);

    public GameData Read()
    {
        (int followers, int states, int leaderActions, int actions, int? features) = RequireShapes();
        double gamma = reader.ReadScalar("gamma"), gammaLeader = reader.ReadScalar("gamma_leader"), temperature = reader.ReadScalar("temperature");
        ProblemCheck.RequireScalars(file, gamma, gammaLeader, temperature);
        Transitions transitions = _arrays.HasGroup(TransitionsPrefix)
            ? _arrays.ReadTransitions(states, leaderActions * actions, TransitionsPrefix)
            : _arrays.ToTransitions(states, leaderActions * actions, Sparse(DenseTransitions, states));
        double[] reward = reader.ReadDoubles("follower_reward").Data, leaderReward = reader.ReadDoubles("leader_reward").Data;
        int rows = reward.Length / followers;
        return GameCheck.Require(file, new GameData
        {
            Transitions = transitions,
            LeaderActions = leaderActions,
            Followers = [.. Enumerable.Range(0, followers).Select(n => new GameFollower(reward[(n * rows)..((n + 1) * rows)], leaderReward[(n * rows)..((n + 1) * rows)]))],
            Initial = reader.ReadDoubles("initial").Data,
            Gamma = gamma,
            GammaLeader = gammaLeader,
            Temperature = temperature,
            PolicyFeatures = features is null ? null : GameData.LinearInStates(Sparse("state_features", features.Value), leaderActions),
            Theta = reader.Contains("theta") ? reader.ReadDoubles("theta").Data : null,
        });
    }

    /// <summary>What the names of the three arrays of P begin with.</summary>
    private string TransitionsPrefix => reader.Contains("P_indptr") ? "P_" : "";

    private (int Followers, int States, int LeaderActions, int Actions, int? Features) RequireShapes()
    {
        int[] shape = reader.ReadHeader("follower_reward").Shape;
        int[] game = shape.Length == 4 ? shape[1..] : shape;
        if (shape.Length is not (3 or 4) || shape.Any(n => n < 1) || shape.Aggregate(1L, (product, n) => Math.Min(product * n, Array.MaxLength)) >= Array.MaxLength)
            throw _arrays.Refuse("follower_reward", $"shape {NpyHeader.ShapeText(shape)}", "(states, leader actions, follower actions), after (followers) where there are several, at least one of each");
        (int states, int leaderActions, int actions) = (game[0], game[1], game[2]);
        _arrays.RequireShape("leader_reward", "that of follower_reward", shape);
        _arrays.RequireShape("initial", "(states) as in follower_reward", states);
        if (_arrays.HasGroup(TransitionsPrefix)) _arrays.RequireRowShapes(TransitionsPrefix, states * leaderActions * actions, "states x leader actions x follower actions");
        else _arrays.RequireShape(DenseTransitions, "(states, leader actions, follower actions, states)", states, leaderActions, actions, states);
        int? features = null;
        long limit = Math.Min(Array.MaxLength, memoryLimit / 12);
        if (reader.Contains("state_features"))
        {
            int[] of = reader.ReadHeader("state_features").Shape;
            if (of.Length != 2 || of[0] != states || of[1] < 1) throw _arrays.Refuse("state_features", $"shape {NpyHeader.ShapeText(of)}", $"({states}, features), one row a state");
            // Each of them counts once for each leader action, in theta and in the policy's features.
            if ((long)of[1] * leaderActions >= limit || (long)of[0] * of[1] * leaderActions >= limit)
                throw _arrays.Refuse("state_features", $"shape {NpyHeader.ShapeText(of)} for {leaderActions} leader actions", "features that fit in memory once for each leader action");
            features = of[1];
        }

        if (reader.Contains("theta"))
        {
            if (features is int k) _arrays.RequireShape("theta", "(leader actions, features)", leaderActions, k);
            else _arrays.RequireShape("theta", "(states, leader actions)", states, leaderActions);
        }

        return (shape.Length == 4 ? shape[0] : 1, states, leaderActions, actions, features);
    }

    /// <summary>The entries other than zero of a dense array, whose last axis has that many columns.</summary>
    private SparseMatrix Sparse(string name, int columnCount)
    {
        double[] dense = reader.ReadDoubles(name).Data;
        int rows = dense.Length / columnCount;
        long[] offsets = new long[rows + 1];
        List<int> columns = [];
        List<double> values = [];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columnCount; column++)
            {
                double value = dense[(row * (long)columnCount) + column];
                if (value == 0) continue;
                if (!double.IsFinite(value)) throw _arrays.Refuse($"{name}: row {row}, column {column}", $"{value}", "a finite number");
                columns.Add(column);
                values.Add(value);
            }

            offsets[row + 1] = columns.Count;
        }

        return new SparseMatrix(columnCount, offsets, [.. columns], [.. values]);
    }
}
