namespace FastHyper.Followers.LinearFeatures;

/// <summary>What a fit of values is over.</summary>
public enum SupportKind
{
    /// <summary>All states and actions, and where they lead, with the model.</summary>
    Model,

    /// <summary>Samples, drawn anew for each response.</summary>
    Samples,

    /// <summary>Samples of steps of a problem of continuous states as it is, without a grid.</summary>
    Points,
}

/// <summary>Which states and actions are sampled.</summary>
public enum SupportRows
{
    /// <summary>Each of all of them once.</summary>
    All,

    /// <summary>Independent draws by the weights D of the features, evenly where there are none.</summary>
    Drawn,

    /// <summary>
    /// Those of episodes under the policy that is soft greedy to the last response's values, of r itself before the first; over their
    /// visits Newton's matrix is nearly that of a policy's own distribution.
    /// </summary>
    Rollouts,
}

/// <summary>Samples that a fit of values is over.</summary>
/// <remarks>
/// n samples weigh ΣD/n each, so that a ridge is to them what it is to the model, and their least squares are the model's in expectation
/// where rows are <see cref="SupportRows.All"/> or <see cref="SupportRows.Drawn"/>.
/// </remarks>
[Options]
public sealed partial record SupportOptions
{
    /// <summary>Which states and actions.</summary>
    public SupportRows Rows { get; init; } = SupportRows.Drawn;

    /// <summary>How many of them, n.</summary>
    [Range(Min = 1), OnlyWith(nameof(Rows), SupportRows.Drawn, SupportRows.Rollouts)]
    public int Count { get; init => field = InRange.Of<SupportOptions>(value); } = 10_000;

    /// <summary>Next states that are drawn for each; null for all that may follow, each by its probability.</summary>
    [Range(Min = 1)]
    public int? NextStates { get; init => field = value is int count ? InRange.Of<SupportOptions>(count) : null; } = 1;

    /// <summary>Steps after which an episode is cut.</summary>
    [Range(Min = 1), OnlyWith(nameof(Rows), SupportRows.Rollouts)]
    public int EpisodeLimit { get; init => field = InRange.Of<SupportOptions>(value); } = 200;

    /// <summary>Whether every leader iteration has the draws of the first, so that answers change with x alone.</summary>
    public bool SameDraws { get; init; }
}
