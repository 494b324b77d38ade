using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.Criteria;

/// <summary>
/// A problem by its average reward a step: the follower maximises its gain g, with its entropy, the leader's objective is the gain of its
/// own rewards, and discounts do not count. g + h(s) = τ log Σ_a exp((r + P h)/τ), h = 0 in one state z.
/// </summary>
/// <remarks>
/// <para>
/// It is a problem of cycles. Episodes start in z and end on return to it: P without its column z. With rewards r − g their soft values are
/// h, and a cycle is worth nothing. A cycle takes N steps under the response π; with (l − F)/N, and F more in z, which a cycle sees once,
/// its return is F, the leader's gain, and so is its gradient at a fixed g, F and N. What moves g is found in the pullback:
/// dg = Σ d π (dr + dP h), d the stationary distribution.
/// </para>
/// <para>
/// Each configuration finds g and h by Newton's method, that is soft policy iteration: two linear solves a step. All estimators take the
/// problem; those of rollouts see cycles.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// AverageRewardProblem problem = new(RandomProblem.Create(new RandomProblemOptions(), seed: 1));
/// </code>
/// </example>
public sealed class AverageRewardProblem : CriterionProblem
{
    /// <summary>The problem by its average reward.</summary>
    /// <param name="steps">The problem; its discounts and its initial distribution do not count.</param>
    /// <exception cref="InvalidInputException">
    /// It is a game, or its follower is linear in features; an episode ends; or states of more than one class are returned to for ever.
    /// </exception>
    public AverageRewardProblem(FiniteProblem steps)
        : this(Require(steps, "average reward"), Recurrence.Find(steps.Name, steps.Transitions))
    {
    }

    private AverageRewardProblem(FiniteProblem steps, int start)
        : base(steps, Recurrence.Cut(steps.Transitions, start), 1, 1) => Start = start;

    /// <summary>The state z that cycles start from and return to.</summary>
    public int Start { get; }

    /// <inheritdoc/>
    internal override bool KeepsRewards => false;

    /// <inheritdoc/>
    protected internal override ProblemBinding Bind(Engine engine) => new AverageRewardBinding(Steps, Start, engine);
}
