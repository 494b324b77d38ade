namespace FastHyper.Hypergradients;

/// <summary>How what x does to transitions of continuous states is weighed.</summary>
public enum TransitionTerm
{
    /// <summary>The slope of values in the next state, times what x does to it.</summary>
    Pathwise,

    /// <summary>
    /// Values of the next state times ∂ log of its density: as published, and with dynamics of little noise many times less precise.
    /// </summary>
    Score,
}

/// <summary>How traces go over continuous states; over finite ones they are as published.</summary>
[Options]
public sealed partial record ContinuousTraces
{
    /// <summary>
    /// Whether what functions of the state can hold is taken out of the traces' weights, and the mean out of values in scores; not so as
    /// published.
    /// </summary>
    public bool Centred { get; init; } = true;

    /// <summary>How what x does to transitions is weighed.</summary>
    public TransitionTerm Transitions { get; init; }
}
