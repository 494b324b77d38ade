using FastHyper.Problems;

namespace FastHyper.Tests.Support;

/// <summary>The exact gradient against differences of the exact objective, all perturbed x as leaders of one solve.</summary>
internal static class GradientCheck
{
    private const int Coordinates = 4;
    private const int RandomDirections = 2;

    /// <summary>
    /// Largest error of a directional derivative, relative to the gradient's largest component: along the coordinates
    /// where the gradient is largest and along random directions, which see every component.
    /// </summary>
    public static double Worst(FiniteProblem problem, double[] x, double step)
    {
        using Solved solved = new(problem);
        double[] gradient = solved.At(x).Gradient();
        double[][] directions = Directions(gradient);
        double[] factors = [1, -1, 2, -2];
        double[][] perturbed = [.. directions.SelectMany(d => factors.Select(f => Close.Sum(x, [.. d.Select(v => f * step * v)])))];
        using Solved differences = new(problem, perturbed.Length);
        double[] j = differences.At(perturbed).Objectives();
        double worst = 0;
        for (int i = 0; i < directions.Length; i++)
        {
            // Five points: the error is O(step⁴).
            double difference = ((8 * (j[4 * i] - j[(4 * i) + 1])) - (j[(4 * i) + 2] - j[(4 * i) + 3])) / (12 * step);
            double expected = directions[i].Zip(gradient, (d, g) => d * g).Sum();
            worst = Math.Max(worst, Math.Abs(difference - expected));
        }

        Assert.True(Close.Largest(gradient) > 1e-6, "the gradient vanishes: nothing is checked");
        return worst / Close.Largest(gradient);
    }

    private static double[][] Directions(double[] gradient)
    {
        Random random = new(5);
        int[] largest = [.. Enumerable.Range(0, gradient.Length).OrderByDescending(i => Math.Abs(gradient[i])).Take(Coordinates)];
        return
        [
            .. largest.Select(i => Enumerable.Range(0, gradient.Length).Select(k => k == i ? 1.0 : 0).ToArray()),
            .. Enumerable.Range(0, RandomDirections).Select(_ => gradient.Select(_ => random.NextDouble() < 0.5 ? -1.0 : 1).ToArray()),
        ];
    }
}
