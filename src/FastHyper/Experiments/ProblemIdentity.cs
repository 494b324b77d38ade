using System.Security.Cryptography;

namespace FastHyper.Experiments;

/// <summary>Holds a run to the problem file that it began with.</summary>
internal static class ProblemIdentity
{
    /// <summary>Notes the hash of a run's problem file in its configuration, or requires it to be the one that is noted.</summary>
    /// <exception cref="InvalidInputException">The file has changed since.</exception>
    public static void Require(RunConfig config)
    {
        if (!ExperimentFactory.IsFile(config.Problem) || !File.Exists(config.Problem)) return;
        using FileStream file = File.OpenRead(config.Problem);
        string hash = Convert.ToHexStringLower(SHA256.HashData(file));
        if (config.ProblemHash is string noted && noted != hash)
            throw new InvalidInputException($"{OneLine.Path(config.Problem)}: has SHA-256 {hash}; expected {noted}, as when the run began");
        config.ProblemHash = hash;
    }
}
