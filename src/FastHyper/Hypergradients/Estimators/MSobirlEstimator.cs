using FastHyper.Followers;
using FastHyper.Followers.BlackBoxes;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>How the adjoint goes towards its solution in a leader iteration.</summary>
public enum AdjointStep
{
    /// <summary>w ← w − ζ (AᵀA w − Aᵀ b), as published.</summary>
    NormalEquation,

    /// <summary>Conjugate gradients on the same normal equations: no ζ to choose, and the residual never grows.</summary>
    Krylov,
}

/// <summary>
/// M-SoBiRL (Yang, Gao and Yuan, arXiv 2405.19697, its model-based algorithm): the chain of <see cref="ExactEstimator"/> with the
/// adjoint A w = b, A = (I − γ P_π)ᵀ, b = γ Pᵀ c, kept from one leader iteration to the next and taken only a few steps
/// nearer its solution in each, for any objective f(x, π). The published lower level is a follower of n soft sweeps
/// (<see cref="SweepFollower"/>); it works with any other. O(transitions) for each step, of two products, beside
/// what the objective takes (the discounted return solves for V_L and d); memory O(S·A).
/// </summary>
[Options]
public sealed partial record MSobirlEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "m-sobirl";

    /// <inheritdoc/>
    public bool PlaysGames => true;

    /// <inheritdoc/>
    public SamplingOptions? Sampling => null;

    /// <inheritdoc/>
    [OnlyInCode]
    public IObjective? Objective { get; init; }

    /// <summary>How the adjoint goes towards its solution.</summary>
    [Key("adjoint.step")]
    public AdjointStep Adjoint { get; init; } = AdjointStep.Krylov;

    /// <summary>Steps of the adjoint in a leader iteration.</summary>
    [Key("adjoint.steps"), Range(Min = 1)]
    public int Steps { get; init => field = InRange.Of<MSobirlEstimator>(value); } = 10;

    /// <summary>ζ of <see cref="AdjointStep.NormalEquation"/>; steps above 2/‖A‖², at least 2/(1 + γ √S)², may diverge.</summary>
    [Key("adjoint.step_size"), Range(Min = 0, ExclusiveMin = true), OnlyWith(nameof(Adjoint), AdjointStep.NormalEquation)]
    public double StepSize { get; init => field = InRange.Of<MSobirlEstimator>(value); } = 0.5;

    /// <summary>Relative tolerance of what the objective solves for.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double LinearTolerance { get; init => field = InRange.Of<MSobirlEstimator>(value); } = 1e-14;

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context) => new ModelGradient(
        context,
        (Objective ?? new DiscountedReturnObjective(LinearTolerance)).Bind(context),
        new AdjointOptions
        {
            LinearTolerance = LinearTolerance,
            Steps = Steps,
            DescentStep = Adjoint == AdjointStep.NormalEquation ? StepSize : null,
        });
}
