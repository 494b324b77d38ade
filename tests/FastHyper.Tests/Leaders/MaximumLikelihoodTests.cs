using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Leaders;

public class MaximumLikelihoodTests
{
    private static readonly double[] s_truth = [9.5, 2.6];

    [Fact]
    public void AFitEndsWhenItIsAskedTo()
    {
        using CpuBackend backend = new(1);
        IncentiveProblem problem = Replacement.Create(new() { States = 5 });
        LogLikelihoodObjective choices = Simulate(backend, Replacement.Create(new() { States = 5, X = [6, 3] }), seed: 3);
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => MaximumLikelihood.Fit(problem, choices, backend, monitor: stop.Token));
    }

    [Theory]
    [InlineData(5, 0.99, 0.4)]
    [InlineData(20, 0.999, 0.0045)]
    [InlineData(90, 0.9999, 0.001)]
    [InlineData(500, 0.9999, 0.00018)]
    public void SimulatedChoicesTellTheTruthWithinTwoStandardErrors(int states, double gamma, double costScale)
    {
        using CpuBackend backend = new(1);
        ReplacementOptions options = new() { States = states, Gamma = gamma, CostScale = costScale };
        LogLikelihoodObjective choices = Simulate(backend, Replacement.Create(options with { X = [6, 3] }), seed: 3);
        MaximumLikelihood fit = MaximumLikelihood.Fit(Replacement.Create(options), choices, backend);
        Assert.True(fit.Converged, $"{fit.Steps} steps");
        // Fixed seeds: each parameter of each problem is within two standard errors in 95 of 100 such draws, and is in these.
        double[] truth = [6, 3];
        for (int p = 0; p < 2; p++)
        {
            Assert.True(fit.StandardErrors[p] < 0.25 * truth[p], $"parameter {p}: standard error {fit.StandardErrors[p]:G3}");
            Assert.True(
                Math.Abs(fit.X[p] - truth[p]) <= 2 * fit.StandardErrors[p],
                $"parameter {p}: {fit.X[p]:F3} ± {fit.StandardErrors[p]:F3}; expected {truth[p]}");
        }
    }

    [Fact]
    public void AtTheFitTheGradientVanishesAndNothingNearIsLikelier()
    {
        using CpuBackend backend = new(1);
        LogLikelihoodObjective choices = Simulate(
            backend, Replacement.Create(new ReplacementOptions { States = 20, Gamma = 0.99, X = s_truth, CostScale = 0.01 }), 1);
        ReplacementOptions options = new() { States = 20, Gamma = 0.99, CostScale = 0.01 };
        MaximumLikelihood fit = MaximumLikelihood.Fit(
            Replacement.Create(options), choices, backend, new MaximumLikelihoodOptions { Tolerance = 1e-9 });
        IncentiveProblem there = Replacement.Create(options with { X = fit.X });
        FastHyper.Experiments.GradientEstimate estimate = FastHyper.Experiments.GradientEstimate.Compute(
            there, new ExactEstimator { Objective = choices }, backend, Precision.F64, 1);
        for (int p = 0; p < 2; p++)
            Assert.True(Math.Abs(estimate.Gradient[p]) * fit.StandardErrors[p] < 1e-6, $"{estimate.Gradient[p]:E2}");
        foreach (double[] other in (double[][])[[1, 0], [-1, 0], [0, 1], [0, -1]])
        {
            double[] x = [fit.X[0] + (0.01 * other[0] * fit.StandardErrors[0]), fit.X[1] + (0.01 * other[1] * fit.StandardErrors[1])];
            Assert.True(Value(Replacement.Create(options with { X = x }), choices, backend) < fit.LogLikelihood);
        }
    }

    [Fact]
    public void TheGradientIsTheDerivativeOfTheLogLikelihood()
    {
        using CpuBackend backend = new(1, 256);
        RandomCase.Check(20, c =>
        {
            double[] counts = [.. Enumerable.Range(0, c.States * c.Actions).Select(row => (double)(row * 7 % 5))];
            counts[0]++;
            FastHyper.Experiments.GradientCheck check = FastHyper.Experiments.GradientCheck.Run(
                c.Problem(), backend, objective: new LogLikelihoodObjective(counts));
            Assert.True(check.Passed || check.Scale < 1e-6 || check.Undecided, $"{check}");
        });
    }

    [Fact]
    public void WhatIsWrongIsNamed()
    {
        using CpuBackend backend = new(1);
        Assert.Contains("counts[1] = -1", Assert.Throws<InvalidInputException>(() => new LogLikelihoodObjective([1, -1])).Message);
        Assert.Contains("no choices", Assert.Throws<InvalidInputException>(() => new LogLikelihoodObjective([0, 0])).Message);
        Assert.Contains(
            "state 5 in step 1; expected 0 to 4",
            Assert.Throws<InvalidInputException>(() => new LogLikelihoodObjective([0, 5], [0, 0]).Counts("", 5, 2)).Message);
        Assert.Contains(
            "action 2 in step 0; expected 0 to 1",
            Assert.Throws<InvalidInputException>(() => new LogLikelihoodObjective([0], [2]).Counts("", 5, 2)).Message);
        IncentiveProblem problem = Replacement.Create(new ReplacementOptions { States = 5 });
        Assert.Contains(
            "counts: 3 numbers; expected 10",
            Assert.Throws<InvalidInputException>(() => MaximumLikelihood.Fit(problem, new LogLikelihoodObjective([1, 1, 1]), backend))
                .Message);
        // One choice has one score: two parameters are not told apart by it.
        double[] kept = new double[10];
        kept[0] = 1;
        string message = Assert.Throws<InvalidOperationException>(
            () => MaximumLikelihood.Fit(problem, new LogLikelihoodObjective(kept), backend)).Message;
        Assert.Equal("replacement: the choices do not tell the 2 parameters apart: the information matrix is singular", message);
    }

    private static double Value(FiniteProblem problem, LogLikelihoodObjective choices, CpuBackend backend)
    {
        using Solved solved = new(problem, backend: backend);
        solved.AtStart();
        double[] policy = solved.Read(solved.Follower.Policy, solved.Rows);
        return policy.Zip(choices.Counts("", solved.States, 2), (p, count) => count > 0 ? count * Math.Log(p) : 0).Sum();
    }

    /// <summary>Choices of 100 engines over 200 periods.</summary>
    private static LogLikelihoodObjective Simulate(CpuBackend backend, FiniteProblem problem, ulong seed)
    {
        using Mdp mdp = new(problem, backend);
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-11 });
        using EpisodeSampler sampler = new(mdp, new SamplingOptions { Steps = 20_000, Streams = 100, EpisodeLimit = 200 });
        mdp.Initialise([seed]);
        mdp.Configure();
        response.Respond([seed], 0);
        sampler.Sample(response, [seed], 0);
        RolloutRecord record = sampler.Buffer.Download();
        return new LogLikelihoodObjective(record.State, record.Action);
    }
}
