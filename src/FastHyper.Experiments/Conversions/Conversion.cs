using FastHyper.Files;
using FastHyper.Problems.Files;

namespace FastHyper.Experiments.Conversions;

/// <summary>
/// Problem files from and to other formats, by the ends of their names: Gymnasium's transition dictionaries (.json), Cassandra's files
/// (.mdp, .pomdp, states seen) and explicit files of PRISM and Storm (.tra and what stands beside it).
/// </summary>
public static class Conversion
{
    /// <summary>What names may end with.</summary>
    public const string Formats = ".npz, .json, .mdp, .pomdp or .tra";

    /// <summary>Converts a file.</summary>
    /// <param name="from">The file that is there.</param>
    /// <param name="to">The file to write.</param>
    /// <param name="gamma">γ of the problem; null for what the file says.</param>
    /// <param name="temperature">τ of the problem.</param>
    /// <returns>What the other format could not say, a line each.</returns>
    /// <exception cref="InvalidInputException">There is no such format or file, or it does not hold an MDP; the message says
    /// why.</exception>
    public static IReadOnlyList<string> Convert(string from, string to, double? gamma, double temperature)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        string target = Ending(to);
        TabularMdp mdp = Read(from, Ending(from));
        if (target == ".npz")
        {
            try
            {
                ProblemFile.Save(to, mdp.ToProblem(gamma, temperature));
            }
            catch (InvalidInputException e) when (!e.Message.StartsWith(OneLine.Path(to), StringComparison.Ordinal))
            {
                throw new InvalidInputException($"{OneLine.Path(from)}: {e.Message}", e);
            }

            return mdp.Notices;
        }

        if (gamma is not null) mdp.Gamma = gamma;
        if (target == ".json")
        {
            FileStore.Disk.Replace(to, TransitionJson.Write(mdp));
            return mdp.Notices;
        }

        mdp = mdp.WithEnd();
        if (target == ".tra") ExplicitFiles.Write(mdp, to);
        else FileStore.Disk.Replace(to, CassandraWriter.Write(mdp));
        return mdp.Notices;
    }

    private static TabularMdp Read(string path, string format)
    {
        try
        {
            return format switch
            {
                ".npz" => TabularMdp.Of(ProblemFile.Load(path)),
                ".tra" => ExplicitFiles.Read(path),
                ".json" => TransitionJson.Read(File.ReadAllText(path)),
                _ => CassandraReader.Read(File.ReadAllText(path)),
            };
        }
        catch (InvalidInputException e) when (!e.Message.StartsWith(OneLine.Path(path), StringComparison.Ordinal))
        {
            throw new InvalidInputException($"{OneLine.Path(path)}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{OneLine.Path(path)}: {OneLine.Reason(e)}; expected a file that can be read", e);
        }
    }

    private static string Ending(string path)
    {
        string ending = Path.GetExtension(path).ToLowerInvariant();
        return ending is ".npz" or ".json" or ".mdp" or ".pomdp" or ".tra"
            ? ending
            : throw new InvalidInputException($"{OneLine.Path(path)}: a name that ends so; expected {Formats}");
    }
}
