using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Hypergradients;

public class ObjectiveTests
{
    public static TheoryData<string> Objectives => [.. ByName.Keys];

    private static Dictionary<string, IObjective?> ByName { get; } = new()
    {
        ["discounted-return"] = null,
        ["squared-norms"] = new SquaredNormsObjective(),
        ["own"] = new Own(),
    };

    [Theory, MemberData(nameof(Objectives))]
    public void GradientsAreDerivatives(string objective)
    {
        using CpuBackend backend = new(1, 256);
        Problem[] problems =
        [
            LinearProblem.Create("random", RandomProblem.Generate(3, new RandomProblemOptions { States = 12 })),
            FourRooms.Create(new FourRoomsOptions { Temperature = 0.1, Goals = [[1, 9], [11, 11]], WeightDeviation = 1 }),
            RandomMdp.Create(2, new RandomMdpOptions { Deviation = 0.2 }),
        ];
        foreach (FiniteProblem problem in problems)
        {
            if (problem is RandomMdp && objective == "discounted-return") continue;
            GradientCheck check = GradientCheck.Run(problem, backend, 1, 12, objective: ByName[objective]);
            Assert.True(check.Passed && check.Scale > 1e-6, $"{problem.Name}: {check}");
        }
    }

    [Fact]
    public void SquaredNormsAreTheirFormula()
    {
        using CpuBackend backend = new(1, 256);
        RandomMdp problem = RandomMdp.Create(1, new RandomMdpOptions { Deviation = 0 });
        using Leader leader = new(problem, new ExactEstimator(), new LeaderOptions(), backend);
        using ObjectiveEvaluator evaluator = new(problem, 1, backend, objective: new SquaredNormsObjective());
        double[] value = new double[1];
        evaluator.Evaluate(leader, value);
        Assert.Equal(1, value[0], 14);
        leader.Mdp.Engine.Upload(leader.Mdp.X, 0, [.. Enumerable.Repeat(0.1, 100)]);
        evaluator.Evaluate(leader, value);
        double[] policy = new double[50];
        evaluator.Mdp.Engine.Download(evaluator.Response.Policy, 0, policy);
        Assert.Equal(0.5 + (policy.Sum(p => p * p) / 2), value[0], 12);
    }

    [Theory]
    [InlineData(double.NaN, 0, 0, "own: value = NaN; expected a finite number")]
    [InlineData(0, double.NaN, 0, "own: policy cotangent[0] = NaN; expected a finite number")]
    [InlineData(0, 0, double.PositiveInfinity, "own: gradient[0] = ∞; expected a finite number")]
    public void WhatIsNotFiniteIsRefused(double value, double cotangent, double gradient, string message)
    {
        using CpuBackend backend = new(1, 256);
        using Leader leader = new(
            RandomMdp.Create(1), new ExactEstimator { Objective = new Broken(value, cotangent, gradient) }, new LeaderOptions(), backend);
        string shown = Assert.Throws<InvalidOperationException>(() => leader.Step()).Message;
        Assert.Equal(
            "seed 1, learning rate 0.1 diverged at iteration 0: " + message.Replace(
                "∞", double.PositiveInfinity.ToString(System.Globalization.CultureInfo.CurrentCulture), StringComparison.Ordinal), shown);
    }

    /// <summary>f = Σ (row + 1) π³ + Σ_p sin x_p, and 2 + c times that in context c.</summary>
    private sealed class Own() : CustomObjective("own")
    {
        public override double Evaluate(
            ReadOnlySpan<double> x, int context, ReadOnlySpan<double> policy, Span<double> policyCotangent, Span<double> gradient)
        {
            double f = 0, factor = 2 + context;
            for (int row = 0; row < policy.Length; row++)
            {
                f += factor * (row + 1) * policy[row] * policy[row] * policy[row];
                policyCotangent[row] = factor * (row + 1) * 3 * policy[row] * policy[row];
            }

            for (int p = 0; p < x.Length; p++)
            {
                f += factor * Math.Sin(x[p]);
                gradient[p] = factor * Math.Cos(x[p]);
            }

            return f;
        }
    }

    private sealed class Broken(double value, double cotangent, double slope) : CustomObjective("own")
    {
        public override double Evaluate(
            ReadOnlySpan<double> x, int context, ReadOnlySpan<double> policy, Span<double> policyCotangent, Span<double> gradient)
        {
            policyCotangent[0] = cotangent;
            gradient[0] = slope;
            return value;
        }
    }
}
