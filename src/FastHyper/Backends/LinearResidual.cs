namespace FastHyper.Backends;

/// <summary>
/// What an independent float64 pass finds out about a solution x of A x = b, A = I − γ P_π or its transpose, for one instance: norms in
/// which γ P_π, or its transpose, contracts by γ times the largest row sum. These are largest numbers for values, and sums for adjoints,
/// whose mass may gather in few states. Not a number where any number that goes in is not finite.
/// </summary>
/// <param name="Residual">‖b − A x‖.</param>
/// <param name="Solution">‖x‖.</param>
/// <param name="Source">‖b‖.</param>
/// <param name="SolutionSum">Σ_s y(s) of an adjoint; 0 of values.</param>
/// <param name="SourceSum">Σ_s b(s) of an adjoint, which is (1 − γ) Σ y where rows sum to one; 0 of values.</param>
internal readonly record struct LinearResidual(double Residual, double Solution, double Source, double SolutionSum, double SourceSum)
{
    /// <summary>‖b − A x‖/(‖x‖ + ‖b‖); zero where the residual is.</summary>
    public double Relative => Residual == 0 ? 0 : Residual / (Solution + Source);

    /// <summary>
    /// The same with the mass balance: where all rows sum to one, the residual is no smaller than |Σ b − (1 − γ) Σ y|, which takes no
    /// transitions to find.
    /// </summary>
    /// <param name="discount">γ.</param>
    public LinearResidual Balanced(double discount) =>
        this with { Residual = Math.Max(Residual, Math.Abs(SourceSum - ((1 - discount) * SolutionSum))) };

    /// <summary>The larger of each norm; not a number where either is not.</summary>
    internal static LinearResidual Largest(in LinearResidual a, in LinearResidual b) =>
        new(Math.Max(a.Residual, b.Residual), Math.Max(a.Solution, b.Solution), Math.Max(a.Source, b.Source), 0, 0);
}
