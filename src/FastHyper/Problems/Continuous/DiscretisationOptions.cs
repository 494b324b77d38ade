namespace FastHyper.Problems.Continuous;

/// <summary>How a problem of continuous states becomes a finite MDP.</summary>
[Options]
public sealed partial record DiscretisationOptions
{
    /// <summary>Points along each axis, the ends among them: one number for all axes, or one for each.</summary>
    [Range(Min = 2, Max = 1 << 20)]
    public int[] Points { get; init; } = [41];

    /// <summary>Nodes of Gauss–Hermite quadrature for each normal number of a step.</summary>
    [Range(Min = 1, Max = 64)]
    public int Nodes { get; init => field = InRange.Of<DiscretisationOptions>(value); } = 5;

    /// <summary>Equal parts that each uniform number of a start is split into.</summary>
    [Range(Min = 1, Max = 1 << 16)]
    public int Starts { get; init => field = InRange.Of<DiscretisationOptions>(value); } = 16;

    /// <summary>
    /// Cells, beyond those that steps lead to where leaders start, that transitions which x moves may come to; null for all of the grid.
    /// </summary>
    [Range(Min = 0, Max = 1 << 20)]
    public int? Margin { get; init => field = value is int cells ? InRange.Of<DiscretisationOptions>(cells) : null; }
}
