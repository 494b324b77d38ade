using FastHyper.Followers;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// The exact hypergradient of any objective, with the model: one adjoint solve and two pullbacks beside the objective's
/// own evaluation. O(transitions) a sweep; memory O(S·A).
/// </summary>
[Options]
public sealed partial record ExactEstimator : IHypergradientEstimator
{
    /// <summary>The exact hypergradient, with the default tolerance.</summary>
    public ExactEstimator() { }

    /// <summary>The exact hypergradient.</summary>
    /// <param name="tolerance">See <see cref="LinearTolerance"/>.</param>
    public ExactEstimator(double tolerance) => LinearTolerance = tolerance;

    /// <summary>Relative tolerance of the linear solves.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double LinearTolerance { get; init => field = InRange.Of<ExactEstimator>(value); } = 1e-14;

    /// <inheritdoc/>
    public string Name => "exact";

    /// <inheritdoc/>
    public bool PlaysGames => true;

    /// <inheritdoc/>
    public SamplingOptions? Sampling => null;

    /// <inheritdoc/>
    [OnlyInCode]
    public IObjective? Objective { get; init; }

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Follower is not ClosedFormFollower closed)
        {
            return new ModelGradient(
                context, (Objective ?? new DiscountedReturnObjective(LinearTolerance)).Bind(context),
                new AdjointOptions { LinearTolerance = LinearTolerance });
        }

        return Objective is null
            ? new ClosedFormGradient(context, closed)
            : throw new InvalidInputException(
                $"exact: objective {Objective.Name} on {context.Instances.Problem.Name}; expected the discounted return");
    }
}
