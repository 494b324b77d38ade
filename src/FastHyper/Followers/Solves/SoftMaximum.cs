namespace FastHyper.Followers.Solves;

/// <summary>τ log Σ_a exp(q_a/τ) and its policy, on the host.</summary>
internal static class SoftMaximum
{
    /// <summary>The soft maximum.</summary>
    /// <param name="q">Action values.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="policy">exp((q − V)/τ), written.</param>
    public static double Write(ReadOnlySpan<double> q, double temperature, Span<double> policy)
    {
        double largest = q[0], sum = 0;
        foreach (double value in q) largest = Math.Max(largest, value);
        for (int a = 0; a < q.Length; a++) sum += policy[a] = Math.Exp((q[a] - largest) / temperature);
        foreach (ref double p in policy) p /= sum;
        return largest + (temperature * Math.Log(sum));
    }
}
