namespace FastHyper;

/// <summary>How a solve of an instance ended, or why something of it has no meaning.</summary>
public enum Outcome
{
    /// <summary>What is left is within the tolerance.</summary>
    Converged,

    /// <summary>What is left is above the tolerance, but as small as rounding lets it be.</summary>
    AtRounding,

    /// <summary>It has taken as many sweeps as it may, and would need more.</summary>
    MaxSteps,

    /// <summary>It was asked to stop.</summary>
    Stopped,

    /// <summary>No sweep or step comes nearer any more.</summary>
    Stalled,

    /// <summary>A value is infinite or not a number: rewards are beyond what the precision can add up.</summary>
    NotFinite,

    /// <summary>Values grow without end: nothing is discounted, and going on is worth more than ending; or steps diverge.</summary>
    Growing,

    /// <summary>It came to an end, but nothing bounds how far that is from the answer.</summary>
    Unproven,

    /// <summary>A matrix of samples or features is singular.</summary>
    Singular,

    /// <summary>A problem or an objective that was given wrote a number that is not finite.</summary>
    BadInput,
}
