using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Files;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Problems.Games;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Problems;

/// <summary>What a file would be refused for, a problem made in code is refused for, in the same words.</summary>
public sealed class ProblemsInCodeTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public static TheoryData<string, Func<ProblemData, ProblemData>> Unsound => new()
    {
        { "initial[0..1] sums to 1.5; expected 1 (to mend it, divide it by its sum)", data => data with { Initial = [0.75, 0.75] } },
        { "initial[1] = -0.5; expected a probability in [0, 1]", data => data with { Initial = [1.5, -0.5] } },
        { "initial[0] = NaN; expected a finite number", data => data with { Initial = [double.NaN, 1] } },
        { "reward[1, 0] = NaN; expected a finite number", data => data with { Reward = [1, 2, double.NaN, 4] } },
        { "leader_reward[0, 1] = Infinity; expected a finite "
            + "number", data => data with { LeaderReward = [0, double.PositiveInfinity, 0, 0] } },
        { "x[0] = NaN; expected a finite number", data => data with { X = [double.NaN] } },
        { "gamma = -0.5; expected a discount in [0, 1)", data => data with { Gamma = -0.5 } },
        { "gamma_leader = NaN; expected a discount in [0, 1)", data => data with { GammaLeader = double.NaN } },
        { "temperature = -1; expected a finite number above 0, or 0 to solve", data => data with { Temperature = -1 } },
        { "temperature = NaN; expected a finite number above 0, or 0 to solve", data => data with { Temperature = double.NaN } },
        { "gamma = 1, but state 0 can never reach a terminating row; expected gamma below 1, or from every state a path to a row that "
            + "sums to less than 1", data => data with { Gamma = 1 } },
    };

    public static TheoryData<string, Func<ProblemData, ProblemData>> Misshapen => new()
    {
        { "initial: 3 elements; expected 2", data => data with { Initial = [1, 0, 0] } },
        { "initial: no array; expected 2 elements", data => data with { Initial = null! } },
        { "reward: 1 elements; expected 4", data => data with { Reward = [1] } },
        { "reward: no array; expected 4 elements", data => data with { Reward = null! } },
        { "leader_reward: 0 elements; expected 4", data => data with { LeaderReward = [] } },
        { "no x; expected an array", data => data with { X = null! } },
        { "no transitions; expected some", data => data with { Transitions = null! } },
        { "features: a matrix of 4 x 1; expected 4 rows (states x actions) and 2 columns (x)", data => data with { X = [1, 2] } },
        { "leader_features: a matrix of 1 x 1; expected 4 "
            + "rows", data => data with { LeaderFeatures = new SparseMatrix(1, [0, 0], [], []) } },
    };

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Unsound))]
    public void NumbersAreRefusedAsInAFile(string expected, Func<ProblemData, ProblemData> spoil)
    {
        ProblemData data = spoil(Sound());
        string path = _folder["small.npz"];
        using (NpzWriter writer = NpzWriter.Create(path))
        {
            ProblemFile.WriteMatrix(writer, "", data.Transitions.Matrix);
            ProblemFile.WriteMatrix(writer, "features_", data.Features!);
            writer.Write("reward", data.Reward, 2, 2);
            writer.Write("leader_reward", data.LeaderReward, 2, 2);
            writer.Write("initial", data.Initial, 2);
            writer.WriteScalar("gamma", data.Gamma);
            writer.WriteScalar("gamma_leader", data.GammaLeader);
            writer.WriteScalar("temperature", data.Temperature);
            writer.Write("x", data.X, 1);
            writer.Commit();
        }

        Assert.Equal($"{path}: {expected}", Refusal(() => ProblemFile.Load(path)));
        Assert.Equal($"small: {expected}", Refusal(() => LinearProblem.Create("small", data)));
    }

    [Theory, MemberData(nameof(Misshapen))]
    public void ArraysOfOtherLengthsAreRefused(string expected, Func<ProblemData, ProblemData> spoil) =>
        Assert.StartsWith($"small: {expected}", Refusal(() => LinearProblem.Create("small", spoil(Sound()))));

    [Fact]
    public void IncentiveProblemsAreHeldToTheirStates()
    {
        IncentiveContext sound = new(1, new AffineMap([0, 0], null), new AffineMap([0, 0, 0, 0], null), [1, 0]);
        Assert.Equal("small", Create(sound).Name);
        Assert.Equal(
            "small: reward: 3 elements; expected 4 (states x actions) or 2 (states)",
            Refusal(() => Create(sound with { Reward = new AffineMap([0, 0, 0], null) })));
        Assert.Equal(
            "small: leader_reward[1, 1] = NaN; expected a finite number",
            Refusal(() => Create(sound with { LeaderReward = new AffineMap([0, 0, 0, double.NaN], null) })));
        Assert.Equal(
            "small: reward[1] = NaN; expected a finite number",
            Refusal(() => Create(sound with { Reward = new AffineMap([0, double.NaN], null) })));
        Assert.Equal(
            "small: reward: 1 rows of features; expected 4 (states x actions) or 2 (states)",
            Refusal(() => Create(sound with { Reward = new AffineMap([0, 0], new SparseMatrix(1, [0, 0], [], [])) })));
        Assert.Equal(
            "small: reward: depends on 3 incentives; expected at most 1",
            Refusal(() => Create(sound with { Reward = new AffineMap([0, 0], new SparseMatrix(3, [0, 0, 0], [], [])) })));
        Assert.Equal("small: initial: 1 elements; expected 2", Refusal(() => Create(sound with { Initial = [1] })));
        Assert.Equal("affine-map: scale = NaN; expected a finite number", Refusal(() => new AffineMap([0, 0], null, double.NaN)));
        Assert.Equal(
            "link-map: high = Infinity; expected a finite number",
            Refusal(() => new LinkMap(LinkKind.Sigmoid, 0, double.PositiveInfinity)));

        static IncentiveProblem Create(IncentiveContext context) =>
            new("small", Sound().Transitions, 1, new LinkMap(LinkKind.Identity), [context], (_, _) => { }, 0.9, 0.9, 1);
    }

    [Fact]
    public void GamesAreHeldToTheirNumbers()
    {
        GameData sound = new()
        {
            Transitions = Sound().Transitions,
            LeaderActions = 2,
            Followers = [new GameFollower(new double[4], new double[4])],
            Initial = [1, 0],
            Gamma = 0.9,
            GammaLeader = 0.9,
            Temperature = 1,
        };
        Assert.Equal(4, new MarkovGame("small", sound).ParameterCount);
        Assert.Equal(
            "small: initial[0..1] sums to 1.5; expected 1 (to mend it, divide it by its sum)",
            Refusal(() => new MarkovGame("small", sound with { Initial = [1, 0.5] })));
        Assert.Equal(
            "small: follower_reward[0, 1] = NaN; expected a finite number",
            Refusal(() => new MarkovGame("small", sound with { Followers = [new GameFollower([0, double.NaN, 0, 0], new double[4])] })));
        Assert.Equal(
            "small: no followers; expected at least one", Refusal(() => new MarkovGame("small", sound with { Followers = null! })));
        Assert.Equal("small: no transitions; expected some", Refusal(() => new MarkovGame("small", sound with { Transitions = null! })));
        Assert.Equal(
            "small: initial: no array; expected 2 elements", Refusal(() => new MarkovGame("small", sound with { Initial = null! })));
    }

    [Theory]
    [InlineData("small: x[1] = NaN; expected a finite number", new[] { 0, double.NaN }, new[] { 1.0 })]
    [InlineData("small: no contexts; expected at least one", new[] { 0.0 }, new double[0])]
    [InlineData("small: probability of context 1 = -1; expected a finite number of at least 0", new[] { 0.0 }, new[] { 2.0, -1 })]
    [InlineData("small: context probabilities sum to 1.5; expected 1", new[] { 0.0 }, new[] { 1, 0.5 })]
    public void ProblemsOfOnesOwnAreHeldToTheirNumbers(string expected, double[] x, double[] contexts)
    {
        using CpuBackend backend = new(1);
        Assert.Equal(expected, Refusal(() => new Mdp(new Own(x, contexts), backend)));
    }

    [Fact]
    public void InstancesAreCountedBeforeTheyAreMade()
    {
        using CpuBackend backend = new(1);
        double[] contexts = [.. Enumerable.Repeat(1.0 / 4096, 4096)];
        Assert.Equal(
            "small: 1000000 leaders, each in 4096 contexts; expected at most 2147483647 instances in all",
            Refusal(() => new Mdp(new Own([0.0], contexts), backend, 1_000_000)));
    }

    [Fact]
    public void WhoLeadsNeedsParameters()
    {
        using CpuBackend backend = new(1);
        FiniteProblem problem = LinearProblem.Create("small", Sound() with { X = [], Features = null });
        string expected = "small: no leader parameters; expected some, as a problem file has with features or leader_features";
        Assert.Equal(expected, Refusal(() => new Leader(problem, new ExactEstimator(), new LeaderOptions(), backend)));
        Assert.Equal(expected, Refusal(() => FastHyper.Experiments.GradientCheck.Run(problem, backend)));
    }

    private static ProblemData Sound() => new()
    {
        Transitions = new Transitions(2, 2, new SparseMatrix(2, [0, 1, 2, 3, 4], [0, 1, 0, 1], [1, 1, 1, 1])),
        Reward = [1, 2, 3, 4],
        LeaderReward = [0, 0, 1, 1],
        Features = new SparseMatrix(1, [0, 1, 1, 1, 1], [0], [1]),
        Initial = [0.5, 0.5],
        Gamma = 0.9,
        GammaLeader = 0.9,
        Temperature = 1,
        X = [0.5],
    };

    private static string Refusal(Func<object?> make)
    {
        string message = Assert.Throws<InvalidInputException>(make).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private sealed class Own(double[] x, double[] contexts) : CustomProblem(
        "small", new Transitions(1, 1, new SparseMatrix(1, [0, 1], [0], [1])), [1], x, 0.9, 0.9, 1)
    {
        public override IReadOnlyList<double> ContextProbabilities => contexts;

        public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp) { }

        public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient) { }
    }
}
