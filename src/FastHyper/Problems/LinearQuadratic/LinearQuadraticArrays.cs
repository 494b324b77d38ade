using CommunityToolkit.HighPerformance;

namespace FastHyper.Problems.LinearQuadratic;

/// <summary>
/// What x does in a linear-quadratic problem of n state dimensions and m action dimensions, or derivatives in it:
/// s' = A s + B u + w with w ~ N(0, W); the follower earns −(sᵀQ s + uᵀR u), the leader −(sᵀM s + uᵀU u) − c, every step. Q, R, M, U and W
/// are symmetric; where they are not, their symmetric parts count.
/// </summary>
/// <param name="states">State dimensions n, at least 1.</param>
/// <param name="actions">Action dimensions m, at least 1.</param>
public sealed class LinearQuadraticArrays(int states, int actions)
{
    /// <summary>State dimensions n.</summary>
    public int States => states;

    /// <summary>Action dimensions m.</summary>
    public int Actions => actions;

    /// <summary>A, (n, n): what becomes of the state by itself.</summary>
    public double[,] A { get; } = new double[states, states];

    /// <summary>B, (n, m): what the action does.</summary>
    public double[,] B { get; } = new double[states, actions];

    /// <summary>Q, (n, n): the follower's cost of states; such that costs are bounded below.</summary>
    public double[,] Q { get; } = new double[states, states];

    /// <summary>R, (m, m): the follower's cost of actions, positive definite.</summary>
    public double[,] R { get; } = new double[actions, actions];

    /// <summary>W, (n, n): covariance of the noise in a step.</summary>
    public double[,] W { get; } = new double[states, states];

    /// <summary>X₀ = E[s₀ s₀ᵀ], (n, n): second moments of the state that episodes start in.</summary>
    public double[,] Start { get; } = new double[states, states];

    /// <summary>M, (n, n): the leader's cost of states.</summary>
    public double[,] M { get; } = new double[states, states];

    /// <summary>U, (m, m): the leader's cost of the follower's actions.</summary>
    public double[,] U { get; } = new double[actions, actions];

    /// <summary>c: what the leader pays in every step, whatever happens.</summary>
    public double Cost { get; set; }

    /// <summary>Sets everything to zero.</summary>
    public void Clear()
    {
        foreach (double[,] array in All) array.AsSpan2D().Clear();
        Cost = 0;
    }

    /// <summary>The matrices, in one order.</summary>
    internal double[][,] All => field ??= [A, B, Q, R, W, Start, M, U];
}
