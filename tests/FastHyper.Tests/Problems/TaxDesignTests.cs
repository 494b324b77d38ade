using FastHyper.Files;
using FastHyper.Problems.Tax;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Problems;

public class TaxDesignTests
{
    [Fact]
    public void ReturnsAndGradientsAreTheCheckedOnes()
    {
        using NpzReader answer = NpzReader.Open("golden/tax-design.answer.npz");
        double[] temperatures = answer.ReadDoubles("temperature").Data, x = answer.ReadDoubles("x").Data;
        double[] objective = answer.ReadDoubles("objective").Data, gradient = answer.ReadDoubles("gradient").Data;
        for (int i = 0; i < temperatures.Length; i++)
        {
            using Solved solved = new(TaxDesign.Create(new TaxDesignOptions { Temperature = temperatures[i] }));
            solved.At(x[(4 * i)..(4 * (i + 1))]);
            double[] actual = solved.Gradient(), expected = gradient[(4 * i)..(4 * (i + 1))];
            Close.Within(1e-3, [objective[i]], solved.Objectives(), $"objective {i}");
            double error = Close.Norm(Close.Difference(actual, expected)) / Close.Norm(expected);

            // Where the income tax is above one, and work pays less than nothing, the checked derivatives in it are right to 2 %:
            // differences of two programs' returns agree with each other, and not with them.
            double tolerance = x[4 * i] > 0 ? 2.5e-2 : 2e-3;
            Assert.True(error < tolerance, $"gradient {i}: {error:E2} of its norm; expected {tolerance:E1}");
        }
    }

