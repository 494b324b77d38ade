namespace FastHyper.Followers;

/// <summary>When a fixed-point iteration stops.</summary>
public sealed record SolveOptions
{
    /// <summary>
    /// An instance has converged when no state's value changes by more than this in a sweep. For the follower it is in
    /// reward units; for linear solves it is relative to the largest value.
    /// </summary>
    public double Tolerance { get; init; } = 1e-7;

    /// <summary>Sweeps at the most; an instance that needs more is reported as not converged.</summary>
    public int MaximalSweeps { get; init; } = 1_000_000;
}

/// <summary>The certificate of a follower's solve, for one instance.</summary>
/// <param name="Iterations">Sweeps of the last solve.</param>
/// <param name="Residual">δ = ‖TV − V‖∞.</param>
/// <param name="Bound">
/// ‖V − V*‖∞ is at most this: δ/(1 − γρ), ρ the largest row sum of P; infinite where γρ = 1.
/// </param>
/// <param name="Converged">Whether sweeps ended at their tolerance or at the rounding of the precision.</param>
public readonly record struct Certificate(int Iterations, double Residual, double Bound, bool Converged);
