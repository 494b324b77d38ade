using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

public class AmdTests
{
    [Theory]
    [InlineData(600, 1, false)]
    [InlineData(1, 600, true)]
    public void ManyIterationsAreTheExactGradient(int sweeps, int iterations, bool carryOver)
    {
        FourRooms problem = FourRooms.Create(new FourRoomsOptions
        {
            Map = ["xxxxx", "x   x", "x   x", "xxxxx"],
            Start = [1, 1],
            Goals = [[2, 3], [1, 3]],
            Target = [2, 1],
            Doors = [],
            DoorsClosed = [],
            Temperature = 0.1,
            WeightDeviation = 1,
            Gamma = 0.9,
            GammaLeader = 0.95,
        });
        using Solved solved = new(problem, leaders: 2);
        double[] first = Solved.Start(problem, 1), second = Solved.Start(problem, 2);
        solved.At(first, second);
        using Hypergradient amd = new AmdEstimator { Sweeps = sweeps, CarryOver = carryOver }.Bind(
            new EstimationContext(solved.Mdp, solved.Response, null));
        for (int i = 0; i < iterations; i++) amd.Estimate();
        for (int leader = 0; leader < 2; leader++)
        {
            (double[] direct, double[] response) = solved.Parts(leader);
            Close.Within(1e-9, direct, solved.Read(amd.Direct, solved.Parameters, leader), "direct");
            Close.Within(1e-9, response, solved.Read(amd.Response, solved.Parameters, leader), "response");
        }
    }

    [Fact]
    public void OneIterationFromZeroSeesNoFuture()
    {
        // After Q = r alone, ∂Q = ∂r, Q_L = l and d = μ: the gradient of a bandit.
        ProblemData data = RandomProblem.Generate(3, new RandomProblemOptions { States = 4, Actions = 3, Successors = 2 });
        using Solved solved = new(LinearProblem.Create("random", data with { Gamma = 0, GammaLeader = 0 })),
            far = new(LinearProblem.Create("random", data));
        double[] expected = solved.AtStart().Gradient();
        using Hypergradient amd = new AmdEstimator { Sweeps = 1, CarryOver = false }.Bind(
            new EstimationContext(far.AtStart().Mdp, far.Response, null));
        amd.Estimate();
        Close.Within(1e-10, expected, [.. far.Read(amd.Direct, 10).Zip(far.Read(amd.Response, 10), (a, b) => a + b)], "gradient");
    }

    [Fact]
    public void WhatIsTooLargeIsRefusedInOneLine()
    {
        using CpuBackend backend = new(1, 256);
        using Mdp mdp = new(
            LinearProblem.Create("wide", RandomProblem.Generate(1, new RandomProblemOptions { Parameters = 100_000 })), backend);
        using BestResponse response = new(mdp);
        Assert.Equal(
            "amd: forward mode carries 100 states x 4 actions x 100000 parameters for each of 1 instances; expected at most 33554432 "
                + "numbers, or another estimator",
            Assert.Throws<InvalidInputException>(() => new AmdEstimator().Bind(new EstimationContext(mdp, response, null))).Message);
        using Mdp machine = new(new OwnProblemExample(), backend);
        using BestResponse operates = new(machine);
        Assert.Equal(
            "amd: the leader of machine controls transitions or starts; expected one that controls rewards only",
            Assert.Throws<InvalidInputException>(() => new AmdEstimator().Bind(new EstimationContext(machine, operates, null))).Message);
    }
}
