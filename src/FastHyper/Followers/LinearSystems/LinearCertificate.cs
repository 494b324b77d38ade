namespace FastHyper.Followers.LinearSystems;

/// <summary>
/// The proof of a linear solve A x = b, A = I − γ P_π or its transpose, for one instance: its residual by a float64 pass of its own, in the
/// norm in which γ P_π contracts (largest numbers for values, sums for adjoints).
/// </summary>
/// <param name="Outcome">How the solve ended, by the residual.</param>
/// <param name="Residual">‖b − A x‖/(‖x‖ + ‖b‖).</param>
/// <param name="Tolerance">What the residual was held to.</param>
/// <param name="Bound">‖x − x*‖/‖x‖ is at most this: residual/(1 − γρ), ρ the largest row sum of P; infinite where γρ = 1.</param>
/// <param name="Sweeps">Sweeps, and passes that found residuals.</param>
/// <param name="Products">Products with P_π, or direct solves.</param>
public readonly record struct LinearCertificate(
    Outcome Outcome, double Residual, double Tolerance, double Bound, int Sweeps, int Products);
