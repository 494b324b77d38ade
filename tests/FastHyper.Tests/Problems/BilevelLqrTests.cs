using FastHyper.Files;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Problems;

public class BilevelLqrTests
{
    [Fact]
    public void ReturnsAndGradientsAreTheCheckedOnes()
    {
        using NpzReader answer = NpzReader.Open("golden/bilevel-lqr.answer.npz");
        double[] x = answer.ReadDoubles("x").Data, objective = answer.ReadDoubles("objective").Data,
            gradient = answer.ReadDoubles("gradient").Data;
        LinearQuadraticGameGradient exact = new(BilevelLqr.Create());
        for (int i = 0; i < objective.Length; i++)
        {
            double[] actual = new double[2];
            Close.Within(1e-9, [objective[i]], [exact.Evaluate(x.AsSpan(2 * i, 2), actual)], $"objective {i}");
            Close.Within(1e-9, gradient[(2 * i)..(2 * (i + 1))], actual, $"gradient {i}");
        }
    }

    [Theory]
    [InlineData(-9.965, -10, 18.43, 11.31)]
    [InlineData(-9.683, -10.25, 3.84, double.NaN)]
    [InlineData(0, 0, 0.0150, double.NaN)]
    public void ReturnsAreThePublishedOnes(double first, double second, double undiscounted, double discounted)
    {
        LinearQuadraticGameGradient exact = new(BilevelLqr.Create());
        double value = exact.Evaluate([first, second]);
        Assert.Equal(undiscounted, exact.Solution.UndiscountedReturn, 0.005);
        if (!double.IsNaN(discounted)) Assert.Equal(discounted, value, 0.05);
    }
}
