using FastHyper.Followers;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients;

/// <summary>
/// The exact hypergradient of any objective, with the model: one adjoint solve and two pullbacks beside the objective's
/// own evaluation. O(transitions) a sweep; memory O(S·A).
/// </summary>
/// <param name="Tolerance">Relative tolerance of the linear solves.</param>
public sealed record Exact(double Tolerance = 1e-14) : IHypergradientEstimator
{
    /// <summary>Relative tolerance of the linear solves.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Tolerance { get; init => field = InRange.Of<Exact>(value); } = InRange.Of<Exact>(Tolerance, nameof(Tolerance));

    /// <inheritdoc/>
    public string Name => "exact";

    /// <inheritdoc/>
    public bool PlaysGames => true;

    /// <inheritdoc/>
    public SamplingOptions? Sampling => null;

    /// <summary>What the gradient is of; the discounted return where null.</summary>
    public IObjective? Objective { get; init; }

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context) =>
        new ModelGradient(context, (Objective ?? new DiscountedReturn(Tolerance)).Bind(context), new AdjointOptions { Tolerance = Tolerance });
}
