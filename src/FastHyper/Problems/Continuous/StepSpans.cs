namespace FastHyper.Problems.Continuous;

/// <summary>A step of many samples at once: what it is given, and what is to be written.</summary>
public readonly ref struct StepSpans
{
    /// <summary>States s, a span for each dimension; given.</summary>
    public SampleSpans States { get; init; }

    /// <summary>The follower's actions, from 0, (count); given.</summary>
    public ReadOnlySpan<int> Actions { get; init; }

    /// <summary>Standard normal numbers, a span for each that a step takes; given.</summary>
    public SampleSpans Noise { get; init; }

    /// <summary>Next states, a span for each dimension; to be written, whether the episode ends or not.</summary>
    public SampleSpans Next { get; init; }

    /// <summary>Follower's rewards, (count); to be written.</summary>
    public Span<double> Reward { get; init; }

    /// <summary>Leader's rewards, (count); to be written.</summary>
    public Span<double> LeaderReward { get; init; }

    /// <summary>Whether the episode ends with the step, (count); false beforehand, to be set where it does.</summary>
    public Span<bool> Ends { get; init; }

    /// <summary>Samples.</summary>
    public int Count => Actions.Length;
}

/// <summary>Derivatives of the leader's objective in what a step wrote, a weight for each sample.</summary>
public readonly ref struct StepWeights
{
    /// <summary>In the follower's reward, (count).</summary>
    public ReadOnlySpan<double> Reward { get; init; }

    /// <summary>In the leader's reward, (count).</summary>
    public ReadOnlySpan<double> LeaderReward { get; init; }

    /// <summary>
    /// In the next state, a span for each dimension; zero where the episode ends, and unless the problem controls transitions.
    /// </summary>
    public SampleSpans Next { get; init; }
}
