using FastHyper.Files;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Experiments;

/// <summary>Problems in .npz files of either kind: follower_reward makes one a Markov game.</summary>
public static class StoredProblem
{
    /// <summary>Loads a problem or a game.</summary>
    /// <param name="path">The .npz file; see <see cref="ProblemFile"/> and <see cref="GameFile"/>.</param>
    /// <exception cref="InvalidInputException">The file holds neither; the message says where and why.</exception>
    public static Problem Load(string path)
    {
        bool isGame;
        using (NpzReader reader = NpzReader.Open(path)) isGame = reader.Contains("follower_reward");
        return isGame ? new MarkovGame(Path.GetFileNameWithoutExtension(path), GameFile.Load(path)) : LinearProblem.Load(path);
    }
}
