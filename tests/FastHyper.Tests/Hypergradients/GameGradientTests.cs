using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems.Games;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

/// <summary>Gradients through the policy of a leader who acts.</summary>
public class GameGradientTests
{
    public static TheoryData<string, RandomGameOptions> Games => new()
    {
        { "several of everything", new RandomGameOptions() },
        { "one leader action", new RandomGameOptions { LeaderActions = 1 } },
        { "one follower action", new RandomGameOptions { FollowerActions = 1 } },
        { "one state", new RandomGameOptions { States = 1, Successors = 1 } },
        { "nearly deterministic", new RandomGameOptions { States = 12, Temperature = 0.005 } },
        { "episodes that end", new RandomGameOptions { Termination = 0.1, Gamma = 1, GammaLeader = 1 } },
        { "state features", new RandomGameOptions { StateFeatures = 4 } },
        { "three followers", new RandomGameOptions { Followers = 3 } },
        { "many actions", new RandomGameOptions { States = 9, LeaderActions = 7, FollowerActions = 11 } },
    };

    [Theory]
    [MemberData(nameof(Games))]
    public void ExactIsTheCentralDifference(string _, RandomGameOptions options)
    {
        using CpuBackend backend = new(1);
        foreach (ulong seed in (ulong[])[1, 2, 3])
        {
            FastHyper.Experiments.GradientCheck check = FastHyper.Experiments.GradientCheck.Run(Game(options, seed), backend);
            Assert.True(check.Passed || check.Scale < 1e-12, $"seed {seed}: {check}");
            Assert.True(options.LeaderActions == 1 || check.Scale > 1e-4, $"seed {seed}: nothing to check, {check}");
        }
    }

    [Theory]
    [InlineData(SolveMethod.Sweeps)]
    [InlineData(SolveMethod.GaussSeidel)]
    [InlineData(SolveMethod.Shifted)]
    [InlineData(SolveMethod.Anderson)]
    [InlineData(SolveMethod.PolicyIteration)]
    public void EveryMethodAndLayoutAgrees(SolveMethod method)
    {
        MarkovGame game = Game(new RandomGameOptions { States = 45 }, 4);
        using Solved scalar = new(game, laneBits: 64, layout: EngineLayout.Instances);
        double[] expected = scalar.AtStart().Gradient();
        foreach (EngineLayout layout in (EngineLayout[])[EngineLayout.States, EngineLayout.Instances])
        {
            foreach (int laneBits in (int[])[64, 256, 512])
            {
                using Solved solved = new(
                    game, layout == EngineLayout.Instances ? 9 : 1, laneBits: laneBits, layout: layout, method: method);
                Close.Within(1e-9, expected, solved.AtStart().Gradient(), $"{method}, {layout}, {laneBits}");
            }
        }
    }

    [Fact]
    public void SeveralFollowersAddUp()
    {
        GameData three = RandomGame.Generate(5, new RandomGameOptions { Followers = 3 });
        MarkovGame game = new("three", three);
        double[] x = Solved.Start(game), gradient = new double[x.Length];
        double objective = 0;
        foreach (GameFollower follower in three.Followers)
        {
            using Solved alone = new(new MarkovGame("one", three with { Followers = [follower] }));
            gradient = Close.Sum(gradient, alone.At(x).Gradient());
            objective += alone.Objectives()[0];
        }

        using Solved together = new(game);
        Close.Within(1e-10, gradient, together.At(x).Gradient(), "gradient");
        Assert.Equal(objective, together.Objectives()[0], 1e-9);
    }

    [Fact]
    public void AnUntilConvergedMSobirlIsExact()
    {
        MarkovGame game = Game(new RandomGameOptions { Gamma = 0.7 }, 6);
        using Solved solved = new(game);
        double[] exact = solved.AtStart().Gradient();
        using Estimates estimates = new(game, new MSobirlEstimator { Adjoint = AdjointStep.Krylov, Steps = 10 }, 1, Solved.Start(game));
        estimates.Run(30);
        Close.Within(1e-8, exact, Close.Sum(estimates.Direct.Mean, estimates.Response.Mean), "m-sobirl");
    }

    [Fact]
    public void OthersSayThatTheyKnowNoSuchLeader()
    {
        using CpuBackend backend = new(1);
        foreach (IHypergradientEstimator estimator in (IHypergradientEstimator[])[
            new AmdEstimator(), new SobirlEstimator(), new BcHgVrEstimator(), new HpgdOracleEstimator()])
        {
            InvalidInputException e = Assert.Throws<InvalidInputException>(
                () => new Leader(DiscreteToy.Create(), estimator, new LeaderOptions(), backend).Dispose());
            Assert.Equal(
                $"estimator: '{estimator.Name}' knows no leader who acts, as in discrete-toy; expected one that does, such as exact, "
                    + "bc-hg or naive", e.Message);
        }

        InvalidInputException reverse = Assert.Throws<InvalidInputException>(
            () => new Leader(FourRooms.Create(), new BiAcEstimator(), new LeaderOptions(), backend).Dispose());
        Assert.Equal("bi-ac: the leader of four-rooms does not act; expected a Markov game", reverse.Message);
    }

    internal static MarkovGame Game(RandomGameOptions options, ulong seed) => new("random-game", RandomGame.Generate(seed, options));
}
