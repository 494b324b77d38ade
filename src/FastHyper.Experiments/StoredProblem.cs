using System.Security.Cryptography;
using FastHyper.Files;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Problems.Games;

namespace FastHyper.Experiments;

/// <summary>Problems in .npz files of either kind: follower_reward makes one a Markov game.</summary>
public static class StoredProblem
{
    private const string Extension = ".npz";

    /// <summary>Loads a problem or a game.</summary>
    /// <param name="path">The .npz file; see <see cref="ProblemFile"/> and <see cref="GameFile"/>.</param>
    /// <exception cref="InvalidInputException">The file holds neither; the message says where and why.</exception>
    public static FiniteProblem Load(string path)
    {
        bool isGame;
        using (NpzReader reader = NpzReader.Open(path)) isGame = reader.Contains("follower_reward");
        return isGame ? new MarkovGame(Path.GetFileNameWithoutExtension(path), GameFile.Load(path)) : LinearProblem.Load(path);
    }

    /// <summary>Whether a problem's name is that of a problem file.</summary>
    public static bool IsFile(string problem) => problem.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>SHA-256 of a problem file, in hexadecimal digits.</summary>
    internal static string HashOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Notes the hash of a run's problem file in its configuration, or requires it to be the one that is noted.</summary>
    /// <exception cref="InvalidInputException">The file has changed since.</exception>
    internal static RunConfig Identify(RunConfig config)
    {
        if (!IsFile(config.Problem) || !File.Exists(config.Problem)) return config;
        string hash = HashOf(config.Problem);
        if (config.ProblemHash is string noted && noted != hash)
            throw new InvalidInputException($"{OneLine.Path(config.Problem)}: has SHA-256 {hash}; expected {noted}, as when the run began");
        return config.With($"{RunConfig.HashKey}='{hash}'");
    }
}
