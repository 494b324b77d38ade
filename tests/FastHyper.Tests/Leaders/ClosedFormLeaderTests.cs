using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Followers.BlackBoxes;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Tests.Support;
using static FastHyper.Tests.Followers.LinearQuadratic.SlowLinearQuadratic;
using GradientEstimate = FastHyper.Experiments.GradientEstimate;

namespace FastHyper.Tests.Leaders;

/// <summary>Problems without tables are led, checked and refused like others.</summary>
public class ClosedFormLeaderTests
{
    /// <summary>The direct part is the derivative at a policy that stays: by its definition, with K and Σ of the centre.</summary>
    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void TheDirectPartLeavesThePolicyAlone(ulong seed)
    {
        BuildingThermal problem = BuildingThermal.Create(new BuildingThermalOptions { Deviation = 1, Horizon = 30 });
        double[] x = new double[8];
        problem.InitialParameters(seed, x);
        using CpuBackend backend = new(1);
        GradientEstimate found = GradientEstimate.Compute(problem, new ExactEstimator(), backend, Precision.F64, seed);
        LinearQuadraticArrays centre = Configured(problem, x);
        (_, double[,] gain, double[,] covariance) = Response(centre.A, centre.B, centre.Q, centre.R, 0.9, 0.1, 2000);
        double[] expected = Differences.Of(y => Return(Configured(problem, [.. y]), gain, covariance, 0.9, 30), x, 1e-3);
        Close.Within(1e-8, expected, found.Direct, "direct");
        Assert.True(found.Response.Max(Math.Abs) > 1e-3);
    }

    [Fact]
    public void ABuildingIsLedToItsBestKnownReturn()
    {
        using CpuBackend backend = new(1);
        double[] ends = Lead(BuildingThermal.Create(), 10, 400, Schedule.Constant(0.1), finite: null, backend);
        Assert.All(ends, end => Assert.InRange(end, -162.55, -162.50));
    }

    [Fact]
    public void TheGameIsLedOffItsPlateau()
    {
        using CpuBackend backend = new(1);
        double[] ends = Lead(
            BilevelLqr.Create(), 20, 600, Schedule.Parse("geometric(0.1, 0.01, 600)", null),
            new FiniteReturnOptions { Horizon = 100, Discount = 1 }, backend);
        Assert.All(ends, end => Assert.InRange(end, 16, 18.44));
    }

    [Fact]
    public void ALeaderWithoutAResponseStopsAndOthersGoOn()
    {
        // From the second step on x is so large that the linear part of the costs is no number.
        BilevelLqr problem = BilevelLqr.Create();
        using CpuBackend backend = new(1);
        LeaderSetting sound = new(1, 0.1), wild = new(2, 1e200);
        LeaderOptions options =
            new() { Leaders = [sound, wild], GradientClip = double.PositiveInfinity, ContextMode = ContextMode.Averaged };
        using Leader both = new(problem, new ExactEstimator(), options, backend),
            alone = new(problem, new ExactEstimator(), options with { Leaders = [sound] }, backend);
        for (int i = 0; i < 5; i++)
        {
            both.Step();
            alone.Step();
        }

        Assert.Equal(1, Assert.Single(both.Diverged).Leader);
        Assert.Equal(alone.Parameters(0), both.Parameters(0));
    }

    [Fact]
    public void WhatNeedsTablesIsRefused()
    {
        using CpuBackend backend = new(1);
        BuildingThermal problem = BuildingThermal.Create();
        Refused("expects a finite MDP", () => new Leader(problem, new HpgdEstimator(), new LeaderOptions(), backend));
        Refused("expected the discounted return",
            () => new Leader(problem, new ExactEstimator { Objective = new SquaredNormsObjective() }, new LeaderOptions(), backend));
        Refused("follower of a finite MDP", () => new Leader(
            problem, new ExactEstimator(), new LeaderOptions { CreateFollower = mdp => new SweepFollower(mdp) }, backend));
        Refused("evaluation.horizon: 7; expected 100", () => new ObjectiveEvaluator(
            problem, 1, backend, finite: new FiniteReturnOptions { Horizon = 7 }));
        Refused("evaluation.discount: 0.5; expected 1, or 0.9", () => new ObjectiveEvaluator(
            problem, 1, backend, finite: new FiniteReturnOptions { Horizon = 100, Discount = 0.5 }));

        static void Refused(string message, Func<IDisposable> create) =>
            Assert.Contains(message, Assert.Throws<InvalidInputException>(create).Message);
    }

    private static double[] Lead(
        Problem problem, int leaders, int iterations, Schedule rate, FiniteReturnOptions? finite, Backend backend)
    {
        LeaderOptions options = new()
        {
            Leaders = [.. Enumerable.Range(1, leaders).Select(seed => new LeaderSetting((ulong)seed, rate))],
            Optimizer = OptimizerKind.Adam,
            GradientClip = 1,
        };
        using Leader leader = new(problem, new ExactEstimator(), options, backend);
        using ObjectiveEvaluator evaluator = new(problem, leaders, backend, finite: finite);
        for (int i = 0; i < iterations; i++) leader.Step();
        double[] ends = new double[leaders];
        evaluator.Evaluate(leader, ends);
        return ends;
    }

    private static LinearQuadraticArrays Configured(BuildingThermal problem, double[] x)
    {
        LinearQuadraticArrays arrays = new(problem.Shape.States, problem.Shape.Actions);
        problem.Configure(x, arrays);
        return arrays;
    }
}
