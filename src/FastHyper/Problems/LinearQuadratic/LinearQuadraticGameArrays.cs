using CommunityToolkit.HighPerformance;

namespace FastHyper.Problems.LinearQuadratic;

/// <summary>
/// A game over linear dynamics, or derivatives in it: the leader plays a ~ N(L s, D_a), the follower sees a and plays u, then
/// s' = A s + B u + C a + w with w ~ N(0, W). The follower earns −(sᵀQ s + uᵀR u); the leader exp(−½ (s − g)ᵀ D⁻¹ (s − g)), near its goal
/// g.
/// </summary>
/// <param name="states">State dimensions n, at least 1.</param>
/// <param name="actions">Action dimensions m of the follower, at least 1.</param>
/// <param name="leaderActions">Action dimensions p of the leader, at least 1.</param>
public sealed class LinearQuadraticGameArrays(int states, int actions, int leaderActions)
{
    /// <summary>A, (n, n).</summary>
    public double[,] A { get; } = new double[states, states];

    /// <summary>B, (n, m): what the follower's action does.</summary>
    public double[,] B { get; } = new double[states, actions];

    /// <summary>C, (n, p): what the leader's action does.</summary>
    public double[,] C { get; } = new double[states, leaderActions];

    /// <summary>Q, (n, n): the follower's cost of states.</summary>
    public double[,] Q { get; } = new double[states, states];

    /// <summary>R, (m, m): the follower's cost of actions, positive definite.</summary>
    public double[,] R { get; } = new double[actions, actions];

    /// <summary>L, (p, n): the leader's gain.</summary>
    public double[,] Gain { get; } = new double[leaderActions, states];

    /// <summary>D_a, (p, p): covariance of the leader's action.</summary>
    public double[,] LeaderNoise { get; } = new double[leaderActions, leaderActions];

    /// <summary>W, (n, n): covariance of the noise in a step.</summary>
    public double[,] W { get; } = new double[states, states];

    /// <summary>Mean of the state that episodes start in, (n).</summary>
    public double[] StartMean { get; } = new double[states];

    /// <summary>Its covariance, (n, n).</summary>
    public double[,] StartCovariance { get; } = new double[states, states];

    /// <summary>g, (n): where the leader wants the state.</summary>
    public double[] Goal { get; } = new double[states];

    /// <summary>D, (n, n), positive definite: squared widths of the leader's reward around its goal.</summary>
    public double[,] Width { get; } = new double[states, states];

    /// <summary>Sets everything to zero.</summary>
    public void Clear()
    {
        foreach (double[,] array in (ReadOnlySpan<double[,]>)[A, B, C, Q, R, Gain, LeaderNoise, W, StartCovariance, Width])
            array.AsSpan2D().Clear();
        StartMean.AsSpan().Clear();
        Goal.AsSpan().Clear();
    }
}
