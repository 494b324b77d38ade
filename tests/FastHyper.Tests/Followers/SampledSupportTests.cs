using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

public class SampledSupportTests
{
    private const int States = 12;
    private const int Actions = 3;

    public static TheoryData<SupportRows, int?> Draws => new()
    {
        { SupportRows.All, 3 },
        { SupportRows.Drawn, 1 },
        { SupportRows.Drawn, 4 },
        { SupportRows.Drawn, null },
        { SupportRows.Rollouts, 1 },
        { SupportRows.Rollouts, 3 },
        { SupportRows.Rollouts, null },
    };

    [Fact]
    public void AllThatMayBeDrawnIsTheModel() => RandomCase.Check(40, c =>
    {
        FeatureRows features = new PolynomialFeatures { Degree = 1 }.Create(c.Actions, Coordinates(c.States))
            .Fitted(Weights(c.States * c.Actions), 1e-3);
        IncentiveProblem problem = LinearProblem.Create("all", c.Data() with { ValueFeatures = features });
        using Solved model = new(problem), samples = new(problem, samples: new() { Rows = SupportRows.All, NextStates = null });
        model.AtStart();
        samples.AtStart();
        Assert.Equal(model.Follower.Status.AnyFailed, samples.Follower.Status.AnyFailed);
        if (model.Follower.Status.AnyFailed) return;
        Close.Within(1e-9, model.Read(model.Follower.V, c.States), samples.Read(samples.Follower.V, c.States), "V");
        double scale = Close.Largest(model.Gradient()) + 1e-3;
        Assert.True(Close.Largest(Close.Difference(model.Gradient(), samples.Gradient())) < 1e-8 * scale, "gradient");
    });

    [Theory]
    [InlineData(Precision.F64, 1e-9)]
    [InlineData(Precision.F32, 5e-4)]
    public void SoItIsWhereTheLeaderMovesTransitions(Precision precision, double tolerance)
    {
        OwnProblemExample problem = new();
        Assert.True(problem.ControlsTransitions);
        FeatureRows features = new PolynomialFeatures { Degree = 1 }.Create(
            problem.Transitions.Actions, Coordinates(problem.Transitions.States)).Fitted(null, 1e-3);
        Close.Within(tolerance, Gradient(null), Gradient(new() { Rows = SupportRows.All, NextStates = null }), "gradient");

        double[] Gradient(SupportOptions? samples)
        {
            using CpuBackend backend = new(1);
            using Mdp mdp = new(problem, backend, 2, precision: precision);
            using LinearResponse response =
                new(mdp, features, new SolveOptions { Tolerance = precision == Precision.F64 ? 1e-12 : 1e-5 }, samples);
            using Hypergradient exact = new ExactEstimator().Bind(new EstimationContext(mdp, response, null));
            mdp.Initialise([1, 2]);
            mdp.Configure();
            response.Respond([1, 2], 0);
            exact.Estimate();
            double[] gradient = new double[problem.ParameterCount];
            mdp.Engine.Download(exact.Response, 1, gradient);
            return gradient;
        }
    }

    // The same samples at x ± h: central differences of the whole fit. With so few of them the fit is not that of the model.
    [Theory, MemberData(nameof(Draws))]
    public void TheGradientIsThatOfTheFitOverTheSamples(SupportRows rows, int? next)
    {
        IncentiveProblem problem = Problem(new PolynomialFeatures { Degree = 2 }, 1e-3);
        using Solved solved = new(problem, samples: new() { Rows = rows, NextStates = next, Count = 60 }), model = new(problem);
        double[] x = Solved.Start(problem);
        solved.At(x);
        double[] gradient = solved.Gradient(), differences = new double[x.Length];
        for (int p = 0; p < x.Length; p++)
        {
            double[] sides = [.. ((double[])[1e-5, -1e-5]).Select(h =>
            {
                double[] moved = [.. x];
                moved[p] += h;
                return solved.At(moved).Objectives()[0];
            })];
            differences[p] = (sides[0] - sides[1]) / 2e-5;
        }

        Close.Within(1e-7, differences, gradient, "gradient");
        Assert.True(Close.Error(gradient, model.At(x).Gradient()) > 1e-4);
    }

