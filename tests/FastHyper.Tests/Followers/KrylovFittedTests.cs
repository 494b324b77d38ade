using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Followers.LinearSystems;
using FastHyper.Followers.Solves;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

/// <summary>Fits without stored matrices against elimination.</summary>
public class KrylovFittedTests
{
    public static TheoryData<bool, bool, EngineLayout, Precision> Kinds
    {
        get
        {
            TheoryData<bool, bool, EngineLayout, Precision> data = [];
            foreach (bool weighted in (bool[])[false, true])
                foreach (bool sampled in (bool[])[false, true])
                    foreach (EngineLayout layout in (EngineLayout[])[EngineLayout.States, EngineLayout.Instances])
                        foreach (Precision precision in Enum.GetValues<Precision>())
                            data.Add(weighted, sampled, layout, precision);
            return data;
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void ProductsHaveTheAnswersOfElimination(bool weighted, bool sampled, EngineLayout layout, Precision precision)
    {
        bool narrow = precision == Precision.F32;
        SupportOptions? samples = sampled ? new() { Count = 4000 } : null;
        foreach (FeatureMap map in (FeatureMap[])[
            new TileCoding { Tilings = 3, Tiles = 3 }, new PolynomialFeatures { Degree = 2 }, new TileCoding { Tilings = 1, Tiles = 2 }])
        {
            FeatureRows features = map.Create(2, Coordinates()).Fitted(weighted ? Weights() : null, 1e-2);
            // States under the same tiles are groups, and A is assembled.
            Assert.Equal(map is TileCoding { Tilings: 1 }, features.Groups is not null);
            (double[] w, double[] gradient, _) = Compute(features, samples, layout, precision, stored: true);
            (double[] without, double[] pulled, LinearCertificate proof) = Compute(features, samples, layout, precision, stored: false);
            Close.Within(narrow ? 2e-3 : 1e-8, w, without, "w");
            Close.Within(narrow ? 2e-3 : 1e-8, gradient, pulled, "gradient");
            Assert.True(proof.Residual <= proof.Tolerance, $"{proof}");
            Assert.True(proof.Products > 1);
        }
    }

    // 4 · 25² = 2 500 tiles for each of two actions, of which four are active: beyond 2 000 there is no matrix unless it is asked for.
    [Fact]
    public void ThousandsOfTilesHaveTheGradientOfTheWholeFit()
    {
        FeatureRows features = new TileCoding { Tilings = 4, Tiles = 24 }.Create(2, Coordinates()).Fitted(null, 1e-3);
        Assert.Equal(5000, features.Count);
        IncentiveProblem problem = LinearProblem.Create("tiles", Data() with { ValueFeatures = features });
        using CpuBackend backend = new(2);
        double error = FastHyper.Experiments.GradientCheck.Run(problem, backend).RelativeError;
        Assert.True(error < 1e-6, $"{error:E2}");
    }

    [Fact]
    public void MoreThanTwoThousandTilesHaveTheAnswersOfElimination()
    {
        FeatureRows features = new TileCoding { Tilings = 2, Tiles = 31 }.Create(2, Coordinates()).Fitted(null, 1e-3);
        Assert.Equal(4096, features.Count);
        (double[] w, double[] gradient, _) = Compute(features, null, EngineLayout.States, Precision.F64, stored: true);
        (double[] without, double[] pulled, _) = Compute(features, null, EngineLayout.States, Precision.F64, stored: null);
        Close.Within(1e-8, w, without, "w");
        Close.Within(1e-8, gradient, pulled, "gradient");
    }

    [Fact]
    public void FeaturesThatDependOnEachOtherNeedARidge()
    {
        double[] twice = [.. Enumerable.Range(0, 40).SelectMany(s => new double[] { 1, s, 2 * s })];
        Assert.Contains("of 6 follows from the others", Refused(FeatureRows.OfStates(40, 2, twice)));
        double[] empty = [.. Enumerable.Range(0, 40).SelectMany(s => new double[] { 1, s, 0 })];
        Assert.Contains("feature 2 of 6 is zero", Refused(FeatureRows.OfStates(40, 2, empty)));

        static string Refused(FeatureRows features) => Assert.Throws<InvalidInputException>(
            () => Compute(features, null, EngineLayout.States, Precision.F64, stored: false)).Message;
    }

    // The two states of Tsitsiklis and Van Roy, weighted so that there is no fixed point: A vanishes there.
    [Fact]
    public void WhereThereIsNoFixedPointItSaysSo()
    {
        FeatureRows features = FeatureRows.OfPairs(2, 1, [1, 2]).Fitted([1, 2], 0);
        IncentiveProblem problem = LinearProblem.Create("two-states", new ProblemData
        {
            Transitions = new Transitions(2, 1, new SparseMatrix(2, [0, 1, 2], [1, 1], [1, 1])),
            Reward = [1, 0],
            LeaderReward = [0, 1],
            Initial = [1, 0],
            Gamma = 0.9,
            GammaLeader = 0.9,
            Temperature = 1,
            X = [],
        });
        using CpuBackend backend = new(1);
        using Mdp mdp = new(problem, backend);
        using LinearResponse response = new(mdp, features, null, null, stored: false);
        mdp.Configure();
        response.Solve();
        Assert.Contains("did not converge", Assert.Throws<InvalidOperationException>(response.ThrowIfUnsolved).Message);
    }

    [Fact]
    public void StepsSolveSystemsOfTheirOwn()
    {
        const int order = 30, systems = 3;
        double[] matrices = [.. Enumerable.Range(0, order * order * systems)
            .Select(k => Math.Sin(k * 1.37) + (k % (order * order) % (order + 1) == 0 ? 9 : 0))];
        double[] b = [.. Enumerable.Range(0, order * systems).Select(k => k < order ? 0 : Math.Cos(k * 0.7))], x = new double[b.Length],
            left = new double[b.Length];
        StabilisedSteps steps = new(order, systems);
        int products = steps.Solve(b, x, Product, _ => { }, 1e-12);
        Product(x, left);
        Assert.InRange(products, 2, 200);
        Assert.All(x[..order], value => Assert.Equal(0, value));
        for (int k = 0; k < b.Length; k++) Assert.Equal(b[k], left[k], 1e-10);

        void Product(ReadOnlySpan<double> from, Span<double> to)
        {
            for (int row = 0; row < order * systems; row++)
            {
                int i = row / order;
                to[row] = 0;
                for (int j = 0; j < order; j++) to[row] += matrices[(row * order) + j] * from[(i * order) + j];
            }
        }
    }

    /// <summary>w and the gradient through the response, of the last instance, and the adjoint's proof.</summary>
    private static (double[] W, double[] Gradient, LinearCertificate Proof) Compute(
        FeatureRows features, SupportOptions? samples, EngineLayout layout, Precision precision, bool? stored)
    {
        IncentiveProblem problem = LinearProblem.Create("tiles", Data());
        int leaders = layout == EngineLayout.Instances ? 2 : 1;
        using CpuBackend backend = new(1);
        using Mdp mdp = new(problem, backend, leaders, precision: precision, layout: layout);
        using LinearResponse response = new(
            mdp, features, new SolveOptions { Tolerance = precision == Precision.F64 ? 1e-11 : 1e-5 }, samples, stored);
        using Hypergradient exact = new ExactEstimator(precision == Precision.F64 ? 1e-12 : 1e-5)
            .Bind(new EstimationContext(mdp, response, null));
        ulong[] seeds = [.. Enumerable.Range(1, leaders).Select(seed => (ulong)seed)];
        mdp.Initialise(seeds);
        mdp.Configure();
        response.Respond(seeds, 0);
        exact.Estimate();
        double[] gradient = new double[problem.ParameterCount];
        mdp.Engine.Download(exact.Response, leaders - 1, gradient);
        ILinearProofs adjoint = exact.Solves.Single(solve => solve.Name == "adjoint").Solves;
        return ([.. response.Weights[((leaders - 1) * features.Count)..]], gradient, adjoint.Certificates[leaders - 1]);
    }

    private static ProblemData Data() => RandomProblem.Generate(3, new RandomProblemOptions
    {
        States = 40,
        Actions = 2,
        Successors = 4,
        Parameters = 5,
        FeaturesPerRow = 2,
        Gamma = 0.9,
        GammaLeader = 0.9,
        Temperature = 0.3,
    });

    private static double[] Weights() => [.. Enumerable.Range(0, 80).Select(row => 1 + (0.5 * Math.Sin(row)))];

    private static StateCoordinates Coordinates() =>
        new(40, [.. Enumerable.Range(0, 40).SelectMany(s => new double[] { s % 7, (s / 7) + (0.3 * (s % 3)) })]);
}
