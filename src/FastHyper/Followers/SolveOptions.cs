namespace FastHyper.Followers;

/// <summary>How a solve goes about it. All methods end with the same answer, certified in the same way.</summary>
public enum SolveMethod
{
    /// <summary>
    /// The fastest by what is seen of the problem: <see cref="Shifted"/> sweeps while their changes shrink fast enough to
    /// finish soon, else <see cref="PolicyIteration"/>, and that at once where linear solves are direct.
    /// </summary>
    Auto,

    /// <summary>Soft value iteration; for linear solves, sweeps V ← r_π + γ P_π V.</summary>
    Sweeps,

    /// <summary>
    /// Soft value iteration in place, up and down the states in turn. Reported as <see cref="Sweeps"/> where the engine's sweeps
    /// write to another array.
    /// </summary>
    GaussSeidel,

    /// <summary>
    /// Soft value iteration that stops on the span of a sweep's changes and then shifts all values at once: where P mixes,
    /// the span shrinks much faster than γ.
    /// </summary>
    Shifted,

    /// <summary>Soft value iteration with Anderson acceleration.</summary>
    Anderson,

    /// <summary>Soft policy iteration, Newton's method on V = TV; for linear solves, Krylov or direct solvers.</summary>
    PolicyIteration,
}

/// <summary>When a fixed-point iteration stops.</summary>
[Options]
public sealed partial record SolveOptions
{
    /// <summary>
    /// An instance has converged when no state's value changes by more than this in a sweep. For the follower it is in
    /// reward units; for linear solves it is relative to the largest value.
    /// </summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Tolerance { get; init => field = InRange.Of<SolveOptions>(value); } = 1e-7;

    /// <summary>How the solve goes about it.</summary>
    public SolveMethod Method { get; init; }

    /// <summary>Sweeps at the most; an instance that needs more is reported as not converged.</summary>
    [Range(Min = 1)]
    public int MaxSweeps { get; init => field = InRange.Of<SolveOptions>(value); } = 1_000_000;

    /// <summary>The same with a tolerance so many times as large, but not zero.</summary>
    /// <param name="factor">Above 0.</param>
    public SolveOptions Scaled(double factor) => this with { Tolerance = Math.Max(Tolerance * factor, double.Epsilon) };

    /// <summary>
    /// The same for a solve whose policy is wanted as exactly as its values: log π depends on V/τ, so that below one τ scales the
    /// tolerance.
    /// </summary>
    /// <param name="temperature">τ, at least 0; of 0, the hard maximum, the tolerance stays.</param>
    public SolveOptions ForPolicy(double temperature) => temperature is > 0 and < 1 ? Scaled(temperature) : this;
}

/// <summary>The certificate of a follower's solve, for one instance.</summary>
/// <param name="Outcome">
/// How the solve ended: converged where δ is within the tolerance, or at rounding, within that of the precision; where γρ = 1, with a bound
/// that is a small part of the values. Of followers that do not solve for the best response, what the residual says.
/// </param>
/// <param name="Iterations">Sweeps of the last solve, steps of policy iteration among them.</param>
/// <param name="Residual">δ = ‖TV − V‖∞, by a pass of its own in float64.</param>
/// <param name="Bound">
/// ‖V − V*‖∞ is at most this: δ/(1 − γρ), ρ the largest row sum of P, with what rounding may have taken from δ, in the pass and as float32
/// stored the problem. Where γρ = 1, δ times the expected length of episodes under π stands for that, to first order in the policy;
/// infinite where that length cannot be proven to be finite.
/// </param>
/// <param name="Method">How it was solved.</param>
/// <param name="Products">Products with P_π that its linear solves took.</param>
public readonly record struct Certificate(
    Outcome Outcome, int Iterations, double Residual, double Bound, SolveMethod Method, int Products)
{
    /// <summary>Whether the values are proven.</summary>
    public bool Converged => Outcome is Outcome.Converged or Outcome.AtRounding;
}
