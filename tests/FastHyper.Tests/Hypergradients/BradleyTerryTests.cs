using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;
using GradientCheck = FastHyper.Experiments.GradientCheck;

namespace FastHyper.Tests.Hypergradients;

public class BradleyTerryTests
{
    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    [Fact]
    public void OneStepOfABanditIsTheFormula()
    {
        ProblemData data = SmallProblem.Data(2, 0.5, 0.7, [0.3, 1.1], [(0, 1)], [(0, 1)]) with { LeaderReward = [2, 0.5] };
        using Solved solved = new(SmallProblem.Problem(data));
        double[] pi = solved.AtStart().Read(solved.Response.Policy, 2), f = new double[1];
        using Objective objective =
            new BradleyTerryObjective { Segment = 1 }.Bind(new EstimationContext(solved.Mdp, solved.Response, null));
        objective.Evaluate(f);
        double q = Sigmoid(1.5), pair = (q * Math.Log(Sigmoid(-0.8))) + ((1 - q) * Math.Log(Sigmoid(0.8)));
        Assert.Equal((2 * pi[0] * pi[1] * pair) - (((pi[0] * pi[0]) + (pi[1] * pi[1])) * Math.Log(2)), f[0], 12);
    }

    [Fact]
    public void GradientsAreDerivatives()
    {
        using CpuBackend backend = new(1, 256);
        Problem[] problems =
        [
            LinearProblem.Create(
                "random",
                RandomProblem.Generate(5, new RandomProblemOptions { States = 4, Actions = 2, Successors = 2, Termination = 0.2 })),
            LinearProblem.Create("preference", Data(3)),
        ];
        foreach (FiniteProblem problem in problems)
        {
            GradientCheck check = GradientCheck.Run(problem, backend, objective: new BradleyTerryObjective { Segment = 2 });
            Assert.True(check.Passed && check.Scale > 1e-6, $"{problem.Name}: {check}");
        }
    }

    [Fact]
    public void TheRewardIsLearnedFromComparisons()
    {
        RunConfig config = ConfigFile.Resolve("preference", []);
        FiniteProblem problem = config.CreateFiniteProblem("test");
        using CpuBackend backend = new(1, 256);
        using Leader leader = config.CreateLeader(problem, backend);
        using ObjectiveEvaluator likelihood = new(problem, 1, backend, objective: new BradleyTerryObjective()),
            worth = new(problem, 1, backend);
        double[] before = new double[1], after = new double[1], worthBefore = new double[1], worthAfter = new double[1];
        likelihood.Evaluate(leader, before);
        worth.Evaluate(leader, worthBefore);
        Assert.Equal(-Math.Log(2), before[0], 10);
        foreach (long _ in leader.Steps(300))
        {
        }

        likelihood.Evaluate(leader, after);
        worth.Evaluate(leader, worthAfter);
        Assert.True(after[0] > before[0] + 0.1, $"{after[0]}");

        // What the follower would earn if it knew the truth bounds what it earns by what was learned.
        ProblemData known = Data(1);
        using Solved truth = new(LinearProblem.Create("known", known with { Reward = known.LeaderReward, Features = null, X = [] }));
        double best = truth.AtStart().Objectives()[0];
        Assert.True(worthAfter[0] > worthBefore[0] + (0.7 * (best - worthBefore[0])), $"{worthBefore[0]} -> {worthAfter[0]} of {best}");
    }

    [Fact]
    public void WhatCannotBeEnumeratedIsRefused()
    {
        using CpuBackend backend = new(1, 256);
        using Mdp mdp = new(PreferenceGrid.Create(1), backend);
        using BestResponse response = new(mdp);
        mdp.Configure();
        response.Solve();
        using Objective many = new BradleyTerryObjective { Segment = 6 }.Bind(new EstimationContext(mdp, response, null));
        Assert.Equal(
            "bradley-terry: more than 4096 segments of 6 steps; expected fewer steps, starts, or successors",
            Assert.Throws<InvalidInputException>(() => many.Evaluate(new double[1])).Message);
        Assert.Equal(
            "preference-grid: width = 0; expected a finite number above 0",
            Assert.Throws<InvalidInputException>(() => PreferenceGrid.Create(1, new PreferenceGridOptions { Width = 0 })).Message);
    }

    /// <summary>
    /// 540 steps of uniform policies are less probable than the least number: no segment of more is ever found, and there are more of
    /// them than can be visited.
    /// </summary>
    [Fact]
    public void SegmentsWhoseProbabilitiesVanishAreTooMany()
    {
        using Solved solved = new(PreferenceGrid.Create(1));
        solved.AtStart();
        using Objective objective =
            new BradleyTerryObjective { Segment = 1672 }.Bind(new EstimationContext(solved.Mdp, solved.Response, null));
        Assert.Equal(
            "bradley-terry: more than 4096 segments of 1672 steps; expected fewer steps, starts, or successors",
            Assert.Throws<InvalidInputException>(() => objective.Evaluate(new double[1])).Message);
    }

    [Fact]
    public void OneSegmentMayBeLong()
    {
        using Solved solved = new(SmallProblem.Problem(SmallProblem.Data(1, 0.5, 0.7, [0.3], [(0, 1)])));
        EstimationContext context = new(solved.AtStart().Mdp, solved.Response, null);
        double[] f = new double[1];
        using (Objective objective = new BradleyTerryObjective { Segment = 1_000_000 }.Bind(context)) objective.Evaluate(f);
        Assert.Equal(-Math.Log(2), f[0], 15);
        using Objective longest = new BradleyTerryObjective { Segment = int.MaxValue }.Bind(context);
        Assert.Equal(
            "bradley-terry: segments of 2147483647 steps that come to more than 4194304 steps together; expected fewer steps, starts, or "
                + "successors",
            Assert.Throws<InvalidInputException>(() => longest.Evaluate(f)).Message);
    }

    private static ProblemData Data(ulong seed)
    {
        IncentiveProblem grid = PreferenceGrid.Create(seed);
        using Solved solved = new(grid);
        solved.AtStart();
        return PreferenceData(grid, solved);
    }

    /// <summary>The grid at weights that are not zero, from what it configures.</summary>
    private static ProblemData PreferenceData(IncentiveProblem grid, Solved solved) => new()
    {
        Transitions = grid.Transitions,
        Reward = new double[36],
        LeaderReward = solved.Read(solved.Mdp.LeaderReward, 36),
        Features = new SparseMatrix(
            9, [.. Enumerable.Range(0, 37).Select(row => (long)row)], [.. Enumerable.Range(0, 36).Select(row => row / 4)],
            [.. Enumerable.Repeat(1.0, 36)]),
        Initial = solved.Read(solved.Mdp.Initial, 9),
        Gamma = 0.9,
        GammaLeader = 0.9,
        Temperature = 0.5,
        X = [0.1, -0.4, 0.7, 0, 0.3, -1, 0.2, 0.5, -0.2],
    };
}
