using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.Criteria;

/// <summary>A problem made of a problem, whose steps it takes over with all that x does, for another criterion.</summary>
public abstract class CriterionProblem : FiniteProblem
{
    private protected CriterionProblem(FiniteProblem steps, Transitions transitions, double discount, double leaderDiscount)
        : base(steps.Name, transitions, steps.ParameterCount, discount, leaderDiscount, steps.Temperature)
    {
        Steps = steps;
        NoticeList.AddRange(steps.Notices);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> ParameterShape => Steps.ParameterShape;

    /// <inheritdoc/>
    public override IReadOnlyList<double> ContextProbabilities => Steps.ContextProbabilities;

    /// <inheritdoc/>
    public override bool ContextsAreTogether => Steps.ContextsAreTogether;

    /// <inheritdoc/>
    public override bool HasOwnTransitions => Steps.HasOwnTransitions;

    /// <inheritdoc/>
    public override bool ControlsTransitions => Steps.ControlsTransitions;

    /// <summary>What each step is.</summary>
    private protected FiniteProblem Steps { get; }

    /// <inheritdoc/>
    public override void InitialParameters(ulong seed, Span<double> x) => Steps.InitialParameters(seed, x);

    /// <summary>Throws for what no other criterion knows.</summary>
    private protected static FiniteProblem Require(FiniteProblem steps, string criterion)
    {
        ArgumentNullException.ThrowIfNull(steps);
        if (steps.LeaderActions > 0)
            throw new InvalidInputException($"{steps.Name}: {criterion} of a game; expected a problem in which the leader does not act");
        if (steps.ValueFeatures is not null)
            throw new InvalidInputException(
                $"{steps.Name}: {criterion} of a follower that is linear in features; expected one of any values");
        return steps;
    }
}
