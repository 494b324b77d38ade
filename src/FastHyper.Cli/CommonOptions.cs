using System.CommandLine;
using FastHyper.Backends;
using FastHyper.Backends.Selection;
using FastHyper.Experiments;
using FastHyper.Followers;

namespace FastHyper.Cli;

/// <summary>Options that commands share.</summary>
internal static class CommonOptions
{
    /// <summary>What an option of runs means, and what it takes.</summary>
    public static string Meaning(string key)
    {
        OptionHelp help = OptionHelp.OfRuns.First(option => option.Key == key);
        return $"{help.Meaning} ({help.Expected})";
    }

    public static Option<string> Backend() =>
        new("--backend") { Description = $"Where to compute: {BackendSelector.Names}.", DefaultValueFactory = _ => "auto" };

    public static Option<string> Precision() => new("--precision") { Description = Meaning("precision"), DefaultValueFactory = _ => "f64" };

    public static Option<string> Method() =>
        new("--method") { Description = $"How the follower is solved: {SolveMethodNames.All}.", DefaultValueFactory = _ => "auto" };

    public static Option<int> Threads() => new("--threads") { Description = Meaning("threads") };

    public static Option<long> Seed() => new("--seed") { Description = "Seed of the (first) leader.", DefaultValueFactory = _ => 1 };

    public static Option<bool> Json() => new("--json") { Description = "Print one JSON object." };

    public static Option<string[]> Set() =>
        new("--set")
        {
            Description = "Set a configuration key, as in --set leader.learning_rate=0.1; may be repeated.",
            DefaultValueFactory = _ => [],
        };

    /// <exception cref="InvalidInputException">There is no such precision.</exception>
    public static Precision ParsePrecision(string name) => name switch
    {
        "f64" => Backends.Precision.F64,
        "f32" => Backends.Precision.F32,
        _ => throw new InvalidInputException($"precision: '{OneLine.Value(name)}'; expected f64 or f32"),
    };

    /// <exception cref="InvalidInputException">The seed is negative.</exception>
    public static ulong ParseSeed(long seed) =>
        seed >= 0 ? (ulong)seed : throw new InvalidInputException($"seed: {seed}; expected 0 or more");
}
