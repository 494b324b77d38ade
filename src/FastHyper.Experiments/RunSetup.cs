using FastHyper.Backends;
using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Configuration;
using FastHyper.Hypergradients;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>What a run is made of. A configuration is one way to make one; objects of one's own are another.</summary>
/// <param name="Problem">The problem.</param>
/// <param name="Estimator">How the hypergradient is estimated; leaders are judged by its objective.</param>
public sealed record RunSetup(Problem Problem, IHypergradientEstimator Estimator)
{
    /// <summary>How long the run is, over which leaders it goes, and how it is computed.</summary>
    public RunOptions Options { get; init; } = new();

    /// <summary>How leaders step, and who answers them; the leaders themselves are those of <see cref="Options"/>.</summary>
    public LeaderOptions Leader { get; init; } = new();

    /// <summary>Where to compute, owned by the caller; null for what <see cref="RunOptions.Backend"/> names.</summary>
    public Backend? Backend { get; init; }

    /// <summary>The configuration that this was made of; null where it was made in code.</summary>
    internal string? Yaml { get; init; }

    /// <summary>The leaders, at iteration 0.</summary>
    /// <param name="backend">Where to compute; owned by the caller.</param>
    /// <returns>The leaders, to be disposed.</returns>
    public Leader CreateLeader(Backend backend) => new(Problem, Estimator, Leader with { Leaders = Options.CreateLeaders() }, backend);

    /// <summary>
    /// All of it that has a name and a value, as YAML. What a run goes on with has to say the same. A problem that was made in code is
    /// known by what it is where leaders start; of a follower that was there is no more than its name.
    /// </summary>
    /// <exception cref="InvalidInputException">A value cannot be written.</exception>
    internal string Describe()
    {
        if (Yaml is not null) return Yaml;
        return NodeWriter.Write(Sorted(
        [
            Line.Of("problem", Problem.Name), Line.Of(RunConfig.HashKey, ProblemDigest.Of(Problem, (ulong)Options.Seed)),
            Line.Of("objective.kind", Estimator.Objective?.Name ?? ObjectiveRegister.DiscountedReturn),
            .. Described("objective", Estimator.Objective),
            Line.Of("follower.kind", Leader.CreateFollower is null ? FollowerRegister.BestResponse : "own"),
            .. Described("follower", Leader.CreateFollower is null ? Leader.Follower : null),
            Line.Of("estimator.name", Estimator.Name), .. Described("estimator", Estimator),
            .. Described("", Options), .. Described("", Leader),
        ]));
    }

    /// <summary>Lines with those of no section first.</summary>
    internal static IEnumerable<Line> Sorted(IEnumerable<Line> lines) =>
        lines.OrderBy(line => line.Key.Contains('.', StringComparison.Ordinal));

    /// <summary>The options of a part that count, where it has any.</summary>
    internal static IEnumerable<Line> Described(string section, object? part) =>
        part is IOptions options ? Line.Of(section, options.Listed, options) : [];
}
