using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

/// <summary>With the exact critic, the mean over many rollouts is the exact gradient, in both parts.</summary>
public class BcHgMeanTests
{
    private const int Seeds = 64;

    /// <summary>Standard errors at the most, of the exact part's norm.</summary>
    private const double Precision = 0.1;

    private static readonly CriticOptions ExactCritic = new() { Kind = CriticKind.Exact };

    private static IncentiveProblem Terminating { get; } =
        LinearProblem.Create("terminating", RandomProblem.Generate(9, new RandomProblemOptions
        {
            States = 20,
            Parameters = 6,
            Termination = 0.2,
            Temperature = 0.3,
        }));

    [Fact]
    public void IsExactInATerminatingProblem() => AssertUnbiased(Terminating, BcHg(2000, 1, 1000), 512);

    [Fact]
    public void IsExactInFourRooms() => AssertUnbiased(
        FourRooms.Create(new FourRoomsOptions { Temperature = 0.2, WeightDeviation = 0.5, Gamma = 0.9, GammaLeader = 0.9 }),
        BcHg(2000, 1, 100), 1024);

    [Fact]
    public void IsExactWhereTheLeaderControlsTransitionsAndTheStart() =>
        AssertUnbiased(new OwnProblemExample(0.8, 0.8, 0.5), BcHg(2000, 1, 100), 1024);

    [Fact]
    public void NaiveIsTheDirectPart()
    {
        OwnProblemExample problem = new();
        using Solved solved = new(problem);
        using Estimates naive =
            new(problem, new NaiveEstimator { Sampling = Sampling(20_000, 1, 200), Critic = ExactCritic }, Seeds, Solved.Start(problem));
        naive.Run(1);
        naive.Direct.AgreesWith(solved.AtStart().Parts().Direct, 0.1, "direct");
        Assert.All(naive.Response.Mean, value => Assert.Equal(0, value));
    }

    [Fact]
    public void AveragingVisitsIsConsistentThoughBiased()
    {
        double few = AveragedError(40), many = AveragedError(1000);
        Assert.True(many < 0.1 && many < few / 2, $"{few:F4} with 40 steps, {many:F4} with 1000");
    }

    private static double AveragedError(int steps)
    {
        using Solved solved = new(Terminating);
        double[] exact = solved.AtStart().Parts().Response;
        using Estimates estimates = new(Terminating, BcHg(steps, 1, 1000) with { AverageVisits = true }, 512, Solved.Start(Terminating));
        estimates.Run(1);
        return Close.Norm(Close.Difference(estimates.Response.Mean, exact)) / Close.Norm(exact);
    }

    private static SamplingOptions Sampling(int steps, int streams, int limit) =>
        new() { Steps = steps, Streams = streams, EpisodeLimit = limit };

    private static BcHgEstimator BcHg(int steps, int streams, int limit) =>
        new() { Sampling = Sampling(steps, streams, limit), Critic = ExactCritic, AverageVisits = false };

    private static void AssertUnbiased(FiniteProblem problem, BcHgEstimator estimator, int leaders)
    {
        double[] x = Solved.Start(problem, 2);
        using Solved solved = new(problem);
        (double[] direct, double[] response) = solved.At(x).Parts();
        using Estimates estimates = new(problem, estimator, leaders, x);
        estimates.Run(1);
        estimates.Direct.AgreesWith(direct, Precision, "direct");
        estimates.Response.AgreesWith(response, Precision, "response");
    }
}
