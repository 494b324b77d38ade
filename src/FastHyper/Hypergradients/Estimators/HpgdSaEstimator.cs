using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.SupportPoints;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// HPGD (Thoma et al., arXiv 2406.01575) with stochastic approximation: as <see cref="HpgdEstimator"/>, but with the leader's
/// advantage from a SARSA table that is kept across iterations. The same cost, and the same bias of centring. Over continuous states
/// regressions on features stand for means over visits.
/// </summary>
[Options]
public sealed partial record HpgdSaEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "hpgd-sa";

    /// <inheritdoc/>
    public bool PlaysGames => true;

    /// <summary>Samples of each iteration.</summary>
    [Inline]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Sampling;

    /// <summary>Where the leader's advantage Â_L comes from.</summary>
    public CriticOptions Critic { get; init; } = new();

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context) =>
        (Hypergradient?)PointGradient.TryBind(context, new PointOptions(Name, PointTerm.RegressedTraces, Critic))
        ?? new HpgdEstimator.CentredTraces(context, Critic.Bind(context), samplesBaseline: false);
}
