using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Critics;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

public class LinearReturnsCriticTests
{
    private const int States = 15;
    private const int Actions = 3;

    [Theory]
    [InlineData(0.9, 1, 1)]
    [InlineData(1, 3, 2)]
    [InlineData(0.3, 2, 4)]
    public void WithAFeatureForEachPairItIsTheTable(double decay, int passes, int streams)
    {
        CriticOptions options = new() { Kind = CriticKind.TdLambda, TraceDecay = decay, Passes = passes, Step = 0.2 };
        SamplingOptions sampling = new() { Steps = 120, Streams = streams, EpisodeLimit = 25 };
        double[] table = Learn(options, sampling, 3, 4);
        foreach (bool dense in (bool[])[false, true])
        {
            double[] linear = Learn(options with { Linear = true, Features = dense ? DenseTable() : Table() }, sampling, 3, 4);
            Close.Within(1e-13, table, linear, $"dense {dense}");
        }
    }

    // The problem's values are those of five boxes of states, so that the features hold them. Steps of α leave a standard deviation of
    // √(α/2), 1.2 hundredths, times that of the returns, which are about as large as the values: five of them are allowed.
    [Fact]
    public void ItComesToTheLeadersValues()
    {
        CriticOptions options = new() { Kind = CriticKind.TdLambda, TraceDecay = 0.9, Step = 0.0003, Linear = true, Features = Boxes() };
        double[] learnt = Learn(options, new SamplingOptions { Steps = 100_000, EpisodeLimit = 100 }, 1, 12);
        double[] exact = Learn(new CriticOptions { Kind = CriticKind.Exact }, new SamplingOptions { Steps = 1 }, 1, 1);
        Close.Within(0.06, exact, learnt, "Q_L");
    }

    [Fact]
    public void FeaturesOfAnyScaleLearnAlike()
    {
        CriticOptions options = new() { Kind = CriticKind.TdLambda, Linear = true };
        SamplingOptions sampling = new() { Steps = 200, EpisodeLimit = 40 };
        double[] numbers = [.. Enumerable.Range(0, States * Actions * 4).Select(k => Math.Sin(k * 1.7))];
        double[] large = [.. numbers.Select(number => 1024 * number)];
        Assert.Equal(
            Learn(options with { Features = FeatureRows.OfPairs(States, Actions, numbers) }, sampling, 2, 3),
            Learn(options with { Features = FeatureRows.OfPairs(States, Actions, large) }, sampling, 2, 3));
    }

    [Fact]
    public void WithoutFeaturesItIsRefused() => Assert.Contains(
        "features: random has none",
        Assert.Throws<InvalidInputException>(
            () => Learn(new CriticOptions { Kind = CriticKind.TdLambda, Linear = true }, new SamplingOptions(), 1, 1)).Message);

    /// <summary>Q_L of the last leader, after so many iterations at the same x.</summary>
    private static double[] Learn(CriticOptions options, SamplingOptions sampling, int leaders, int iterations)
    {
        using CpuBackend backend = new(1);
        using Mdp mdp = new(Problem(), backend, leaders);
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-11 });
        using EpisodeSampler sampler = new(mdp, sampling);
        using Critic critic = options.Bind(new EstimationContext(mdp, response, sampler));
        ulong[] seeds = [.. Enumerable.Range(1, leaders).Select(seed => (ulong)seed)];
        mdp.Initialise(seeds);
        mdp.Configure();
        response.Solve();
        for (uint i = 0; i < iterations; i++)
        {
            sampler.Sample(response, seeds, i);
            critic.Learn();
        }

        double[] q = new double[States * Actions];
        mdp.Engine.Download(critic.Q, leaders - 1, q);
        return q;
    }

    /// <summary>Where one goes, and what it pays, depends on a state's box of three.</summary>
    private static IncentiveProblem Problem()
    {
        int rows = States * Actions;
        int[] columns = [.. Enumerable.Range(0, rows)
            .SelectMany(row => Enumerable.Range(0, 3).Select(j => (3 * ((row / Actions / 3) + 1 + (row % Actions)) % States) + j))];
        double Of(int row, double scale) => Math.Sin(scale * ((row / Actions / 3 * Actions) + (row % Actions)));
        return LinearProblem.Create("random", new ProblemData
        {
            Transitions = new Transitions(States, Actions, new SparseMatrix(
                States, [.. Enumerable.Range(0, rows + 1).Select(row => 3L * row)], columns, [.. Enumerable.Repeat(0.32, 3 * rows)])),
            Reward = [.. Enumerable.Range(0, rows).Select(row => Of(row, 2.3))],
            LeaderReward = [.. Enumerable.Range(0, rows).Select(row => Of(row, 0.9))],
            Initial = [.. Enumerable.Repeat(1.0 / States, States)],
            Gamma = 0.8,
            GammaLeader = 0.8,
            Temperature = 3,
            X = [],
        });
    }

    private static FeatureRows Table() =>
        new TabularFeatures().Create(Actions, new StateCoordinates(States, [.. Enumerable.Range(0, States).Select(s => (double)s)]));

    private static FeatureRows DenseTable()
    {
        double[] one = new double[States * Actions * States * Actions];
        for (int row = 0; row < States * Actions; row++) one[(row * States * Actions) + row] = 1;
        return FeatureRows.OfPairs(States, Actions, one);
    }

    private static FeatureRows Boxes()
    {
        double[] boxes = new double[States * (States / 3)];
        for (int s = 0; s < States; s++) boxes[(s * (States / 3)) + (s / 3)] = 1;
        return FeatureRows.OfStates(States, Actions, boxes);
    }
}
