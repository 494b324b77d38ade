using FastHyper.Backends;
using FastHyper.Files;

namespace FastHyper.Problems.Files;

/// <summary>
/// Problems in .npz files: any tabular problem whose rewards are linear in the leader's parameters.
/// </summary>
/// <remarks>
/// Arrays: indptr (S·A+1), indices and data (entries) hold P, row s·A+a; reward and leader_reward (S, A); the same three
/// arrays prefixed features_ and leader_features_ hold Φ and Ψ, (S·A) × P, each three optional; initial (S), uniform without it; the
/// scalars gamma, gamma_leader, that of the follower without it, and temperature; x (P), optional, zeros without it; prior (S, A),
/// optional; and, of a follower whose action values are linear in features, what <see cref="ValueFeaturesReader"/> names. In place of
/// three arrays one dense one is read: P (S, A, S), features and leader_features (S, A, P). The arrays of an answer, as <c>solve</c> and
/// <c>gradient</c> write them, may stand beside; anything else is refused. Any plain type will do whose values are the numbers; where
/// data is float32, rows of P within 1e-6 of one are divided by their sums, as <see cref="Transitions"/> says.
/// </remarks>
public static class ProblemFile
{
    /// <summary>Reads a problem and checks it.</summary>
    /// <param name="path">The .npz file.</param>
    /// <param name="memoryLimit">
    /// Largest total size of the file's arrays, in bytes; <see cref="NpzReader.DefaultMemoryLimit"/> if null.
    /// </param>
    /// <returns>The problem.</returns>
    /// <exception cref="InvalidInputException">
    /// The file is not such a problem; the one-line message names file, array, index and value, and what was expected.
    /// </exception>
    public static ProblemData Load(string path, long? memoryLimit = null)
    {
        using NpzReader reader = NpzReader.Open(path, memoryLimit);
        return new ProblemReader(reader, OneLine.Path(path)).Read();
    }

    /// <summary>Writes a problem that <see cref="Load"/> reads back, bit for bit; an existing file is replaced as a whole.</summary>
    /// <param name="path">The .npz file.</param>
    /// <param name="data">The problem.</param>
    /// <exception cref="InvalidInputException">The problem is unsound, or no file can be created at the path.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, ProblemData data)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(data);
        ProblemCheck.Require(OneLine.Path(path), data);
        int states = data.Transitions.States, actions = data.Transitions.Actions;
        using NpzWriter writer = NpzWriter.Create(path);
        WriteMatrix(writer, "", data.Transitions.Matrix);
        writer.Write("reward", data.Reward, states, actions);
        writer.Write("leader_reward", data.LeaderReward, states, actions);
        if (data.Prior is not null) writer.Write("prior", data.Prior, states, actions);
        if (data.Features is not null) WriteMatrix(writer, "features_", data.Features);
        if (data.LeaderFeatures is not null) WriteMatrix(writer, "leader_features_", data.LeaderFeatures);
        if (data.ValueFeatures is not null) WriteValueFeatures(writer, data.ValueFeatures);
        writer.Write("initial", data.Initial, states);
        writer.WriteScalar("gamma", data.Gamma);
        writer.WriteScalar("gamma_leader", data.GammaLeader);
        writer.WriteScalar("temperature", data.Temperature);
        writer.Write("x", data.X, data.X.Length);
        writer.Commit();
    }

    private static void WriteValueFeatures(NpzWriter writer, FeatureRows features)
    {
        (int states, int actions) = (features.States, features.Actions);
        if (features.IsPerAction && features.Dense is null)
            throw new InvalidInputException(
                "state_features: sparse features of states; expected dense ones, or features of states and actions, in a file");
        if (features.IsPerAction) writer.Write("state_features", features.Dense, states, features.Width);
        else if (features.Dense is not null) writer.Write("value_features", features.Dense, states, actions, features.Width);
        else WriteMatrix(writer, "value_features_", features.Sparse!);
        if (features.Sparse is not null) writer.WriteScalar("value_features_columns", (long)features.Width);
        if (features.Weights is not null) writer.Write("value_weights", features.Weights, states, actions);
        writer.WriteScalar("ridge", features.Ridge);
    }

    /// <summary>Writes the three arrays of a matrix.</summary>
    internal static void WriteMatrix(NpzWriter writer, string prefix, SparseMatrix matrix)
    {
        writer.Write(prefix + "indptr", matrix.Offsets, matrix.Offsets.Length);
        writer.Write(prefix + "indices", matrix.Columns, matrix.EntryCount);
        writer.Write(prefix + "data", matrix.Values, matrix.EntryCount);
    }
}