    [Fact]
    public void ErrorsFallWithTheSquareOfTheGrid()
    {
        double[] x = [0.4, -1, -0.2, 0.3];
        double[] returns = [.. ((int[])[51, 101, 201, 401]).Select(points =>
        {
            using Solved solved = new(TaxDesign.Create(new TaxDesignOptions { Points = points }));
            return solved.At(x).Objectives()[0];
        })];
        double[] errors = [.. returns.Skip(1).Zip(returns, (fine, coarse) => Math.Abs(fine - coarse))];
        Assert.InRange(errors[0] / errors[1], 2.5, 6);
        Assert.InRange(errors[1] / errors[2], 2.5, 6);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    public void TheGradientIsThatOfDifferences(double temperature)
    {
        TaxDesign problem = TaxDesign.Create(new TaxDesignOptions { Points = 61, Temperature = temperature });
        Assert.InRange(GradientCheck.Worst(problem, [0.4, -1, -0.2, 0.3], 1e-3), 0, 1e-7);
        Assert.InRange(GradientCheck.Worst(problem, [-1.7, -1.5, -1.9, -1.2], 1e-3), 0, 1e-7);
    }

    /// <summary>Against every way of spending as an action of its own, and masses by sums of densities.</summary>
    [Fact]
    public void FoldedActionsAreWorthWhatAllAreWorth()
    {
        TaxDesignOptions options = new()
        {
            Points = 41,
            HourLevels = 3,
            SpendingLevels = 3,
            Prices = [1.5, 0.8],
            Preferences = [[0.6, 0.3]],
            StartRates = [0.4, 0.2, 0.7],
            Temperature = 0.3,
            LeaderAssetScale = 0.5,
        };
        using Solved solved = new(TaxDesign.Create(options));
        Assert.Equal(3 * 5, solved.Mdp.Engine.Actions);
        double[] x = [0.2, -0.4, -0.9];
        solved.At(x);
        // Midpoints in place of Φ: an error of 10⁻⁶.
        Close.Within(2e-6, [Unfolded(options, x)], solved.Objectives(), "return");
    }

    [Fact]
    public void PublishedActionsFoldIntoOneHundredAndThirty()
    {
        TaxDesign problem = TaxDesign.Create(new TaxDesignOptions { Points = 41 });
        Assert.Equal((41, 130), (problem.Transitions.States, problem.Transitions.Actions));
        Assert.Equal([0.5, 0.5], problem.ContextProbabilities);
        Assert.True(problem.Transitions.RowsSumToOne);
    }

    [Theory]
    [InlineData(-9)]
    [InlineData(-2.5)]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8.4)]
    public void TheNormalDistributionIsTheIntegralOfItsDensity(double z)
    {
        const int cells = 200_000;
        double sum = 0, step = (z + 12) / cells;
        for (int k = 0; k < cells; k++) sum += step * Math.Exp(-Math.Pow(-12 + ((k + 0.5) * step), 2) / 2) / Math.Sqrt(2 * Math.PI);
        Assert.Equal(sum, FastHyper.Problems.NormalDistribution.Distribution(z), 1e-10);
        Assert.Equal(
            1, FastHyper.Problems.NormalDistribution.Distribution(z) + FastHyper.Problems.NormalDistribution.Distribution(-z), 1e-15);
    }

    [Fact]
    public void RefusesWhatCannotBe()
    {
        Refuses(new TaxDesignOptions { Points = 11 }, "points = 11, of cells 20 wide; expected cells of at most twice the noise, 10");
        Refuses(new TaxDesignOptions { Points = 10_000 }, "points = 10000 make ");
        Refuses(new TaxDesignOptions { Prices = [] }, "prices of no goods");
        Refuses(new TaxDesignOptions { Preferences = [] }, "preferences of no types");
        Refuses(new TaxDesignOptions { Preferences = [[1]] }, "preferences for 1 goods; expected 3");
        Refuses(new TaxDesignOptions { StartRates = [0.3, 0.3, 0.3, 2] }, "start_rates = [0.3, 0.3, 0.3, 2]; expected 4 between 0 and 2");
        Refuses(new TaxDesignOptions { SpendingLevels = 100, Prices = [1, 1, 1, 1] },
            "100 spending_levels of 4 goods; expected at most 1000000");

        static void Refuses(TaxDesignOptions options, string expected) =>
            Assert.StartsWith("tax-design: " + expected, Assert.Throws<InvalidInputException>(() => TaxDesign.Create(options)).Message);
    }

    private static double Unfolded(TaxDesignOptions o, double[] x)
    {
        const int within = 400;
        int n = o.Points;
        double step = 2 * o.AssetLimit / (n - 1);
        double[] rates = [.. x.Select(z => o.LargestRate / (1 + Math.Exp(-z)))],
            points = [.. Enumerable.Range(0, n).Select(i => (i * step) - o.AssetLimit)];
        List<(double Hours, double First, double Second)> actions =
        [
            .. from hours in Enumerable.Range(0, o.HourLevels)
               from first in Enumerable.Range(0, o.SpendingLevels)
               from second in Enumerable.Range(0, o.SpendingLevels)
               select (hours * o.HourStep, first * o.SpendingStep, second * o.SpendingStep),
        ];
        double[] preferences = o.Preferences[0];
        double[,] reward = new double[n, actions.Count], leader = new double[n, actions.Count];
        double[,][] next = new double[n, actions.Count][];
        for (int i = 0; i < n; i++)
        {
            for (int a = 0; a < actions.Count; a++)
            {
                (double hours, double first, double second) = actions[a];
                (double one, double two) = (first / (1 + rates[1]), second / (1 + rates[2]));
                double own = points[i] > 0 ? o.AssetScale * Math.Log(1 + (points[i] / 20)) : points[i];
                reward[i, a] = own - (0.1 * hours * hours)
                    + (Math.Pow(one / o.Prices[0], preferences[0]) * Math.Pow(two / o.Prices[1], preferences[1]));
                leader[i, a] = (points[i] > 0 ? o.LeaderAssetScale * Math.Log(1 + (points[i] / 20)) : points[i]) + (3 * (one + two) / 2)
                    + (5 * Math.Log(1 + (rates[1] * one) + (rates[2] * two) + (rates[0] * hours)));
                next[i, a] =
                    Masses(Math.Clamp(points[i] + ((1 - rates[0]) * hours) - first - second, -o.AssetLimit, o.AssetLimit), o.Noise);
            }
        }

        double[] values = new double[n], worth = new double[n];
        for (int sweep = 0; sweep < 400; sweep++)
        {
            double[] newValues = new double[n], newWorth = new double[n];
            for (int i = 0; i < n; i++)
            {
                double[] q = [.. Enumerable.Range(0, actions.Count).Select(a => reward[i, a] + (o.Gamma * Dot(next[i, a], values)))];
                double largest = q.Max(), sum = q.Sum(v => Math.Exp((v - largest) / o.Temperature));
                newValues[i] = largest + (o.Temperature * Math.Log(sum));
                for (int a = 0; a < actions.Count; a++)
                    newWorth[i] += Math.Exp((q[a] - newValues[i]) / o.Temperature) * (
                        leader[i, a] + (o.GammaLeader * Dot(next[i, a], worth)));
            }

            (values, worth) = (newValues, newWorth);
        }

        return Dot(Masses(0, o.StartDeviation), worth);

        double[] Masses(double mean, double deviation)
        {
            double[] masses = new double[n];
            for (int j = 0; j < n; j++)
            {
                double low = Math.Max(points[j] - (step / 2), -o.AssetLimit), high = Math.Min(points[j] + (step / 2), o.AssetLimit);
                for (int k = 0; k < within; k++)
                    masses[j] += (high - low) * Math.Exp(-Math.Pow((low + ((k + 0.5) * (high - low) / within) - mean) / deviation, 2) / 2);
            }

            double sum = masses.Sum();
            return [.. masses.Select(mass => mass / sum)];
        }

        static double Dot(double[] a, double[] b) => a.Zip(b, (p, v) => p * v).Sum();
    }
}
