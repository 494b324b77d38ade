using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

public class LinearResponseTests
{
    public static TheoryData<string> Families => [.. Maps.Keys];

    private static Dictionary<string, FeatureMap> Maps { get; } = new()
    {
        ["tabular"] = new TabularFeatures(),
        ["aggregated"] = new AggregatedFeatures { Boxes = 3 },
        ["interpolated"] = new InterpolatedFeatures { Points = 3 },
        ["polynomial"] = new PolynomialFeatures { Degree = 2 },
        ["fourier"] = new FourierFeatures { Order = 2 },
        ["random fourier"] = new RandomFourierFeatures { Count = 7, Scale = 0.5 },
        ["radial"] = new RadialFeatures { Points = 3 },
        ["normalised radial"] = new RadialFeatures { Points = 3, Normalised = true },
        ["tiles"] = new TileCoding { Tilings = 3, Tiles = 2 },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public void TheGradientIsThatOfTheWholeFit(string family)
    {
        using CpuBackend backend = new(1);
        foreach (bool layers in (bool[])[false, true])
        {
            IncentiveProblem problem = Random(24, Maps[family], layers ? [.. Enumerable.Range(0, 24).Select(s => s % 2)] : null);
            double error = FastHyper.Experiments.GradientCheck.Run(problem, backend).RelativeError;
            Assert.True(error < 1e-6, $"{family}, layers {layers}: {error:E2}");
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AveragersHaveOneFeatureOfOne(string family)
    {
        FeatureRows rows = Maps[family].Create(2, Coordinates(24));
        bool averages = true;
        for (int s = 0; s < 24; s++)
        {
            double[] row = Row(rows, s, 1);
            Assert.All(row[..rows.Width], value => Assert.Equal(0, value));
            averages &= row.All(value => value >= 0) && Math.Abs(row.Sum() - 1) < 1e-12;
        }

        // Of features that sum to one, only those that are one themselves are averaged by a fit.
        bool single = Enumerable.Range(0, 24).All(s => Row(rows, s, 1).Count(value => value != 0) == 1);
        Assert.Equal(averages && single, Maps[family].IsAverager);
    }

    [Fact]
    public void TabularFeaturesHaveTheTabularAnswer() => RandomCase.Check(40, c =>
    {
        ProblemData data = c.Data();
        FeatureRows features = new TabularFeatures().Create(c.Actions, Coordinates(c.States));
        using Solved tabular = new(LinearProblem.Create("tabular", data)),
            fitted = new(LinearProblem.Create("fitted", data with { ValueFeatures = features }));
        tabular.AtStart();
        fitted.AtStart();
        fitted.Follower.ThrowIfUnsolved();
        Close.Within(1e-11, tabular.Read(tabular.Follower.V, c.States), fitted.Read(fitted.Follower.V, c.States), "V");
        double scale = Close.Largest(tabular.Gradient()) + 1e-3;
        Assert.True(Close.Largest(Close.Difference(tabular.Gradient(), fitted.Gradient())) < 1e-11 * scale, "gradient");
    });

    // r = Φx and P = Φμ: every Q is linear in φ, so the fit leaves nothing out, whatever its weights.
    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void OfALowRankTheFitIsTheTabularAnswer(int seed)
    {
        const int states = 20, actions = 3, rank = 4, rows = states * actions;
        Random random = new(seed);
        double[] phi = Shares(rows, rank), to = Shares(rank, states), dense = new double[rows * states];
        for (int row = 0; row < rows; row++)
            for (int k = 0; k < rank; k++)
                for (int next = 0; next < states; next++) dense[(row * states) + next] += phi[(row * rank) + k] * to[(k * states) + next];
        long[] offsets = [.. Enumerable.Range(0, rows + 1).Select(row => (long)row * rank)];
        SparseMatrix features = new(rank, offsets, [.. Enumerable.Range(0, rows * rank).Select(entry => entry % rank)], phi);
        ProblemData data = new()
        {
            Transitions = Transitions.Dense(states, actions, dense),
            Reward = new double[rows],
            Features = features,
            LeaderReward = [.. Enumerable.Range(0, rows).Select(_ => random.NextDouble())],
            Initial = [.. Enumerable.Repeat(1.0 / states, states)],
            Gamma = 0.9,
            GammaLeader = 0.8,
            Temperature = 0.3,
            X = [.. Enumerable.Range(0, rank).Select(_ => random.NextDouble() - 0.5)],
        };
        FeatureRows fit = FeatureRows.OfPairs(states, actions, phi)
            .Fitted([.. Enumerable.Range(0, rows).Select(_ => 0.1 + random.NextDouble())], 0);
        using Solved tabular = new(LinearProblem.Create("tabular", data)),
            fitted = new(LinearProblem.Create("fitted", data with { ValueFeatures = fit }));
        tabular.AtStart();
        fitted.AtStart().Follower.ThrowIfUnsolved();
        Close.Within(1e-11, tabular.Read(tabular.Follower.V, states), fitted.Read(fitted.Follower.V, states), "V");
        Close.Within(1e-11, tabular.Gradient(), fitted.Gradient(), "gradient");

        double[] Shares(int count, int width)
        {
            double[] all = [.. Enumerable.Range(0, count * width).Select(_ => random.NextDouble())];
            for (int row = 0; row < count; row++)
            {
                double sum = all.AsSpan(row * width, width).ToArray().Sum();
                foreach (ref double share in all.AsSpan(row * width, width)) share /= sum;
            }

            return all;
        }
    }

    [Fact]
    public void SweepsOfAveragersComeToTheSameWhateverTheWeights() => RandomCase.Check(40, c =>
    {
        double[] weights = [.. Enumerable.Range(0, c.States * c.Actions)
            .Select(row => Philox.Uniforms((uint)row, Philox.Purpose.Problem, 9, 9, (ulong)c.Seed).First + 1e-3)];
        FeatureRows features = new AggregatedFeatures { Boxes = 2 }.Create(c.Actions, Coordinates(c.States)).Fitted(weights, 1e-9);
        IncentiveProblem problem = LinearProblem.Create("averager", c.Data() with { ValueFeatures = features });
        using Solved steps = new(problem, tolerance: 1e-11), sweeps = new(problem, tolerance: 1e-11, method: SolveMethod.Sweeps);
        foreach (Solved solved in (Solved[])[steps, sweeps]) solved.AtStart().Follower.ThrowIfUnsolved();
        Close.Within(1e-7, steps.Read(steps.Follower.V, c.States), sweeps.Read(sweeps.Follower.V, c.States), "V");
    });

    // Tsitsiklis and Van Roy's two states: both lead to the second, whose feature is twice the first's. Weighted alike, a sweep multiplies
    // w by 2γ(1 + 2)/(1 + 4) > 1, and Newton's matrix is 5 − 6γ < 0, which has an inverse: w = 0 is a fixed point that sweeps flee.
    [Fact]
    public void WhatDivergesSaysSo()
    {
        using Solved sweeps = new(TwoStates(1), method: SolveMethod.Sweeps);
        sweeps.AtStart();
        string message = Assert.Throws<InvalidOperationException>(sweeps.Follower.ThrowIfUnsolved).Message;
        Assert.Contains("the fit diverges", message);
        using Solved steps = new(TwoStates(1));
        steps.AtStart().Follower.ThrowIfUnsolved();
        // (5 − 6·0.9) w = Φᵀr = 1 + 2
        Assert.Equal(-7.5, ((LinearResponse)steps.Follower).Weights[0], 1e-9);
    }

    // D = (1, d): the matrix 1 + 4d − 2γ(1 + 2d) vanishes at d = (2γ − 1)/(4 − 4γ) = 2: no fixed point.
    [Fact]
    public void WhereThereIsNoFixedPointItSaysSo()
    {
        using Solved steps = new(TwoStates(2));
        steps.AtStart();
        Assert.Contains("did not converge", Assert.Throws<InvalidOperationException>(steps.Follower.ThrowIfUnsolved).Message);
    }

    [Fact]
    public void FeaturesThatDependOnEachOtherNeedARidge()
    {
        ProblemData data = RandomData(10);
        double[] twice = [.. Enumerable.Range(0, 10).SelectMany(s => new double[] { s, 2 * s, 1 })];
        using CpuBackend backend = new(1);
        Assert.Contains("feature 1 of 6 follows from the others", Refused(FeatureRows.OfStates(10, 2, twice)));
        twice = [.. Enumerable.Range(0, 10).SelectMany(s => new double[] { 1, s, 0 })];
        Assert.Contains("feature 2 of 6 is zero", Refused(FeatureRows.OfStates(10, 2, twice)));
        using Solved ridged = new(
            LinearProblem.Create("ridge", data with { ValueFeatures = FeatureRows.OfStates(10, 2, twice).Fitted(null, 1e-3) }));
        ridged.AtStart().Follower.ThrowIfUnsolved();

        string Refused(FeatureRows features) =>
            Assert.Throws<InvalidInputException>(() => new Solved(LinearProblem.Create("bad", data with { ValueFeatures = features })))
                .Message;
    }

    [Fact]
    public void WeightsAndRidgesOutOfRangeAreRefused()
    {
        FeatureRows features = FeatureRows.OfStates(3, 2, [1, 2, 3]);
        Assert.Contains("ridge = -1", Assert.Throws<InvalidInputException>(() => features.Fitted(null, -1)).Message);
        Assert.Contains("ridge = NaN", Assert.Throws<InvalidInputException>(() => features.Fitted(null, double.NaN)).Message);
        Assert.Contains(
            "value_weights[1, 0] = -2", Assert.Throws<InvalidInputException>(() => features.Fitted([1, 1, -2, 1, 1, 1], 0)).Message);
        Assert.Contains("value_weights: 2 numbers", Assert.Throws<InvalidInputException>(() => features.Fitted([1, 1], 0)).Message);
        Assert.Contains(
            "state_features[1, 0] = NaN",
            Assert.Throws<InvalidInputException>(() => FeatureRows.OfStates(3, 2, [1, double.NaN, 3])).Message);
        Assert.Contains(
            "value_features: 7 numbers",
            Assert.Throws<InvalidInputException>(() => FeatureRows.OfPairs(3, 2, [1, 2, 3, 4, 5, 6, 7])).Message);
    }

    [Fact]
    public void TheCertificateTellsHowFarTheAnswerIs() => RandomCase.Check(30, c =>
    {
        FeatureRows features = new PolynomialFeatures { Degree = 1 }.Create(c.Actions, Coordinates(c.States)).Fitted(null, 1e-3);
        IncentiveProblem problem = LinearProblem.Create("bound", c.Data() with { ValueFeatures = features });
        using Solved near = new(problem, tolerance: 1e-3, method: SolveMethod.Sweeps), exact = new(problem, tolerance: 1e-13);
        near.AtStart();
        exact.AtStart();
        if (near.Follower.Status.AnyFailed || exact.Follower.Status.AnyFailed) return;
        Certificate[] certificate = new Certificate[1];
        near.Follower.Certify(certificate);
        double distance = Close.Largest(Close.Difference(near.Read(near.Follower.V, c.States), exact.Read(exact.Follower.V, c.States)));
        Assert.True(distance <= (1.1 * certificate[0].Bound) + 1e-10, $"off by {distance:E2}, bound {certificate[0].Bound:E2}");
        Assert.True(((LinearResponse)near.Follower).BellmanResiduals[0].Residual > 0 || c.States * c.Actions <= features.Count);
    });

    private static double[] Row(FeatureRows features, int state, int action)
    {
        double[] row = new double[features.Count];
        features.Row(state, action, out int first, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
        for (int j = 0; j < values.Length; j++) row[first + (features.Dense is null ? columns[j] : j)] = values[j];
        return row;
    }

    private static IncentiveProblem Random(int states, FeatureMap map, int[]? layers)
    {
        ProblemData data = RandomData(states);
        StateCoordinates coordinates = Coordinates(states, layers);
        return LinearProblem.Create("random", data with { ValueFeatures = map.Create(2, coordinates).Fitted(null, 1e-3) });
    }

    private static ProblemData RandomData(int states) => RandomProblem.Generate(3, new RandomProblemOptions
    {
        States = states,
        Actions = 2,
        Successors = 4,
        Parameters = 5,
        FeaturesPerRow = 2,
        Gamma = 0.8,
        GammaLeader = 0.9,
        Temperature = 0.3,
    });

    private static StateCoordinates Coordinates(int states, int[]? layers = null) =>
        new(states, [.. Enumerable.Range(0, states).SelectMany(s => new double[] { s % 5, (s / 5) + (0.3 * (s % 3)) })], layers);

    private static IncentiveProblem TwoStates(double weight)
    {
        Transitions transitions = new(2, 1, new SparseMatrix(2, [0, 1, 2], [1, 1], [1, 1]));
        return LinearProblem.Create("two-states", new ProblemData
        {
            Transitions = transitions,
            Reward = [1, weight == 1 ? 1 : 0],
            LeaderReward = [0, 1],
            Features = new SparseMatrix(1, [0, 1, 1], [0], [1]),
            Initial = [1, 0],
            Gamma = 0.9,
            GammaLeader = 0.9,
            Temperature = 1,
            X = [0],
            ValueFeatures = FeatureRows.OfPairs(2, 1, [1, 2]).Fitted([1, weight], 0),
        });
    }
}
