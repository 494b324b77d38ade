namespace FastHyper.Hypergradients.Objectives;

/// <summary>
/// What a judge's comparison of two segments adds to the Bradley–Terry log-likelihood,
/// q log σ(Δ) + (1 − q) log σ(−Δ) with q = σ(Δ*), and its derivatives.
/// </summary>
/// <param name="Value">The log-likelihood.</param>
/// <param name="Slope">∂/∂Δ.</param>
/// <param name="TrueSlope">∂/∂Δ*.</param>
internal readonly record struct Comparison(double Value, double Slope, double TrueSlope)
{
    /// <summary>Compares sums of rewards that differ by Δ, and by Δ* in truth.</summary>
    public static Comparison Of(double delta, double trueDelta)
    {
        double q = Sigmoid(trueDelta);
        return new Comparison(LogSigmoid(-delta) + (q * delta), q - Sigmoid(delta), delta * q * (1 - q));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>log σ(x), without overflow.</summary>
    private static double LogSigmoid(double x) => Math.Min(x, 0) - Math.Log(1 + Math.Exp(-Math.Abs(x)));
}
