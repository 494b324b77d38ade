namespace FastHyper.Problems.LinearQuadratic;

/// <summary>
/// A two-player game over linear dynamics, whose follower has quadratic costs and sees the leader's action: its response, the leader's
/// return and its gradient have closed forms.
/// </summary>
public abstract class LinearQuadraticGameProblem : ClosedFormProblem
{
    /// <summary>Creates the base of a problem.</summary>
    /// <param name="name">Name, as in configuration and reports.</param>
    /// <param name="shape">Sizes and constants that x does not change; with a horizon.</param>
    /// <param name="leaderActions">Action dimensions p of the leader.</param>
    /// <param name="parameterCount">Number of leader parameters, the length of x.</param>
    protected LinearQuadraticGameProblem(string name, LinearQuadraticShape shape, int leaderActions, int parameterCount)
        : base(name, shape, parameterCount) =>
        LeaderActions = leaderActions;

    /// <summary>Action dimensions p of the leader.</summary>
    public int LeaderActions { get; }

    /// <summary>Writes the game.</summary>
    /// <param name="x">Leader parameters, (P).</param>
    /// <param name="arrays">Zero beforehand; written.</param>
    public abstract void Configure(ReadOnlySpan<double> x, LinearQuadraticGameArrays arrays);

    /// <summary>Accumulates the gradient in x: gradient += (∂configuration/∂x)ᵀ cotangents, of A, B, C, Q, R and the gain.</summary>
    /// <param name="x">Leader parameters, (P).</param>
    /// <param name="cotangents">Derivatives of the leader's return in what <see cref="Configure"/> wrote.</param>
    /// <param name="gradient">(P), accumulated.</param>
    public abstract void Pullback(ReadOnlySpan<double> x, LinearQuadraticGameArrays cotangents, Span<double> gradient);
}
