using FastHyper.Followers;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients;

/// <summary>
/// The exact hypergradient of any objective, with the model: one adjoint solve and two pullbacks beside the objective's
/// own evaluation. O(transitions) a sweep; memory O(S·A).
/// </summary>
[Options]
public sealed partial record Exact : IHypergradientEstimator
{
    /// <summary>The exact hypergradient, with the default tolerance.</summary>
    public Exact() { }

    /// <summary>The exact hypergradient.</summary>
    /// <param name="tolerance">See <see cref="Tolerance"/>.</param>
    public Exact(double tolerance) => Tolerance = tolerance;

    /// <summary>Relative tolerance of the linear solves.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Tolerance { get; init => field = InRange.Of<Exact>(value); } = 1e-14;

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
                context, (Objective ?? new DiscountedReturn(Tolerance)).Bind(context), new AdjointOptions { Tolerance = Tolerance });
        }

        return Objective is null
            ? new ClosedFormGradient(context, closed)
            : throw new InvalidInputException($"exact: objective {Objective.Name} on {context.Instances.Problem.Name}; expected the discounted return");
    }
}
