using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

public class FirstOrderTests
{
    private static readonly FirstOrderEstimator s_model = new() { Model = true, Payment = 1e-5 };

    [Fact]
    public void WithTheModelItIsTheExactGradient() => RandomCase.Check(40, c =>
    {
        IncentiveProblem problem = LinearProblem.Create("random", c.Data() with { GammaLeader = c.Gamma });
        using Solved exact = new(problem);
        exact.AtStart();
        using Estimates estimates = new(problem, s_model, 2, Solved.Start(problem));
        estimates.Run(1);
        double[] expected = exact.Gradient(), actual = Close.Sum(estimates.Direct.Mean, estimates.Response.Mean);
        double scale = Close.Largest(expected) + 1e-3, error = Close.Largest(Close.Difference(actual, expected));
        // Its bias is O(ε²/τ²).
        Assert.True(error < 1e-8 * scale * Math.Max(1, 0.01 / (c.Temperature * c.Temperature)), $"{error / scale:E2}");
    });

    [Fact]
    public void WithTheModelItKnowsTransitionsAndStartsThatTheLeaderControls()
    {
        OwnProblemExample problem = new(temperature: 0.5, leaderDiscount: 0.95, discount: 0.95);
        using Solved exact = new(problem);
        exact.AtStart();
        using Estimates estimates = new(problem, s_model, 2, Solved.Start(problem));
        estimates.Run(1);
        Close.Within(1e-7, exact.Gradient(), Close.Sum(estimates.Direct.Mean, estimates.Response.Mean), "gradient");
    }

    [Fact]
    public void FromRolloutsItsMeanIsThatOfTheModelAtTheSamePayment()
    {
        IncentiveProblem problem = Problem(0.8);
        FirstOrderEstimator sampled = new() { Payment = 0.3, Sampling = new SamplingOptions { Steps = 6000, EpisodeLimit = 60 } };
        double[] x = Solved.Start(problem);
        using Estimates exact = new(problem, sampled with { Model = true }, 2, x), estimates = new(problem, sampled, 64, x);
        exact.Run(1);
        estimates.Run(1);
        estimates.Direct.AgreesWith(exact.Direct.Mean, 0.1, "direct");
        estimates.Response.AgreesWith(exact.Response.Mean, 0.5, "response");
    }

    [Fact]
    public void TwoDiscountsAreRefused()
    {
        IncentiveProblem problem = Problem(0.7);
        Assert.Contains(
            "gamma = 0.8, gamma_leader = 0.7",
                Assert.Throws<InvalidInputException>(() => new Estimates(problem, s_model, 2, Solved.Start(problem))).Message);
    }

    private static IncentiveProblem Problem(double leaderDiscount) =>
        LinearProblem.Create("random", RandomProblem.Generate(7, new RandomProblemOptions
        {
            States = 12,
            Actions = 3,
            Successors = 4,
            Parameters = 5,
            FeaturesPerRow = 2,
            Gamma = 0.8,
            GammaLeader = leaderDiscount,
            Temperature = 0.5,
        }));
}
