using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Leaders;

public class ObjectiveEvaluatorTests
{
    [Fact]
    public void JudgesAtTheProblemsTemperatureAndOverAllContexts()
    {
        FourRooms problem = FourRooms.Create(new FourRoomsOptions { Temperature = 0.02, WeightDeviation = 1, Goals = [[1, 9], [11, 11]] });
        using CpuBackend backend = new(1);
        LeaderOptions options = new() { Leaders = LeaderOptions.Seeds(1, 2, 0.5, 0.2), ContextMode = ContextMode.Drawn };
        using Leader leader = new(problem, new ExactEstimator(), options, backend);
        for (int i = 0; i < 3; i++) leader.Step();
        using ObjectiveEvaluator evaluator = new(problem, 2, backend);
        double[] actual = new double[2];
        evaluator.Evaluate(leader, actual);
        using Solved solved = new(problem, 2);
        Close.Within(1e-6, solved.At(leader.Parameters(0), leader.Parameters(1)).Objectives(), actual, "objectives");
    }

    [Fact]
    public void JudgesByTheObjectiveOfTheEstimator()
    {
        IncentiveProblem problem = LinearProblem.Create(
            "random", RandomProblem.Generate(3, new RandomProblemOptions { States = 10, Parameters = 4 }));
        SquaredNormsObjective norms = new();
        using CpuBackend backend = new(1);
        using Leader leader = new(problem, new ExactEstimator { Objective = norms }, new LeaderOptions(), backend);
        using ObjectiveEvaluator brief = new(leader), whole = new(problem, 1, backend, objective: norms), other = new(problem, 1, backend);
        double[] found = new double[1], expected = new double[1], returned = new double[1];
        leader.Step();
        brief.Evaluate(leader, found);
        whole.Evaluate(leader, expected);
        other.Evaluate(leader, returned);
        Assert.Equal(expected, found);
        Assert.NotEqual(returned, found);
    }

    [Fact]
    public void TheExactGradientWithTemperatureContinuationRaisesTheObjectiveInFourRooms()
    {
        FourRooms problem = FourRooms.Create(new FourRoomsOptions());
        using CpuBackend backend = new(1);
        LeaderOptions options = new()
        {
            Leaders = LeaderOptions.Seeds(1, 1, 1, Schedule.Geometric(0.05, problem.Temperature, 60)),
            Optimizer = OptimizerKind.Adam,
        };
        using Leader leader = new(problem, new ExactEstimator(1e-9), options, backend);
        using ObjectiveEvaluator evaluator = new(problem, 1, backend);
        double[] before = new double[1], after = new double[1];
        evaluator.Evaluate(leader, before);
        for (int i = 0; i < 80; i++) leader.Step();
        evaluator.Evaluate(leader, after);
        Assert.True(after[0] > before[0] + (0.1 * Math.Abs(before[0])), $"from {before[0]} to {after[0]}");
    }
}
