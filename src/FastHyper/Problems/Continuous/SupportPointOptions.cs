namespace FastHyper.Problems.Continuous;

/// <summary>Where the states of support points come from.</summary>
public enum PointOrigin
{
    /// <summary>Drawn evenly over the box, actions in turn.</summary>
    Drawn,

    /// <summary>Those of episodes under the last response; before the first all actions are as likely.</summary>
    Rollouts,
}

/// <summary>
/// Support points of a problem of continuous states: samples of its steps, in the place of a grid, which values are fitted to. There may
/// be as many dimensions as features can tell apart.
/// </summary>
[Options]
public sealed partial record SupportPointOptions
{
    /// <summary>Where their states come from.</summary>
    public PointOrigin Rows { get; init; }

    /// <summary>How many there are, n.</summary>
    [Range(Min = 1, Max = 1 << 22)]
    public int Count { get; init => field = InRange.Of<SupportPointOptions>(value); } = 4000;

    /// <summary>Next states that are drawn for each; one is enough where steps have no noise.</summary>
    [Range(Min = 1, Max = 1024), OnlyWith(nameof(Rows), PointOrigin.Drawn)]
    public int NextStates { get; init => field = InRange.Of<SupportPointOptions>(value); } = 1;

    /// <summary>Steps after which an episode is cut.</summary>
    [Range(Min = 1), OnlyWith(nameof(Rows), PointOrigin.Rollouts)]
    public int EpisodeLimit { get; init => field = InRange.Of<SupportPointOptions>(value); } = 200;

    /// <summary>Whether every leader iteration has the draws of the first, so that answers change with x alone.</summary>
    public bool SameDraws { get; init; } = true;

    /// <summary>Episodes that leaders are judged by; whatever x is, they have the same draws.</summary>
    [Range(Min = 1, Max = 1 << 20)]
    public int Episodes { get; init => field = InRange.Of<SupportPointOptions>(value); } = 400;
}
