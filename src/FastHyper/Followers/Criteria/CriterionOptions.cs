using FastHyper.Problems;

namespace FastHyper.Followers.Criteria;

/// <summary>What follower and leader sum up.</summary>
public enum CriterionKind
{
    /// <summary>Discounted rewards, as the problem says.</summary>
    Discounted,

    /// <summary>The average reward a step, whatever the problem's discounts; see <see cref="AverageRewardProblem"/>.</summary>
    Average,

    /// <summary>Rewards of so many steps, discounted as the problem says; see <see cref="FiniteHorizonProblem"/>.</summary>
    Finite,
}

/// <summary>What follower and leader sum up: the same environment by another criterion.</summary>
[Options]
public sealed partial record CriterionOptions
{
    /// <summary>What is summed up.</summary>
    public CriterionKind Kind { get; init; }

    /// <summary>Steps of an episode.</summary>
    [Range(Min = 1, Max = 1 << 20), OnlyWith(nameof(Kind), CriterionKind.Finite)]
    public int Horizon { get; init => field = InRange.Of<CriterionOptions>(value); } = 100;

    /// <summary>Discount of follower and leader over these steps; null for the problem's own, 1 for none.</summary>
    [Range(Min = 0, Max = 1), OnlyWith(nameof(Kind), CriterionKind.Finite)]
    public double? Discount { get; init => field = InRange.Of<CriterionOptions>(value); }

    /// <summary>The problem by this criterion.</summary>
    /// <param name="problem">By its own.</param>
    /// <exception cref="InvalidInputException">It is of a kind, or of a structure, for which there is no such criterion.</exception>
    public Problem Apply(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (Kind == CriterionKind.Discounted) return problem;
        FiniteProblem finite = problem as FiniteProblem
            ?? throw new InvalidInputException(
                $"criterion.kind: {problem.Name} is no finite MDP; expected discounted");
        return Kind == CriterionKind.Average
            ? new AverageRewardProblem(finite)
            : new FiniteHorizonProblem(finite, Horizon, Discount);
    }
}
