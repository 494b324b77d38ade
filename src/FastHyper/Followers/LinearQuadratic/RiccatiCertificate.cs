using System.Globalization;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>What came of a linear-quadratic solve.</summary>
public enum RiccatiOutcome
{
    /// <summary>The follower's response, and what was asked of the leader's return, are known.</summary>
    Solved,

    /// <summary>A matrix holds a number that is not finite.</summary>
    NotFinite,

    /// <summary>R, or R + γBᵀPB, is not positive definite: some action costs nothing, or earns without bound.</summary>
    ActionCostNotPositive,

    /// <summary>Every policy of the follower costs without bound, or costs are beyond float64: (√γA, √γB) cannot be stabilised.</summary>
    NotStabilisable,

    /// <summary>
    /// A part of the state grows that the follower's costs do not see: the error of its response has no bound, and there is no derivative.
    /// </summary>
    NotDetectable,

    /// <summary>The iteration ended, but what it left does not satisfy the Riccati equation to the tolerance.</summary>
    Imprecise,

    /// <summary>The follower's response is known, but the leader's return over an infinite horizon has no bound.</summary>
    LeaderUnbounded,
}

/// <summary>The proof of a follower's linear-quadratic response.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Residual">max |Q + γAᵀPA − KᵀSK − P| over max |P|.</param>
/// <param name="Error">
/// Estimate of max |P − P*| over max |P|: the size of a Newton step, after which what is left is of its square.
/// </param>
/// <param name="Doublings">Doublings; each squares the steps of value iteration that P stands for.</param>
public readonly record struct RiccatiCertificate(RiccatiOutcome Outcome, double Residual, double Error, int Doublings)
{
    /// <summary>Throws unless there is an answer.</summary>
    /// <param name="problem">Begins the message.</param>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public void RequireSolved(string problem)
    {
        if (Obstacle(problem) is string obstacle) throw new InvalidOperationException(obstacle);
    }

    /// <summary>Why there is no answer; null where there is one.</summary>
    /// <param name="problem">Begins the message.</param>
    internal string? Obstacle(string problem) =>
        Outcome == RiccatiOutcome.Solved ? null : string.Create(CultureInfo.InvariantCulture, $"{problem}: {Reason}");

    /// <summary>What came of it, as of any solve.</summary>
    internal Outcome General => Outcome switch
    {
        RiccatiOutcome.Solved => FastHyper.Outcome.Converged,
        RiccatiOutcome.NotFinite => FastHyper.Outcome.NotFinite,
        RiccatiOutcome.Imprecise => FastHyper.Outcome.Stalled,
        _ => FastHyper.Outcome.Growing,
    };

    private string Reason => Outcome switch
    {
        RiccatiOutcome.NotFinite => "a matrix of the linear-quadratic model is not finite",
        RiccatiOutcome.ActionCostNotPositive =>
            "the follower's cost of actions is not positive definite: it has no best response; expected R, and R + gamma B'PB, positive "
                + "definite",
        RiccatiOutcome.NotStabilisable =>
            $"no policy of the follower keeps its costs bounded: the Riccati equation has no solution after {Doublings} doublings",
        RiccatiOutcome.NotDetectable =>
            "a part of the state grows under the follower's response, and its costs do not see it: its response has no derivative",
        RiccatiOutcome.Imprecise => string.Create(
            CultureInfo.InvariantCulture, $"the Riccati equation was solved to a residual of {Residual:E2} of its size only"),
        _ => "the leader's return over an infinite horizon has no bound under the follower's response",
    };
}
