namespace FastHyper.Backends;

/// <summary>Where a step stands in a table.</summary>
public enum StepPlace
{
    /// <summary>At the step itself, in an array of steps.</summary>
    Step,

    /// <summary>At (s_k,a_k), in an array (S, A).</summary>
    Pair,

    /// <summary>At s_k, in an array (S).</summary>
    State,

    /// <summary>At s_k of the steps that begin an episode, in an array (S); the others stand nowhere.</summary>
    Start,

    /// <summary>At s_{k+1}, in an array (S); steps that end their episode in the environment stand nowhere.</summary>
    Next,

    /// <summary>At s_{k+1} of the steps at which an episode is cut, in an array (S); the others stand nowhere.</summary>
    Cut,

    /// <summary>At the stored transition (s_k,a_k,s_{k+1}), in an array of entries; steps without a next state stand nowhere.</summary>
    Entry,
}

/// <summary>What becomes of a step's number when another comes to it.</summary>
public enum StepOperation
{
    /// <summary>The other takes its place; 0 where a step stands nowhere.</summary>
    Write,

    /// <summary>The other is added; as it was where a step stands nowhere, here and below.</summary>
    Add,

    /// <summary>The other is taken away.</summary>
    Subtract,

    /// <summary>It is multiplied with the other.</summary>
    Multiply,

    /// <summary>It is divided by the other.</summary>
    Divide,
}

/// <summary>What becomes of a table's number when a step's comes to it, in the order of streams and time.</summary>
public enum ScatterMode
{
    /// <summary>The step's is added.</summary>
    Add,

    /// <summary>The step's takes its place.</summary>
    Write,

    /// <summary>It moves towards the step's by a step size: q ← q + α (u_k − q).</summary>
    Approach,
}

/// <summary>What of visits is averaged. A state's visits are those of (s, leader's action) where a leader acts.</summary>
public enum VisitMean
{
    /// <summary>ū(s_k,a_k), the mean over the visits of (s_k,a_k).</summary>
    Pair,

    /// <summary>ū(s_k,a_k) − ū(s_k), less the mean over the visits of s_k.</summary>
    PairLessState,

    /// <summary>u_k − ū(s_k).</summary>
    StepLessState,

    /// <summary>
    /// u/n(s_k,a_k) − Σ_b u(s_k,b)/n(s_k) of a u that is the same at all n(s,a) visits of a pair: what a weight of each pair leaves to
    /// each visit, centred by state.
    /// </summary>
    ShareLessState,
}

/// <summary>
/// A linear recursion along each episode: x_k = ρ_k (u_k + γ ((1−λ) v_k + λ x')), with x' the step before's x, or backwards the step
/// after's. At the end that it begins from, v_k takes the place of the whole blend; where there is no v, it is <see cref="Initial"/>.
/// </summary>
/// <param name="Discount">γ.</param>
public readonly record struct Recursion(double Discount)
{
    /// <summary>λ; 1 where there is no v.</summary>
    public double Decay { get; init; } = 1;

    /// <summary>What an episode begins from.</summary>
    public double Initial { get; init; }

    /// <summary>Ratios above it are cut to it.</summary>
    public double MaxRatio { get; init; } = double.PositiveInfinity;

    /// <summary>Whether it runs from the end of an episode to its start.</summary>
    public bool Backwards { get; init; }

    /// <summary>Whether γ times the blend is written, what comes into a step, rather than x_k.</summary>
    public bool Exclusive { get; init; }
}
