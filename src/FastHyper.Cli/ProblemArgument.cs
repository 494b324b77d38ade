using System.CommandLine;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Problems;

namespace FastHyper.Cli;

/// <summary>The problem that a command is about, and the x that it is taken at.</summary>
/// <param name="Problem">The problem.</param>
/// <param name="Config">Its configuration; null of a problem file.</param>
/// <param name="X">(P); null for where a leader starts.</param>
internal sealed record ProblemArgument(Problem Problem, RunConfig? Config, double[]? X)
{
    public static Argument<string> Create() =>
        new("problem") { Description = "A preset, a built-in problem, a .yaml configuration or a .npz problem." };

    public static Option<string?> CreateX() =>
        new("--x")
        {
            Description = "The leader parameters: numbers with commas between them, or a .npy file; by default where a leader starts.",
        };

    /// <summary>Loads the problem, and tells what is worth knowing of it.</summary>
    /// <param name="name">As one names it.</param>
    /// <param name="overrides">Assignments key.path=value.</param>
    /// <param name="x">As one writes it.</param>
    /// <param name="command">Who asks, as messages name it.</param>
    /// <param name="catalogue">What can be chosen.</param>
    /// <exception cref="InvalidInputException">There is no such problem, a key is refused, or x does not fit.</exception>
    public static ProblemArgument Load(string name, string[] overrides, string? x, string command, Catalogue catalogue)
    {
        RunConfig? config = StoredProblem.IsFile(name) && overrides.Length == 0
            ? null
            : ConfigFile.ResolveProblem(name, overrides, command, catalogue);
        Problem problem = CommandHost.Told(config is null ? StoredProblem.Load(name) : config.CreateProblem());
        return new ProblemArgument(problem, config, x is null ? null : LeaderParameters.Read(x, problem));
    }
}
