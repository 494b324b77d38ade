using FastHyper.Reference.Arithmetic;

namespace FastHyper.Reference.Dense;

/// <summary>τ log Σ_a exp(q(a)/τ), and the share of each a in the sum.</summary>
public readonly record struct SoftMaximum<T>(T Value, T[] Shares)
    where T : struct, IScalar<T>
{
    public static SoftMaximum<T> Of(ReadOnlySpan<T> q, double temperature)
    {
        T best = q[0];
        foreach (T value in q)
            if ((value - best).Value > 0) best = value;
        T[] shares = new T[q.Length];
        T sum = default;
        for (int a = 0; a < q.Length; a++)
        {
            shares[a] = T.Exp((q[a] - best) / T.Of(temperature));
            sum += shares[a];
        }

        for (int a = 0; a < q.Length; a++) shares[a] /= sum;
        return new SoftMaximum<T>(best + (T.Of(temperature) * T.Log(sum)), shares);
    }
}
