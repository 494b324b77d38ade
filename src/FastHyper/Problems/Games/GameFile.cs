using FastHyper.Files;
using FastHyper.Problems.Files;

namespace FastHyper.Problems.Games;

/// <summary>Two-player Markov games in .npz files.</summary>
/// <remarks>
/// Arrays: indptr (S·L·A+1), indices and data (entries) hold P, row (s·L + a)·A + b; follower_reward and leader_reward (S, L, A), or
/// (N, S, L, A) for N followers; initial (S), uniform without it; the scalars gamma, gamma_leader, that of the follower without it, and
/// temperature; theta, optional, zeros without it:
/// (S, L) for a tabular policy, or (L, K) with state_features (S, K), which make it linear in a state's features. A dense P (S, L, A, S)
/// is read in place of the three arrays. The arrays of an answer, as <c>solve</c> and <c>gradient</c> write them, may stand beside;
/// anything else is refused.
/// </remarks>
public static class GameFile
{
    /// <summary>Reads a game and checks it.</summary>
    /// <param name="path">The .npz file.</param>
    /// <param name="memoryLimit">
    /// Largest total size of the file's arrays, in bytes; <see cref="NpzReader.DefaultMemoryLimit"/> if null.
    /// </param>
    /// <exception cref="InvalidInputException">
    /// The file is not such a game; the one-line message names what is wrong, and what was expected.
    /// </exception>
    public static GameData Load(string path, long? memoryLimit = null)
    {
        using NpzReader reader = NpzReader.Open(path, memoryLimit);
        return new GameReader(reader, OneLine.Path(path), memoryLimit ?? NpzReader.DefaultMemoryLimit).Read();
    }

    /// <summary>Writes a game that <see cref="Load"/> reads back, bit for bit; an existing file is replaced as a whole.</summary>
    /// <param name="path">The .npz file.</param>
    /// <param name="game">A game with a tabular policy.</param>
    /// <exception cref="InvalidInputException">
    /// The game is unsound or its policy is not tabular, or no file can be created at the path.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, GameData game)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(game);
        GameCheck.Require(OneLine.Path(path), game);
        if (game.PolicyFeatures is not null)
            throw new InvalidInputException($"{OneLine.Path(path)}: a policy of features; expected a tabular one");
        int states = game.Transitions.States, leaderActions = game.LeaderActions, followers = game.Followers.Count;
        using NpzWriter writer = NpzWriter.Create(path);
        ProblemFile.WriteMatrix(writer, "", game.Transitions.Matrix);
        int[] shape = [states, leaderActions, game.FollowerActions];
        if (followers > 1) shape = [followers, .. shape];
        writer.Write("follower_reward", game.Followers.SelectMany(follower => follower.Reward).ToArray(), shape);
        writer.Write("leader_reward", game.Followers.SelectMany(follower => follower.LeaderReward).ToArray(), shape);
        writer.Write("initial", game.Initial, states);
        writer.WriteScalar("gamma", game.Gamma);
        writer.WriteScalar("gamma_leader", game.GammaLeader);
        writer.WriteScalar("temperature", game.Temperature);
        if (game.Theta is not null) writer.Write("theta", game.Theta, states, leaderActions);
        writer.Commit();
    }
}
