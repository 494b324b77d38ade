using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

/// <summary>
/// Means of the estimators over fixed seeds, beside the exact gradient: within five standard errors in each component where
/// they are unbiased (<see cref="Moments.AgreesWith"/> tells the confidence), and as far off as is documented where not.
/// </summary>
public class SampledMeanTests
{
    private static readonly CriticOptions ExactCritic = new() { Kind = CriticKind.Exact };

    private static readonly SamplingOptions Batch = new() { Steps = 2000, EpisodeLimit = 1000 };

    private static IncentiveProblem Random(double gamma = 0.9) =>
        LinearProblem.Create("terminating", RandomProblem.Generate(9, new RandomProblemOptions
        {
            States = 10,
            Actions = 3,
            Parameters = 6,
            Termination = 0.2,
            Temperature = 0.3,
            Gamma = gamma,
        }));

    [Fact]
    public void ReusingNothingIsUnbiased() =>
        AssertUnbiased(new BcHgVrEstimator { Sampling = Batch, Critic = ExactCritic, Reuse = 0 }, 256);

    [Fact]
    public void ReusingSamplesOfTheSamePolicyIsUnbiased() =>
        AssertUnbiased(new BcHgVrEstimator { Sampling = Batch, Critic = ExactCritic, Reuse = 3 }, 128, iterations: 5);

    [Fact]
    public void ReusingNothingIsUnbiasedWhereTheLeaderControlsTransitionsAndTheStart()
    {
        OwnProblemExample problem = new(0.8, 0.8, 0.5);
        AssertUnbiased(
            problem, new BcHgVrEstimator { Sampling = new() { Steps = 2000, EpisodeLimit = 100 }, Critic = ExactCritic, Reuse = 0 }, 1024);
    }

    [Fact]
    public void RestartsInAnyStateAreUnbiased() => AssertUnbiased(
        new HpgdOracleEstimator { Sampling = Batch, RestartSteps = 4000, Critic = ExactCritic }, 256);

    [Fact]
    public void SoBiRlIsExactForAMyopicFollower() =>
        AssertUnbiased(Random(0), new SobirlEstimator { Sampling = Batch, Undiscounted = true }, 1024);

    [Fact]
    public void SoBiRlLeavesOutThatRewardsAreSoughtFromAfar()
    {
        foreach ((double gamma, bool undiscounted, double low, double high) in ((double, bool, double, double)[])[
            (0, true, 0, 0.1), (0.9, true, 0.2, 2), (0.9, false, 0.2, 2)])
        {
            double error = Error(Random(gamma), new SobirlEstimator { Sampling = Batch, Undiscounted = undiscounted }, 512);
            Assert.True(error >= low && error <= high, $"discount {gamma}, undiscounted {undiscounted}: {error:F3}");
        }
    }

    [Fact]
    public void CentringIsBiasedByFewVisitsOfAState()
    {
        double few = Error(Random(), new HpgdSaEstimator { Sampling = Batch with { Steps = 20 }, Critic = ExactCritic }, 2048);
        double many = Error(Random(), new HpgdSaEstimator { Sampling = Batch with { Steps = 2000 }, Critic = ExactCritic }, 512);
        Assert.True(few > 0.25 && many < 0.05, $"{few:F3} with 20 steps, {many:F3} with 2000");
    }

    [Fact]
    public void MonteCarloAdvantagesVaryWithWhatTheyWeighButAreConsistent()
    {
        double few = Error(Random(), new HpgdEstimator { Sampling = Batch with { Steps = 200 } }, 512);
        double many = Error(Random(), new HpgdEstimator { Sampling = Batch with { Steps = 20_000 } }, 64);
        Assert.True(few > 1 && many < 0.1, $"{few:F3} with 200 steps, {many:F3} with 20000");
    }

    [Theory]
    [InlineData(Difference.Antithetic, true)]
    [InlineData(Difference.TwoPoint, true)]
    [InlineData(Difference.Antithetic, false)]
    public void ZeroOrderIsUnbiasedForSmallRadii(Difference difference, bool model)
    {
        IncentiveProblem problem = Random();
        using Solved solved = new(problem);
        double[] exact = solved.AtStart().Gradient();
        ZeroOrderEstimator estimator = new() { Model = model, Difference = difference, Radius = model ? 1e-4 : 0.05, Sampling = Batch };
        using Estimates estimates = new(problem, estimator, 2048, Solved.Start(problem));
        estimates.Run(1);
        estimates.Response.AgreesWith(exact, 0.2, "gradient");
    }

