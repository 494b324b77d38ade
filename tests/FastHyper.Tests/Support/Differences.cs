namespace FastHyper.Tests.Support;

/// <summary>Derivatives by differences over five points, of error O(step⁴).</summary>
internal static class Differences
{
    public static double[] Of(Func<double[], double> function, double[] x, double step)
    {
        double[] gradient = new double[x.Length];
        for (int p = 0; p < x.Length; p++)
            gradient[p] = ((8 * (At(p, step) - At(p, -step))) - (At(p, 2 * step) - At(p, -2 * step))) / (12 * step);
        return gradient;

        double At(int p, double by)
        {
            double[] moved = [.. x];
            moved[p] += by;
            return function(moved);
        }
    }
}
