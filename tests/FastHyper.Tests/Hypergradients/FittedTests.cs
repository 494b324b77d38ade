using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

public class FittedTests
{
    // 64 seeds; the standard error shrinks with the steps, so a bias of the order of one over the steps would show at the larger number.
    [Theory]
    [InlineData(4_000, 0.2)]
    [InlineData(32_000, 0.08)]
    public void WithTabularFeaturesItsMeanNearsTheExactGradient(int steps, double tolerance)
    {
        IncentiveProblem problem = Problem(null);
        (double[] mean, double[] error, double[] exact) = Sample(problem, new FittedEstimator
        {
            Features = new TabularFeatures().Create(3, new StateCoordinates(12, [.. Enumerable.Range(0, 12).Select(s => (double)s)])),
            Sampling = new SamplingOptions { Steps = steps, EpisodeLimit = 60 },
        });
        double distance = Close.Norm(Close.Difference(mean, exact)) / Close.Norm(exact);
        Assert.True(Close.Norm(error) < 0.5 * tolerance * Close.Norm(exact), $"too noisy: {Close.Norm(error) / Close.Norm(exact):E2}");
        Assert.True(distance < tolerance, $"{distance:E2}");
    }

    [Fact]
    public void WithAFollowerLinearInTheSameFeaturesItNearsTheGradientOfTheFit()
    {
        // Averagers hold constants, and the features' fit is weighted by the policy's own visits in neither: what is held is the order.
        IncentiveProblem problem = Problem(new InterpolatedFeatures { Points = 6 });
        (double[] mean, _, double[] exact) = Sample(
            problem, new FittedEstimator { Sampling = new SamplingOptions { Steps = 32_000, EpisodeLimit = 60 } });
        Assert.True(Close.Cosine(mean, exact) > 0.9, $"cosine {Close.Cosine(mean, exact):F3}");
    }

    [Fact]
    public void WithoutFeaturesItIsRefused()
    {
        IncentiveProblem problem = Problem(null);
        Assert.Contains(
            "features: random has none; expected value_features or state_features in its file",
            Assert.Throws<InvalidInputException>(() => new Estimates(problem, new FittedEstimator(), 2, Solved.Start(problem))).Message);
    }

    [Fact]
    public void FeaturesThatNobodyVisitsNeedARidge()
    {
        IncentiveProblem problem = Problem(null);
        FittedEstimator estimator = new()
        {
            Features = new TabularFeatures().Create(3, new StateCoordinates(12, [.. Enumerable.Range(0, 12).Select(s => (double)s)])),
            Sampling = new SamplingOptions { Steps = 5 },
            Ridge = 0,
        };
        using Estimates estimates = new(problem, estimator, 2, Solved.Start(problem));
        Assert.Contains("do not tell the 36 features apart", Assert.Throws<InvalidOperationException>(() => estimates.Run(1)).Message);
    }

    private static (double[] Mean, double[] Error, double[] Exact) Sample(IncentiveProblem problem, FittedEstimator estimator)
    {
        double[] x = Solved.Start(problem);
        using Solved solved = new(problem);
        solved.At(x);
        using Estimates estimates = new(problem, estimator, 64, x);
        estimates.Run(1);
        return (Close.Sum(estimates.Direct.Mean, estimates.Response.Mean), Close.Sum(estimates.Direct.Error, estimates.Response.Error),
            solved.Gradient());
    }

    private static IncentiveProblem Problem(FeatureMap? map)
    {
        ProblemData data = RandomProblem.Generate(7, new RandomProblemOptions
        {
            States = 12,
            Actions = 3,
            Successors = 4,
            Parameters = 5,
            FeaturesPerRow = 2,
            Gamma = 0.8,
            GammaLeader = 0.85,
            Temperature = 0.5,
        });
        return LinearProblem.Create("random", data with
        {
            ValueFeatures = map?.Create(3, new StateCoordinates(12, [.. Enumerable.Range(0, 12).Select(s => (double)s)])).Fitted(
                null, 1e-6),
        });
    }
}
