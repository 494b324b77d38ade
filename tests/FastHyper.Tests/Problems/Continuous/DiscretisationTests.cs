using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;
using FastHyper.Problems.Features;
using FastHyper.Rollouts;

namespace FastHyper.Tests.Problems.Continuous;

/// <summary>Problems of continuous states over a grid.</summary>
public class DiscretisationTests
{
    [Fact]
    public void QuadratureIsExactForPolynomials()
    {
        for (int count = 1; count <= 64; count++)
        {
            (double[] nodes, double[] weights) = GaussHermite.Rule(count);
            double moment = 1;
            for (int power = 0; power < Math.Min(2 * count, 40); power++)
            {
                // E z^2k = 1 · 3 · … · (2k − 1).
                if (power > 0 && power % 2 == 0) moment *= power - 1;
                double sum = nodes.Zip(weights, (node, weight) => weight * Math.Pow(node, power)).Sum();
                Assert.InRange(sum - (power % 2 == 0 ? moment : 0), -1e-10 * moment, 1e-10 * moment);
            }
        }
    }

    /// <summary>Interpolation leaves linear functions as they are: rows have the mean of next states where those stay in the box.</summary>
    [Theory, InlineData(1), InlineData(2)]
    public void RowsHaveTheMeanOfNextStates(int dimensions)
    {
        FiniteProblem problem = new Drifting(dimensions).Discretise();
        int points = 17;
        for (int s = 0; s < problem.Transitions.States; s++)
        {
            double[] at = [.. Enumerable.Range(0, dimensions).Select(d => Coordinate(s, d))];
            for (int action = 0; action < 3; action++)
            {
                int row = (s * 3) + action;
                (double sum, double[] mean) = (0, new double[dimensions]);
                for (long k = problem.Transitions.Matrix.Offsets[row]; k < problem.Transitions.Matrix.Offsets[row + 1]; k++)
                {
                    sum += problem.Transitions.Matrix.Values[k];
                    for (int d = 0; d < dimensions; d++) mean[d] += problem.Transitions.Matrix.Values[k] * Coordinate(
                        problem.Transitions.Matrix.Columns[k], d);
                }

                Assert.Equal(at[0] > 1.9 ? 0 : 1, sum, 1e-12);
                for (int d = 0; at.All(x => Math.Abs(x) < 1) && d < dimensions; d++)
                    Assert.Equal(at[d] + (0.3 * (action - 1) * (1 + (0.3 * at[d]))) - (0.1 * at[d]) - 0.04, mean[d], 1e-12);
            }
        }

        double Coordinate(int state, int dimension)
        {
            for (int d = dimensions - 1; d > dimension; d--) state /= points;
            return -2 + (state % points * 0.25);
        }
    }

    /// <summary>Where no next state is a point of the grid, around which interpolation has a kink.</summary>
    [Theory, InlineData(1), InlineData(2)]
    public void TheGradientIsThatOfDifferences(int dimensions)
    {
        using CpuBackend backend = new(1);
        GradientCheck check = GradientCheck.Run(new Drifting(dimensions).Discretise(), backend, at: [0.317, -0.211, 0.5]);
        Assert.True(check.Passed, $"{check}");
    }

    [Fact]
    public void AMarginOfCellsIsAllThatIsStored()
    {
        using CpuBackend backend = new(1);
        DiscretisationOptions all = new() { Points = [17], Nodes = 3, Starts = 4 }, near = all with { Margin = 1 };
        FiniteProblem whole = new Drifting(1, all).Discretise(), band = new Drifting(1, near).Discretise();
        Assert.True(band.Transitions.Matrix.EntryCount < whole.Transitions.Matrix.EntryCount / 2);
        Assert.Equal(Value(whole, [0.3, -0.2, 0.5]), Value(band, [0.3, -0.2, 0.5]), 1e-10);
        Assert.Contains("expected a larger margin, 1 now", Assert.Throws<InvalidInputException>(() => Value(band, [0.3, 9, 0.5])).Message);
    }

