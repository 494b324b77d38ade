namespace FastHyper.Problems.Continuous;

/// <summary>Gauss–Hermite quadrature of the standard normal distribution: E f(z) ≈ Σ_i weight_i f(node_i).</summary>
internal static class GaussHermite
{
    /// <summary>Nodes and weights, by Newton's method on the orthonormal Hermite polynomials.</summary>
    /// <param name="count">How many, 1 to 64.</param>
    public static (double[] Nodes, double[] Weights) Rule(int count)
    {
        double[] nodes = new double[count], weights = new double[count];
        // Zeros of h_count part those of h_{count-1}: by bisection between bounds, from the highest on.
        double bound = (2 * Math.Sqrt(count)) + 1;
        int found = 0;
        const int parts = 4096;
        double before = -bound;
        for (int k = 1; k <= parts && found < count; k++)
        {
            double at = -bound + (2 * bound * k / parts);
            if (Value(count, before) <= 0 != Value(count, at) <= 0) nodes[found++] = Zero(count, before, at);
            before = at;
        }

        // Exact symmetry, so that odd moments vanish.
        for (int i = 0; i < count / 2; i++)
        {
            double half = (nodes[count - 1 - i] - nodes[i]) / 2;
            (nodes[i], nodes[count - 1 - i]) = (-half, half);
        }

        if (count % 2 == 1) nodes[count / 2] = 0;
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            double before1 = Value(count - 1, nodes[i]);
            sum += weights[i] = 1 / (count * before1 * before1);
        }

        for (int i = 0; i < count; i++) weights[i] /= sum;
        return (nodes, weights);
    }

    private static double Zero(int count, double low, double high)
    {
        bool negative = Value(count, low) <= 0;
        for (int step = 0; step < 200; step++)
        {
            double middle = (low + high) / 2;
            if (middle == low || middle == high) break;
            if (Value(count, middle) <= 0 == negative) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    /// <summary>h_n(z) = (z h_{n−1} − √(n−1) h_{n−2})/√n.</summary>
    private static double Value(int n, double z)
    {
        double before = 0, value = 1;
        for (int k = 1; k <= n; k++) (before, value) = (value, ((z * value) - (Math.Sqrt(k - 1) * before)) / Math.Sqrt(k));
        return value;
    }
}