    [Fact]
    public void CommonRandomNumbersSpareNoise()
    {
        double Noise(ZeroOrderEstimator estimator)
        {
            IncentiveProblem problem = Random();
            using Estimates estimates = new(problem, estimator, 256, Solved.Start(problem));
            estimates.Run(1);
            return Close.Norm(estimates.Response.Error);
        }

        ZeroOrderEstimator common = new() { Sampling = Batch, Radius = 0.05 };
        double shared = Noise(common), apart = Noise(common with { CommonRandomNumbers = false });
        double onePoint = Noise(common with { Difference = Difference.OnePoint });
        Assert.True(shared < apart && apart < onePoint, $"{shared:E2}, {apart:E2}, {onePoint:E2}");
    }

    [Fact]
    public void ZeroOrderLeavesTheLeaderWhereItWas()
    {
        IncentiveProblem problem = Random();
        double[] x = Solved.Start(problem);
        using Estimates estimates = new(problem, new ZeroOrderEstimator { Sampling = Batch }, 3, x);
        double[] reward = estimates.Reward();
        estimates.Run(2);
        Assert.Equal(x, estimates.Parameters());
        Assert.Equal(reward, estimates.Reward());
    }

    /// <summary>Not unbiased: a table that learned from the samples that it weighs varies with them.</summary>
    [Theory]
    [InlineData(CriticKind.ExpectedSarsa, 0.3)]
    [InlineData(CriticKind.Lstd, 0.2)]
    public void LearnedCriticsComeNearTheExactOne(CriticKind kind, double most)
    {
        double error =
            Error(Random(), new BcHgEstimator { Sampling = Batch, Critic = new() { Kind = kind, Step = 0.02 } }, 256, iterations: 20);
        Assert.True(error < most, $"{error:F3}");
    }

    [Fact]
    public void ExpectationLowersTheVariance()
    {
        double Noise(IHypergradientEstimator estimator)
        {
            IncentiveProblem problem = Random();
            using Estimates estimates = new(problem, estimator, 256, Solved.Start(problem));
            estimates.Run(4);
            return Close.Norm([.. estimates.Response.Error, .. estimates.Direct.Error]);
        }

        double plain = Noise(new BcHgEstimator { Sampling = Batch, Critic = ExactCritic });
        double expected = Noise(new BcHgVrEstimator { Sampling = Batch, Critic = ExactCritic, Reuse = 0 });
        double reused = Noise(new BcHgVrEstimator { Sampling = Batch, Critic = ExactCritic, Reuse = 3 });
        Assert.True(expected < 0.95 * plain && reused < 0.6 * expected, $"{plain:E2}, {expected:E2}, {reused:E2}");
    }

    private static double Error(FiniteProblem problem, IHypergradientEstimator estimator, int leaders, int iterations = 1)
    {
        using Solved solved = new(problem);
        double[] exact = solved.AtStart().Parts().Response;
        using Estimates estimates = new(problem, estimator, leaders, Solved.Start(problem));
        estimates.Run(iterations);
        return Close.Norm(Close.Difference(estimates.Response.Mean, exact)) / Close.Norm(exact);
    }

    private static void AssertUnbiased(IHypergradientEstimator estimator, int leaders, int iterations = 1) =>
        AssertUnbiased(Random(), estimator, leaders, iterations);

    private static void AssertUnbiased(FiniteProblem problem, IHypergradientEstimator estimator, int leaders, int iterations = 1)
    {
        double[] x = Solved.Start(problem, 2);
        using Solved solved = new(problem);
        (double[] direct, double[] response) = solved.At(x).Parts();
        using Estimates estimates = new(problem, estimator, leaders, x);
        estimates.Run(iterations);
        estimates.Direct.AgreesWith(direct, 0.1, "direct");
        estimates.Response.AgreesWith(response, 0.1, "response");
    }
}
