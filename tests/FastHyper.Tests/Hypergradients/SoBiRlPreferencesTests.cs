using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

public class SoBiRlPreferencesTests
{
    private static SobirlPreferencesEstimator Estimator(int steps, int limit) =>
        new() { Sampling = new() { Steps = steps, EpisodeLimit = limit }, Segment = 2 };

    /// <summary>
    /// Within five standard errors of the gradient of the enumerated likelihood, in both parts (<see cref="Moments.AgreesWith"/>
    /// tells the confidence): where nothing terminates, and where segments and episodes end early.
    /// </summary>
    [Theory]
    [InlineData(0, 0.5, 40)]
    [InlineData(0.3, 0.9, 60)]
    public void TheMeanIsTheGradientOfTheEnumeratedLikelihood(double termination, double gamma, int limit)
    {
        IncentiveProblem problem = LinearProblem.Create("comparisons", RandomProblem.Generate(3, new RandomProblemOptions
        {
            States = 4,
            Actions = 2,
            Successors = 3,
            Parameters = 5,
            Termination = termination,
            Temperature = 1,
            Gamma = gamma,
        }));
        double[] x = Solved.Start(problem, 2);
        using Estimates exact = new(problem, new ExactEstimator { Objective = new BradleyTerryObjective { Segment = 2 } }, 1, x);
        exact.Run(1);
        using Estimates sampled = new(problem, Estimator(8 * limit, limit), 4096, x);
        sampled.Run(1);
        sampled.Direct.AgreesWith(exact.Direct.Mean, 0.05, "direct");
        sampled.Response.AgreesWith(exact.Response.Mean, 0.05, "response");
    }

    [Fact]
    public void TheRewardIsLearnedFromSampledComparisons()
    {
        RunConfig config = ConfigFile.Resolve(
            "preference", ["estimator.name=sobirl", "estimator.steps=1200", "estimator.episode_limit=40", "seeds=2"]);
        FiniteProblem problem = config.CreateFiniteProblem("test");
        using CpuBackend backend = new(1, 256);
        using Leader leader = config.CreateLeader(problem, backend);
        using ObjectiveEvaluator likelihood = new(problem, 2, backend, objective: new BradleyTerryObjective());
        double[] before = new double[2], after = new double[2];
        likelihood.Evaluate(leader, before);
        foreach (long _ in leader.Steps(100))
        {
        }

        likelihood.Evaluate(leader, after);
        Assert.All(before.Zip(after), pair => Assert.True(pair.Second > pair.First + 0.1, $"{pair}"));
    }

    [Fact]
    public void WhatCannotBeComparedIsRefused()
    {
        string Refusal(params string[] overrides)
        {
            using CpuBackend backend = new(1, 256);
            return Assert.Throws<InvalidInputException>(() =>
            {
                RunConfig config = ConfigFile.Resolve("preference", ["estimator.name=sobirl", .. overrides]);
                config.CreateLeader(config.CreateProblem(), backend).Dispose();
            }).Message;
        }

        Assert.Equal(
            "sobirl: 8 steps for segments of 3; expected enough for at least 3 segments of at least 1 step", Refusal("estimator.steps=8"));
        Assert.Equal(
            "estimator: 'bc-hg' does not estimate the gradient of bradley-terry; expected exact, m-sobirl or sobirl",
            Refusal("estimator.name=bc-hg"));
    }
}
