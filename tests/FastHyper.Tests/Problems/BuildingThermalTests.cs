using FastHyper.Files;
using FastHyper.Followers.LinearQuadratic;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Problems;

public class BuildingThermalTests
{
    [Fact]
    public void ReturnsAndGradientsAreTheCheckedOnes()
    {
        using NpzReader answer = NpzReader.Open("golden/building-thermal.answer.npz");
        double[] x = answer.ReadDoubles("x").Data, objective = answer.ReadDoubles("objective").Data,
            gradient = answer.ReadDoubles("gradient").Data;
        LinearQuadraticGradient exact = new(BuildingThermal.Create());
        for (int i = 0; i < objective.Length; i++)
        {
            double[] actual = new double[8];
            Close.Within(1e-9, [objective[i]], [exact.Evaluate(x.AsSpan(8 * i, 8), actual)], $"objective {i}");
            Close.Within(1e-9, gradient[(8 * i)..(8 * (i + 1))], actual, $"gradient {i}");
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(null)]
    public void GradientsAreThoseOfDifferences(int? horizon)
    {
        BuildingThermal problem = BuildingThermal.Create(new BuildingThermalOptions { Horizon = horizon, Deviation = 1 });
        LinearQuadraticGradient exact = new(problem);
        for (ulong seed = 0; seed < 10; seed++)
        {
            double[] x = new double[8], gradient = new double[8];
            problem.InitialParameters(seed, x);
            exact.Evaluate(x, gradient);
            Close.Within(1e-8, Differences.Of(y => exact.Evaluate(y), x, 1e-3), gradient, $"seed {seed}");
        }
    }

    [Fact]
    public void FiveZonesAndThreeUnitsAreAsGoodAsFourAndTwo()
    {
        double[][] drift = [.. Enumerable.Range(0, 5).Select(i => Enumerable.Range(0, 5).Select(
            j => i == j ? 0.9 : (i + 1) % 5 == j || (j + 1) % 5 == i ? 0.03 + (0.01 * ((2 * i) + j)) : 0).ToArray())];
        BuildingThermal problem = BuildingThermal.Create(new BuildingThermalOptions
        {
            Drift = drift,
            Control = [[0.1, 0, 0], [0.6, 0, 0.1], [0, 0.55, 0], [0, 0.3, 0], [0, 0, 0.7]],
            Leak = [0.04, 0.03, 0.06, 0.05, 0.02],
            Discomfort = [8, 1, 5, 6, 2],
        });
        double[] x = [0.3, -0.2, 0.7, -1, 0.4, 0.1, -0.6, 0.5, 0.9, -0.3], gradient = new double[10];
        LinearQuadraticGradient exact = new(problem);
        exact.Evaluate(x, gradient);
        Close.Within(1e-8, Differences.Of(y => exact.Evaluate(y), x, 1e-3), gradient, "gradient");
    }

    [Fact]
    public void RefusesShapesThatDisagree()
    {
        Refuses(new BuildingThermalOptions { Leak = [1, 2] }, "leak of 2 zones; expected at least 3");
        Refuses(new BuildingThermalOptions { Discomfort = [1] }, "discomfort has 1 numbers; expected 4");
        Refuses(new BuildingThermalOptions { Control = [[1]] }, "control has 1 rows; expected 4");
        Refuses(
            new BuildingThermalOptions { Drift = [[1, 0, 2, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] },
            "drift[0][2] = 2; expected 0 between zones that are no neighbours");

        static void Refuses(BuildingThermalOptions options, string expected) =>
            Assert.StartsWith(
                "building-thermal: " + expected, Assert.Throws<InvalidInputException>(() => BuildingThermal.Create(options)).Message);
    }
}
