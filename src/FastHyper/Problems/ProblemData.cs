using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// A tabular problem of S states, A follower actions and P leader parameters whose rewards are linear in the
/// parameters: r = r₀ + Φx, l = l₀ + Ψx.
/// </summary>
public sealed record ProblemData
{
    /// <summary>P(s'|s,a), (S·A) × S.</summary>
    public required Transitions Transitions { get; init; }

    /// <summary>Follower's reward at x = 0, r₀: (S·A), row s·A+a.</summary>
    public required double[] Reward { get; init; }

    /// <summary>Leader's reward at x = 0, l₀: (S·A), row s·A+a.</summary>
    public required double[] LeaderReward { get; init; }

    /// <summary>
    /// Policy π₀ that the follower's is kept near: (S·A), row s·A+a, all above zero, each state's summing to one. In place of the entropy,
    /// τ weighs the divergence KL(π | π₀): r + τ log π₀ is what the follower is rewarded with. Null for the entropy.
    /// </summary>
    public double[]? Prior { get; init; }

    /// <summary>Φ, (S·A) × P; null where x does not enter the follower's reward.</summary>
    public SparseMatrix? Features { get; init; }

    /// <summary>Ψ, (S·A) × P; null where x does not enter the leader's reward.</summary>
    public SparseMatrix? LeaderFeatures { get; init; }

    /// <summary>
    /// Features that the follower's action values are linear in, with the weights and ridge of their fit; null for a follower of any
    /// values.
    /// </summary>
    public FeatureRows? ValueFeatures { get; init; }

    /// <summary>Initial distribution μ: (S), sums to one.</summary>
    public required double[] Initial { get; init; }

    /// <summary>Follower's discount γ, in [0, 1]; 1 only where every state can reach termination.</summary>
    public required double Gamma { get; init; }

    /// <summary>Leader's discount γ_L, in [0, 1]; 1 only where every state can reach termination.</summary>
    public required double GammaLeader { get; init; }

    /// <summary>Entropy temperature τ, in units of reward; 0 for the hard maximum, which has no gradient.</summary>
    public required double Temperature { get; init; }

    /// <summary>Leader parameters x: (P).</summary>
    public required double[] X { get; init; }
}
