using FastHyper.Files;

namespace FastHyper.Problems.Files;

/// <summary>
/// Reads a problem: all names and shapes from the headers, and what they take together; then what is short; and the entries of its
/// matrices last.
/// </summary>
internal sealed class ProblemReader(NpzReader reader, string file)
{
    // Of a parameter that no entry of the features reaches, and of one that has an entry.
    private const int ParametersWithoutEntries = 1024, ParametersOfEntry = 64;

    private static readonly string[] s_vectors = ["reward", "leader_reward", "initial", "x", "prior"];
    private readonly ProblemArrays _arrays = new(reader, file);
    private readonly ValueFeaturesReader _values = new(reader, file, new ProblemArrays(reader, file));

    /// <summary>Names of the arrays that are read.</summary>
    public static IReadOnlyList<string> ArrayNames { get; } =
    [
        "indptr", "indices", "data", "P", "reward", "leader_reward", "features", "features_indptr", "features_indices", "features_data",
        "leader_features", "leader_features_indptr", "leader_features_indices", "leader_features_data", "initial", "gamma", "gamma_leader",
        "temperature", "x", "prior", .. ValueFeaturesReader.ArrayNames,
    ];

    public ProblemData Read()
    {
        _arrays.RequireKnown(ArrayNames, Games.GameReader.ArrayNames);
        (int states, int actions) = RequireShapes();
        (string, int[]) rows = ("states x actions", [states, actions]);
        StoredMatrix transitions = reader.Contains("P")
            ? _arrays.FindMatrix("P", "", rows, "states")!
            : _arrays.RequireCompressed("", rows);
        StoredMatrix? features = _arrays.FindMatrix("features", "features_", rows, "parameters");
        StoredMatrix? leaderFeatures = _arrays.FindMatrix("leader_features", "leader_features_", rows, "parameters");
        int? parameters = RequireParameters(features, leaderFeatures);
        RequireTransitions(transitions, states, actions);
        _values.RequireShapes(states, actions);
        reader.RequireMemory(
        [
            .. transitions.Arrays, .. features?.Arrays ?? [], .. leaderFeatures?.Arrays ?? [], .. _values.Arrays,
            .. s_vectors.Where(reader.Contains).Select(name => (name, sizeof(double))),
        ]);

        (double gamma, double gammaLeader, double temperature) = _arrays.ReadScalars();
        double[] initial = _arrays.ReadInitial(states);
        transitions.ReadOffsets();
        features?.ReadOffsets();
        leaderFeatures?.ReadOffsets();
        _values.ReadOffsets();
        double[] reward = _arrays.ReadVector("reward", actions), leaderReward = _arrays.ReadVector("leader_reward", actions);

        int[]? columns = null, leaderColumns = null;
        if (parameters is null)
        {
            (columns, leaderColumns) = (features?.ReadColumns(), leaderFeatures?.ReadColumns());
            parameters = CountParameters(
                (features?.Entries ?? 0) + (leaderFeatures?.Entries ?? 0), ("features_", columns), ("leader_features_", leaderColumns));
        }

        ProblemData problem = new()
        {
            Transitions = _arrays.ReadTransitions(states, actions, transitions),
            Reward = reward,
            LeaderReward = leaderReward,
            Prior = reader.Contains("prior") ? _arrays.ReadVector("prior", actions) : null,
            Features = features?.Read(parameters.Value, columns),
            LeaderFeatures = leaderFeatures?.Read(parameters.Value, leaderColumns),
            ValueFeatures = _values.Read(states, actions),
            Initial = initial,
            Gamma = gamma,
            GammaLeader = gammaLeader,
            Temperature = temperature,
            X = reader.Contains("x") ? _arrays.ReadVector("x") : new double[parameters.Value],
        };
        ProblemCheck.Require(file, problem);
        return problem;
    }

    private (int States, int Actions) RequireShapes()
    {
        int[] reward = reader.ReadHeader("reward").Shape;
        if (reward.Length != 2 || reward[0] < 1 || reward[1] < 1 || (long)reward[0] * reward[1] >= Array.MaxLength)
            throw _arrays.Refuse("reward", $"shape {NpyHeader.Shown(reward)}", "(states, actions), at least one of each");
        _arrays.RequireShape("leader_reward", "that of reward", reward);
        if (reader.Contains("prior")) _arrays.RequireShape("prior", "that of reward", reward);
        if (reader.Contains("initial")) _arrays.RequireShape("initial", "(states) as in reward", reward[0]);
        if (reader.Contains("x")) _arrays.RequireRank1("x");
        return (reward[0], reward[1]);
    }

    private void RequireTransitions(StoredMatrix transitions, int states, int actions)
    {
        if (transitions.IsDense) _arrays.RequireShape("P", "(states, actions, states)", states, actions, states);
        else transitions.RequireEntries(states);
    }

    /// <summary>Number of parameters, if x or dense features tell, as many as all others of them say and as the features are for.</summary>
    private int? RequireParameters(StoredMatrix? features, StoredMatrix? leaderFeatures)
    {
        (string Name, int Count)? said = reader.Contains("x") ? ("x", _arrays.RequireRank1("x")) : null;
        foreach ((string name, StoredMatrix? matrix) in new[] { ("features", features), ("leader_features", leaderFeatures) })
        {
            if (matrix?.Columns is not int columns) continue;
            if (said is { } other && other.Count != columns)
                throw _arrays.Refuse(
                    name, $"shape {NpyHeader.Shown(reader.ReadHeader(name).Shape)}", $"{other.Count} parameters, as {other.Name} has");
            said = (name, columns);
        }

        if (features is null && leaderFeatures is null) said ??= ("x", 0);
        if (said is not { } known) return null;
        if (features is { IsDense: false }) features.RequireEntries(known.Count);
        if (leaderFeatures is { IsDense: false }) leaderFeatures.RequireEntries(known.Count);
        long entries = (features?.Entries ?? 0) + (leaderFeatures?.Entries ?? 0);
        if (known.Count > Most(entries))
            throw _arrays.Refuse(
                known.Name, $"{known.Count} parameters", $"at most {Most(entries)}, as the features have {entries} entries");
        return known.Count;
    }

    /// <summary>One more than the largest column, within what so many entries are for: a small file may name a large column.</summary>
    private int CountParameters(long entries, params ReadOnlySpan<(string Prefix, int[]? Columns)> matrices)
    {
        long count = 0;
        foreach ((string prefix, int[]? columns) in matrices)
            for (int k = 0; k < columns?.Length; k++)
            {
                if (columns[k] < count) continue;
                if (columns[k] >= Most(entries)) throw new InvalidInputException(
                    $"{file}: {prefix}indices[{k}] = {columns[k]}; expected a column below {Most(entries)}, as the features have "
                        + $"{entries} entries");
                count = columns[k] + 1L;
            }

        return (int)count;
    }

    /// <summary>Parameters that features of so many entries can be for.</summary>
    private static long Most(long entries) => Math.Min(Array.MaxLength, ParametersWithoutEntries + (ParametersOfEntry * entries));
}