    // Where rows are drawn by D, or all are there, so is the fit in expectation, but for a bias of one over the samples, which is a tenth
    // of a standard error here. 256 seeds, five standard errors: of 36 numbers less than one run in ten thousand fails.
    [Theory]
    [InlineData(SupportRows.Drawn, 1, false)]
    [InlineData(SupportRows.Drawn, 2, true)]
    [InlineData(SupportRows.Drawn, null, true)]
    [InlineData(SupportRows.All, 400, true)]
    public void ItsMeanIsTheModels(SupportRows rows, int? next, bool weighted)
    {
        IncentiveProblem problem = Problem(new PolynomialFeatures { Degree = 2 }, 1e-3, weighted ? Weights(States * Actions) : null);
        using Solved model = new(problem);
        model.AtStart();
        Mean(problem, new() { Rows = rows, NextStates = next, Count = 40_000 }).AgreesWith(
            [.. ((LinearResponse)model.Follower).Weights], 0.05, "w");
    }

    // With a feature for each pair the weights of rows do not matter.
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void RolloutsComeToTheModelsValues(int next)
    {
        IncentiveProblem problem = Problem(new TabularFeatures(), 1e-9);
        using Solved model = new(problem);
        model.AtStart();
        Mean(problem, new() { Rows = SupportRows.Rollouts, NextStates = next, Count = 40_000 }).AgreesWith(
            [.. ((LinearResponse)model.Follower).Weights], 0.05, "w");
    }

    [Theory, MemberData(nameof(Draws))]
    public void SeedAndIterationNameTheDraws(SupportRows rows, int? next)
    {
        IncentiveProblem problem = Problem(new PolynomialFeatures { Degree = 2 }, 1e-3);
        SupportOptions samples = new() { Rows = rows, NextStates = next, Count = 50 };
        double[] first = Respond([3, 4], 5), again = Respond([3, 4], 5), neighbour = Respond([9, 4], 5), later = Respond([3, 4], 6);
        Assert.Equal(first, again);
        Assert.Equal(first[^9..], neighbour[^9..]);
        Assert.NotEqual(first[..9], neighbour[..9]);
        Assert.NotEqual(first, later);
        samples = samples with { SameDraws = true };
        Assert.Equal(Respond([3, 4], 5), Respond([3, 4], 6));

        double[] Respond(ulong[] seeds, uint iteration) =>
            Weigh(problem, samples, seeds, iteration, 1, 256, Precision.F64, EngineLayout.Auto);
    }

    [Theory, MemberData(nameof(Draws))]
    public void BitsDoNotDependOnThreadsAndLanes(SupportRows rows, int? next)
    {
        IncentiveProblem problem = Problem(new TileCoding { Tilings = 2, Tiles = 2 }, 1e-3);
        SupportOptions samples = new() { Rows = rows, NextStates = next, Count = 50 };
        foreach (EngineLayout layout in (EngineLayout[])[EngineLayout.States, EngineLayout.Instances])
        {
            foreach (Precision precision in Enum.GetValues<Precision>())
            {
                ulong[] seeds = layout == EngineLayout.States ? [7] : [7, 8, 9];
                double[] first = Weigh(problem, samples, seeds, 2, 1, 64, precision, layout);
                foreach ((int threads, int laneBits) in ((int, int)[])[(2, 256), (1, 512), (2, 64)])
                    Assert.Equal(first, Weigh(problem, samples, seeds, 2, threads, laneBits, precision, layout));
            }
        }
    }

    [Fact]
    public void FeaturesWithoutSamplesNeedARidge()
    {
        IncentiveProblem problem = Problem(new TabularFeatures(), 0);
        using CpuBackend backend = new(1);
        using Mdp mdp = new(problem, backend);
        using LinearResponse response = new(mdp, problem.ValueFeatures!, null, new() { Count = 5 });
        mdp.Initialise([1]);
        mdp.Configure();
        Assert.Contains(
            "of 36 is zero wherever there are samples, and ridge = 0",
            Assert.Throws<InvalidOperationException>(() => response.Respond([1], 0)).Message);
    }

