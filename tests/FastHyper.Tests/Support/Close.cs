namespace FastHyper.Tests.Support;

/// <summary>Distances between vectors.</summary>
internal static class Close
{
    public static double Largest(double[] values) => values.Max(Math.Abs);

    /// <summary>max |a − b| / max |b|.</summary>
    public static double Error(double[] actual, double[] expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(actual, value => Assert.True(double.IsFinite(value)));
        double distance = actual.Zip(expected, (a, b) => Math.Abs(a - b)).Max();
        return distance == 0 ? 0 : distance / Largest(expected);
    }

    public static void Within(double tolerance, double[] expected, double[] actual, string what)
    {
        double error = Error(actual, expected);
        Assert.True(error <= tolerance, $"{what}: relative error {error:E2}; expected at most {tolerance:E0}");
    }

    public static double Norm(double[] values) => Math.Sqrt(values.Sum(v => v * v));

    public static double Cosine(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum() / (Norm(a) * Norm(b));

    public static double[] Difference(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x - y)];

    public static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
