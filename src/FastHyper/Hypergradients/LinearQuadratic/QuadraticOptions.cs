using FastHyper.Hypergradients.Critics;

namespace FastHyper.Hypergradients.LinearQuadratic;

/// <summary>Which part through the response.</summary>
internal enum QuadraticResponse
{
    None,
    Fitted,
    Traces,
}

/// <summary>How the gradient of a problem with closed forms is estimated from rollouts.</summary>
/// <param name="Name">The estimator's name.</param>
/// <param name="Response">Which part through the response.</param>
/// <param name="Critic">What was asked for as the leader's critic: that of tables, by default, is one by LSTD-Q here.</param>
/// <param name="ExpectedStarts">Whether starts count as they are expected, rather than as they were drawn.</param>
/// <param name="Ridge">ρ of the fits.</param>
/// <param name="Traces">How traces go.</param>
internal sealed record QuadraticOptions(
    string Name, QuadraticResponse Response, CriticKind Critic, bool ExpectedStarts = false, double Ridge = 1e-12,
        ContinuousTraces? Traces = null)
{
    /// <summary>How traces go.</summary>
    public ContinuousTraces Traces { get; } = Traces ?? new();
}
