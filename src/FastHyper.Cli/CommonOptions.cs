using System.CommandLine;
using FastHyper.Backends;
using FastHyper.Backends.Selection;
using FastHyper.Followers;

namespace FastHyper.Cli;

/// <summary>Options that commands share.</summary>
internal static class CommonOptions
{
    public static Option<string> Backend() => new("--backend") { Description = $"Where to compute: {BackendSelector.Names}.", DefaultValueFactory = _ => "auto" };

    public static Option<string> Precision() => new("--precision") { Description = "f64 or f32.", DefaultValueFactory = _ => "f64" };

    public static Option<string> Method() => new("--method") { Description = $"How the follower is solved: {SolveMethodNames.All}.", DefaultValueFactory = _ => "auto" };

    public static Option<int> Threads() => new("--threads") { Description = "Threads of the CPU backend; 0 for one per processor. Does not change the results." };

    public static Option<long> Seed() => new("--seed") { Description = "Seed of the (first) leader.", DefaultValueFactory = _ => 1 };

    public static Option<bool> Json() => new("--json") { Description = "Print one JSON object." };

    public static Option<string[]> Set() => new("--set") { Description = "Set a configuration key, as in --set leader.learning_rate=0.1; may be repeated.", DefaultValueFactory = _ => [] };

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
