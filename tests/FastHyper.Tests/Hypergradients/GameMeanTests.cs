using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems.Games;
using FastHyper.Rollouts;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

/// <summary>Sampled gradients of games: means, and what fitted values cost.</summary>
public class GameMeanTests
{
    /// <summary>Standard errors at the most, of the exact part's norm.</summary>
    private const double Precision = 0.1;

    private static readonly CriticOptions s_exact = new() { Kind = CriticKind.Exact };

    // Episodes that end, so that none is cut.
    private static readonly MarkovGame s_game = GameGradientTests.Game(
        new RandomGameOptions { States = 12, Termination = 0.2, Temperature = 0.3 }, 7);

    [Fact]
    public void BcHgIsUnbiasedWhereTheFollowerIsAWhiteBox() =>
        AssertMean(s_game, new BcHgEstimator { Sampling = Sampling(2000), Critic = s_exact, AverageVisits = false }, 512);

    [Fact]
    public void BcHgIsUnbiasedForSeveralFollowers() => AssertMean(
        GameGradientTests.Game(new RandomGameOptions { States = 8, Followers = 2, Termination = 0.2, Temperature = 0.3 }, 8),
        new BcHgEstimator { Sampling = Sampling(2000), Critic = s_exact, AverageVisits = false }, 512);

    [Fact]
    public void NaiveIsTheDirectPart()
    {
        using Solved solved = new(s_game);
        using Estimates naive = new(s_game, new NaiveEstimator { Sampling = Sampling(2000), Critic = s_exact }, 256, Solved.Start(s_game));
        naive.Run(1);
        naive.Direct.AgreesWith(solved.AtStart().Parts().Direct, Precision, "direct");
        Assert.All(naive.Response.Mean, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(CriticKind.ExpectedSarsa)]
    [InlineData(CriticKind.Sarsa)]
    public void FittedValuesComeNearTheFollowersOwn(CriticKind kind)
    {
        MarkovGame small =
            GameGradientTests.Game(
                new RandomGameOptions
                {
                    States = 5,
                    LeaderActions = 2,
                    FollowerActions = 3,
                    Successors = 3,
                    Termination = 0.2,
                    Temperature = 0.3,
                },
                7);
        // With V exact and fitted, from the same draws: what differs is the fit's error alone.
        using Estimates known = new(small, FittedBy(null), 64, Solved.Start(small));
        using Estimates fitted = new(small, FittedBy(new CriticOptions { Kind = kind, Step = 0.02 }), 64, Solved.Start(small));
        known.Run(1);
        fitted.Run(1);
        double first = Distance(known, fitted);
        known.Run(25);
        fitted.Run(25);
        double last = Distance(known, fitted);
        Assert.True(first > 1 && last < first / 10, $"{kind}: {first:F4}, then {last:F4} of the response");

        static double Distance(Estimates a, Estimates b) =>
            Close.Norm(Close.Difference(a.Response.Mean, b.Response.Mean)) / Close.Norm(a.Response.Mean);

        static BcHgEstimator FittedBy(CriticOptions? critic)
        {
            BcHgEstimator known = new() { Sampling = Sampling(2000), Critic = s_exact };
            return critic is null ? known : known with { FollowerValues = FollowerValuesKind.Fitted, FollowerCritic = critic };
        }
    }

    [Fact]
    public void BiAcOfOneLeaderActionBootstrapsWithItsMean()
    {
        // The largest of one is the mean.
        MarkovGame game = GameGradientTests.Game(new RandomGameOptions { States = 10, LeaderActions = 1 }, 9);
        Close.Within(1e-12, Critics(game, CriticKind.ExpectedSarsa), Critics(game, CriticKind.Stackelberg), "one leader action");
        MarkovGame choice = GameGradientTests.Game(new RandomGameOptions { States = 10, LeaderActions = 2 }, 9);
        double[] greedy = Critics(choice, CriticKind.Stackelberg);
        Assert.All(Critics(choice, CriticKind.ExpectedSarsa).Zip(greedy), pair => Assert.True(pair.Second >= pair.First - 1e-12));
        Assert.True(greedy.Sum() > 1.01 * Critics(choice, CriticKind.ExpectedSarsa).Sum());
    }

    [Fact]
    public void LearningIsTheSameOnEveryWidthAndThreadCount()
    {
        double[]? expected = null;
        foreach (int laneBits in (int[])[64, 256, 512])
        {
            foreach (int threads in (int[])[1, 2])
            {
                using CpuBackend backend = new(threads, laneBits);
                BcHgEstimator estimator =
                    new() { Sampling = Sampling(300), FollowerValues = FollowerValuesKind.Fitted, FollowerCritic = new CriticOptions() };
                using Leader leader = new(s_game, estimator, new LeaderOptions { Leaders = LeaderOptions.Seeds(1, 5, 0.1) }, backend);
                for (int k = 0; k < 4; k++) leader.Step();
                double[] found = [.. Enumerable.Range(0, 5).SelectMany(leader.Parameters)];
                Assert.Equal(expected ??= found, found);
            }
        }
    }

    /// <summary>The leader's table after some iterations at a fixed θ, as sums over a leader's own actions show it.</summary>
    private static double[] Critics(MarkovGame game, CriticKind kind)
    {
        using CpuBackend backend = new(1);
        using Leader leader = new(
            game, new BiAcEstimator { Sampling = Sampling(500), Critic = new() { Kind = kind } },
            new LeaderOptions { Leaders = LeaderOptions.Seeds(1, 1, double.Epsilon) }, backend);
        for (int k = 0; k < 10; k++) leader.Step();
        (_, DeviceArray q) = leader.Hypergradient.State.Single(item => item.Name == "critic");
        double[] values = new double[q.Length];
        leader.Mdp.Engine.Download(q, 0, values);
        return values;
    }

    private static SamplingOptions Sampling(int steps) => new() { Steps = steps, EpisodeLimit = 1000 };

    private static void AssertMean(MarkovGame game, BcHgEstimator estimator, int leaders)
    {
        double[] x = Solved.Start(game);
        using Solved solved = new(game);
        (double[] direct, double[] response) = solved.At(x).Parts();
        using Estimates estimates = new(game, estimator, leaders, x);
        estimates.Run(1);
        estimates.Direct.AgreesWith(direct, Precision, "direct");
        estimates.Response.AgreesWith(response, Precision, "response");
    }
}