    [Fact]
    public void WeightsOfZeroAreNeverDrawn()
    {
        double[] weights = new double[States * Actions];
        (weights[5], weights[20], weights[34]) = (1, 2, 3);
        IncentiveProblem problem = Problem(new PolynomialFeatures { Degree = 1 }, 1e-3, weights);
        using CpuBackend backend = new(1);
        using Mdp mdp = new(problem, backend);
        using DeviceArray v = mdp.Engine.Allocate(ArrayKind.State);
        using SampledSupport support = new(mdp, problem.ValueFeatures!, new() { Count = 6000 });
        mdp.Initialise([1]);
        mdp.Configure();
        support.Draw([1], 0, v);
        double[] drawn = new double[weights.Length];
        mdp.Engine.Download(support.Weights, 0, drawn);
        // Six thousand draws: 5 standard deviations of the shares are below 0.033, of their sum of 6 below 0.2.
        for (int row = 0; row < drawn.Length; row++) Assert.InRange(
            drawn[row], weights[row] == 0 ? 0 : weights[row] - 0.2, weights[row] == 0 ? 0 : weights[row] + 0.2);
        Assert.Equal(6, drawn.Sum(), 1e-9);
    }

    private static Moments Mean(IncentiveProblem problem, SupportOptions samples)
    {
        const int seeds = 256;
        int k = problem.ValueFeatures!.Count;
        double[] w = Weigh(
            problem, samples, [.. Enumerable.Range(1, seeds).Select(seed => (ulong)seed)], 0, 2, 256, Precision.F64,
            EngineLayout.Instances);
        double[] mean = [.. Enumerable.Range(0, k).Select(j => Enumerable.Range(0, seeds).Average(i => w[(i * k) + j]))];
        return new Moments(mean, [.. Enumerable.Range(0, k)
            .Select(j => Math.Sqrt(Enumerable.Range(0, seeds).Sum(i => Math.Pow(w[(i * k) + j] - mean[j], 2)) / (seeds - 1.0) / seeds))]);
    }

    /// <summary>w of every leader at the same x.</summary>
    private static double[] Weigh(
        IncentiveProblem problem, SupportOptions samples, ulong[] seeds, uint iteration, int threads, int laneBits, Precision precision,
        EngineLayout layout)
    {
        using CpuBackend backend = new(threads, laneBits);
        using Mdp mdp = new(problem, backend, seeds.Length, precision: precision, layout: layout);
        using LinearResponse response = new(
            mdp, problem.ValueFeatures!, new SolveOptions { Tolerance = precision == Precision.F64 ? 1e-11 : 1e-4 }, samples);
        mdp.Initialise([.. seeds.Select(_ => 1UL)]);
        mdp.Configure();
        response.Respond(seeds, iteration);
        return [.. response.Weights];
    }

    private static IncentiveProblem Problem(FeatureMap map, double ridge, double[]? weights = null)
    {
        ProblemData data = RandomProblem.Generate(11, new RandomProblemOptions
        {
            States = States,
            Actions = Actions,
            Successors = 4,
            Parameters = 5,
            FeaturesPerRow = 2,
            Termination = 0.05,
            Gamma = 0.8,
            GammaLeader = 0.85,
            Temperature = 0.5,
        });
        return LinearProblem.Create(
            "random", data with { ValueFeatures = map.Create(Actions, Coordinates(States)).Fitted(weights, ridge) });
    }

    private static double[] Weights(int count) =>
        [.. Enumerable.Range(0, count).Select(row => 0.2 + Philox.Uniforms((uint)row, Philox.Purpose.Problem, 9, 9, 5).First)];

    private static StateCoordinates Coordinates(int states) => new(states, [.. Enumerable.Range(0, states).Select(s => (double)s)]);
}
