using FastHyper.Problems.Continuous;
using FastHyper.Problems.Features;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>A follower that is linear in features, and how it is solved.</summary>
[Options]
public sealed partial record LinearResponseOptions
{
    /// <summary>Its features.</summary>
    public FeatureOptions Features { get; init; } = new();

    /// <summary>What the fit is over.</summary>
    public SupportKind Support { get; init; }

    /// <summary>The samples that it is over.</summary>
    [OnlyWith(nameof(Support), SupportKind.Samples)]
    public SupportOptions Samples { get; init; } = new();

    /// <summary>The support points that it is over.</summary>
    [OnlyWith(nameof(Support), SupportKind.Points)]
    public SupportPointOptions Points { get; init; } = new();

    /// <summary>When the solve stops: at ‖F(w) − w‖∞ within the tolerance.</summary>
    [Inline]
    public SolveOptions Solve { get; init; } = new();
}