    /// <summary>Each grid of half the width is nearer to the next.</summary>
    [Fact]
    public void ValuesConvergeOverGrids()
    {
        double[] x = [0.3, -0.2, 0.5];
        double[] values = [.. ((int[])[17, 33, 65, 129]).Select(points => Value(new Drifting(1, new() { Points = [points], Nodes = 9,
            Starts = 64 }).Discretise(), x))];
        double[] steps = [.. values.Zip(values.Skip(1), (a, b) => Math.Abs(b - a))];
        for (int k = 1; k < steps.Length; k++) Assert.True(steps[k] < 0.6 * steps[k - 1], string.Join(", ", values));
    }

    [Fact]
    public void APendulumIsSwungUpByPaymentsThatTheDirectPartAloneDoesNotFind()
    {
        Pendulum problem = Pendulum.Create(new PendulumOptions { Grid = new() { Points = [21, 21], Nodes = 3 } });
        using CpuBackend backend = new(2);
        SamplingOptions sampling = new() { Steps = 2000, Streams = 20, EpisodeLimit = 100 };
        FeatureFamilyOptions fourier = new() { Kind = FeatureKind.Fourier };
        FeatureFamilyOptions tiles = new() { Kind = FeatureKind.TileCoding, TileCoding = new() { Tilings = 4, Tiles = 4 } };
        double naive = End(new NaiveEstimator { Sampling = sampling });
        Assert.True(End(new ExactEstimator()) > 1.5 * naive);
        foreach (FeatureFamilyOptions features in (FeatureFamilyOptions[])[fourier, tiles])
            Assert.True(End(new FittedEstimator { Sampling = sampling, FeatureFamily = features }) > 1.5 * naive, $"{features.Kind}");

        double End(IHypergradientEstimator estimator)
        {
            LeaderOptions options = new() { Leaders = LeaderOptions.Seeds(1, 1, 0.1), Optimizer = OptimizerKind.Adam };
            using Leader leader = new(problem, estimator, options, backend);
            using ObjectiveEvaluator evaluator = new(problem, 1, backend);
            for (int i = 0; i < 60; i++) leader.Step();
            double[] end = new double[1];
            evaluator.Evaluate(leader, end);
            return end[0];
        }
    }

    [Fact]
    public void FeaturesAreThoseOfTheGridsPoints()
    {
        FiniteProblem problem = new Drifting(2).Discretise();
        Assert.Equal(3 * 16, new FeatureFamilyOptions { Kind = FeatureKind.Fourier }.RowsOf(problem).Count);
    }

    [Fact]
    public void WhatIsWrongIsSaidInALine()
    {
        Refused("Step wrote NaN as follower reward, from state (-2) by action 0; expected a finite number",
            new Drifting(1) { Wrong = double.NaN });
        Refused("Start wrote 2.25 in dimension 0; expected a state in the box, [-2, 2]", new Drifting(1) { StartWidth = 3 }, "-2.25");
        Refused("points in dimension 0, of cells 0.25 wide, of which no step moves more than a part of", new Drifting(1) { Pace = 0.01 });
        Refused("points along 3 axes; expected one number, or 2", new Drifting(2, new() { Points = [5, 5, 5] }));
        Refused("points of a grid and 3 actions; expected at most", new Drifting(2, new() { Points = [1 << 14] }));
        Refused("too many for memory; expected fewer points, or a smaller margin", new Drifting(2, new() { Points = [200], Nodes = 1 }));
        Assert.Contains("expected discounts below 1", Assert.Throws<InvalidInputException>(() => new Drifting(1, discount: 1)).Message);

        static void Refused(string message, ContinuousProblem problem, string? other = null)
        {
            string found = Assert.Throws<InvalidInputException>(() => problem.Discretise()).Message;
            Assert.True(found.Contains(message, StringComparison.Ordinal) || (other is not null && found.Contains(other,
                StringComparison.Ordinal)), found);
            Assert.StartsWith("drifting: ", found);
            Assert.DoesNotContain('\n', found);
        }
    }

    private static double Value(FiniteProblem problem, double[] x)
    {
        using CpuBackend backend = new(1);
        using ObjectiveEvaluator evaluator = new(problem, 1, backend);
        evaluator.Instances.IsolatesFailures = false;
        double[] value = new double[1];
        evaluator.Evaluate([x], value);
        return value[0];
    }
}
