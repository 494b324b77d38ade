namespace FastHyper.Experiments.Sweeps;

/// <summary>What a sweep is, beside its axes and what is set for all of its cells.</summary>
[Options]
public sealed partial record SweepOptions
{
    /// <summary>What all cells start from: a preset, a problem, a .yaml configuration or a .npz problem file.</summary>
    public string Base { get; init; } = "";

    /// <summary>Copies of each cell, whose seeds follow on each other's: copy r has seeds from seed + r · seeds on.</summary>
    [Range(Min = 1, Max = 100_000)]
    public int Replicates { get; init => field = InRange.Of<SweepOptions>(value); } = 1;

    /// <summary>
    /// Leaders at the most that cells of one shape run at once, as lanes of one run; 1 for each cell on its own. Changes no bit of a cell.
    /// </summary>
    [Range(Min = 1, Max = 65_536)]
    public int Pack { get; init => field = InRange.Of<SweepOptions>(value); } = 64;
}

/// <summary>How random draws of an axis are made.</summary>
[Options]
public sealed partial record RandomAxisOptions
{
    /// <summary>How many points are drawn.</summary>
    [Range(Min = 1, Max = 100_000)]
    public int Count { get; init => field = InRange.Of<RandomAxisOptions>(value); } = 10;

    /// <summary>Seed of the draws; the draws of a key depend on it, on the key and on nothing else.</summary>
    [Range(Min = 0)]
    public long Seed { get; init => field = InRange.Of<RandomAxisOptions>(value); } = 1;
}
