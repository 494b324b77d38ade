using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.LinearQuadratic;
using FastHyper.Hypergradients.SupportPoints;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// The policy gradient that leaves the response out: the direct part alone, from on-policy rollouts. The baseline that
/// BC-HG is compared with.
/// </summary>
[Options]
public sealed partial record NaiveEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "naive";

    /// <inheritdoc/>
    public bool PlaysGames => true;

    /// <summary>Samples of each iteration.</summary>
    [Inline]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Sampling;

    /// <summary>Where the leader's values come from, where the direct part needs them (transitions or μ under control).</summary>
    public CriticOptions Critic { get; init; } = new();

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context) =>
        (Hypergradient?)QuadraticGradient.TryBind(context, new QuadraticOptions(Name, QuadraticResponse.None, Critic.Kind))
        ?? (Hypergradient?)PointGradient.TryBind(context, new PointOptions(Name, PointTerm.None, Critic))
        ?? new SampledDirect(context, Critic.Bind(context));
}
