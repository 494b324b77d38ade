namespace FastHyper.Problems;

/// <summary>The logistic function of a number.</summary>
internal static class Logistic
{
    /// <summary>1/(1 + e⁻ᶻ).</summary>
    public static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));

    /// <summary>z of a sigmoid.</summary>
    public static double Logit(double sigmoid) => Math.Log(sigmoid / (1 - sigmoid));
}
