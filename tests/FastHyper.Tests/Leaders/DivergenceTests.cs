using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Tests.Leaders;

/// <summary>A leader that diverges stops, and nobody else hears of it.</summary>
[Collection(nameof(Alone))]
public class DivergenceTests
{
    private const int Steps = 12;
    private static readonly IncentiveProblem s_random = LinearProblem.Create(
        "random", RandomProblem.Generate(3, new RandomProblemOptions { States = 20, Gamma = 0.9, GammaLeader = 0.9 }));
    private static readonly FourRooms s_rooms = FourRooms.Create(
        new FourRoomsOptions { Temperature = 0.05, Gamma = 0.9, GammaLeader = 0.9 });

    // Beside a learning rate whose first step is beyond the finite numbers, or leads so far that rewards no longer add up.
    public static TheoryData<string, double, OptimizerKind, Precision> Neighbours
    {
        get
        {
            TheoryData<string, double, OptimizerKind, Precision> data = [];
            foreach (string estimator in EstimatorsAtWork.Names)
            {
                data.Add(estimator, 1e300, OptimizerKind.Sgd, Precision.F64);
                data.Add(estimator, 1e307, OptimizerKind.Adam, Precision.F64);
                data.Add(estimator, 1e60, OptimizerKind.Sgd, Precision.F32);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Neighbours))]
    public void OthersGoOnWithTheSameBits(string estimator, double rate, OptimizerKind optimizer, Precision precision)
    {
        using CpuBackend backend = new(1, 256);
        foreach (FiniteProblem problem in (Problem[])[s_random, s_rooms])
        {
            using Leader calm = Create(problem, estimator, backend, 0.1, optimizer, precision),
                wild = Create(problem, estimator, backend, rate, optimizer, precision);
            foreach (long _ in calm.Steps(Steps)) { }
            foreach (long _ in wild.Steps(Steps)) { }
            Assert.Empty(calm.Diverged);
            Assert.Equal(Steps, wild.Iteration);
            foreach (int other in (int[])[0, 2]) Assert.Equal(calm.Parameters(other), wild.Parameters(other));
            Assert.All(wild.Parameters(1), x => Assert.True(double.IsFinite(x)));
            if (problem == s_random) Assert.Equal(1, Assert.Single(wild.Diverged).Leader);
        }
    }

    [Fact]
    public void ItsParametersStayAsTheyWere()
    {
        using CpuBackend backend = new(1, 256);
        using Leader among = Machines(backend, [0.1, 3]), alone = Machines(backend, [3]);
        foreach (long _ in among.Steps(Steps)) { }
        LeaderDivergence divergence = Assert.Single(among.Diverged);
        Assert.True(divergence.Iteration > 1);
        Assert.True(among.HasDiverged(1));
        Assert.False(among.HasDiverged(0));
        Assert.Matches(
            $"^seed 2, learning rate 3 diverged at iteration {divergence.Iteration}: growing: follower reward\\[0\\] = ",
            divergence.ToString());

        // Alone it goes as far, and then there is nobody left.
        for (int i = 0; i < divergence.Iteration; i++) alone.Step();
        Assert.Equal(alone.Parameters(0), among.Parameters(1));
        Assert.Equal(divergence.ToString(), Assert.Throws<InvalidOperationException>(() => alone.Step()).Message);
        Assert.Equal(among.Parameters(1), alone.Parameters(0));
        Assert.Equal(divergence.Iteration, alone.Iteration);
        Assert.Throws<InvalidOperationException>(() => alone.Step());
    }

    [Fact]
    public void WhoNeverHadFiniteRewardsIsLeftOutFromTheStart()
    {
        using CpuBackend backend = new(1, 256);
        BcHgEstimator sampled = new() { Sampling = new SamplingOptions { Steps = 50, Streams = 1 } };
        using Leader leader = new(
            new Growing(first: 1e9), sampled, new LeaderOptions { Leaders = LeaderOptions.Seeds(1, 2, 0.1) }, backend);
        using Leader alone = new(new Growing(), sampled, new LeaderOptions { Leaders = LeaderOptions.Seeds(2, 1, 0.1) }, backend);
        foreach (long _ in leader.Steps(Steps)) { }
        foreach (long _ in alone.Steps(Steps)) { }
        Assert.Equal((0, 0), (Assert.Single(leader.Diverged).Leader, leader.Diverged[0].Iteration));
        Assert.Equal([1e9], leader.Parameters(0));
        Assert.Equal(alone.Parameters(0), leader.Parameters(1));
    }

    [Theory]
    [InlineData(1, 0.2, Precision.F64)]
    [InlineData(300, 0.2, Precision.F64)]
    [InlineData(300, 0.04, Precision.F64)]
    [InlineData(1, 0.2, Precision.F32)]
    [InlineData(300, 0.12, Precision.F32)]
    [InlineData(300, 0.6, Precision.F32)]
    public void WhoPaysForNeverEndingStopsAlone(int states, double rate, Precision precision)
    {
        using CpuBackend backend = new(1, 256);
        using Leader among = Create(0.01, rate), alone = Create(0.01);
        foreach (long _ in among.Steps(Steps)) { }
        foreach (long _ in alone.Steps(Steps)) { }
        LeaderDivergence divergence = Assert.Single(among.Diverged);
        Assert.Equal(1, divergence.Leader);
        Assert.Contains("still grow by", divergence.Cause, StringComparison.Ordinal);
        Assert.Equal(alone.Parameters(0), among.Parameters(0));

        Leader Create(params double[] rates) => new(
            new Endless(states),
            new ExactEstimator(),
            new LeaderOptions
            {
                Leaders = [.. rates.Select((rate, i) => new LeaderSetting((ulong)i + 1, rate))],
                GradientClip = double.PositiveInfinity,
                Layout = EngineLayout.Instances,
                Precision = precision,
            },
            backend);
    }

    [Fact]
    public void WhoDivergedHasNoObjective()
    {
        using CpuBackend backend = new(1, 256);
        using Leader leader = Machines(backend, [0.1, 3, 0.1]), calm = Machines(backend, [0.1, 0.1, 0.1]);
        using ObjectiveEvaluator evaluator = new(leader.Mdp.Problem, 3, backend);
        double[] found = new double[3], expected = new double[3];
        for (int i = 0; i < Steps; i++)
        {
            leader.Step();
            calm.Step();
            evaluator.Evaluate(calm, expected);
            evaluator.Evaluate(leader, found);
            Assert.Equal([expected[0], expected[2]], [found[0], found[2]]);
        }

        Assert.Equal([false, true, false], found.Select(double.IsNaN));
    }

    [Fact]
    public void AllLeadersThatDivergeAreAnError()
    {
        using CpuBackend backend = new(1, 256);
        using Leader leader = Machines(backend, [3, 4]);
        string message = Assert.Throws<InvalidOperationException>(() => leader.Steps(Steps).Count()).Message;
        Assert.Equal($"all 2 leaders diverged, at last {leader.Diverged[1]}", message);
    }

    [Fact]
    public void AnIterationWithoutThemAllocatesNothingEither()
    {
        using CpuBackend backend = new(1, 256);
        using Leader leader = Create(s_random, "bc-hg", backend, 1e300, OptimizerKind.Adam, Precision.F64);
        foreach (long _ in leader.Steps(20)) { }
        Assert.Single(leader.Diverged);
        long least = long.MaxValue;
        for (int window = 0; window < 20; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++) leader.Step();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static Leader Machines(CpuBackend backend, double[] rates) => new(
        new Growing(), new ExactEstimator(),
        new LeaderOptions
        {
            Leaders = [.. rates.Select((rate, i) => new LeaderSetting((ulong)i + (rates.Length == 1 ? 2UL : 1), rate))],
            GradientClip = double.PositiveInfinity,
        },
        backend);

    /// <summary>
    /// A state in which the follower earns e^(x²) for staying, and the leader x: larger rates soon pay more than there are numbers.
    /// </summary>
    private sealed class Growing(double first = 0.5) : CustomProblem(
        "growing", new Transitions(1, 2, new SparseMatrix(1, [0, 1, 2], [0, 0], [1, 1])), [1], [0.5], 0.5, 0.5, 1)
    {
        public override void InitialParameters(ulong seed, Span<double> x) => x[0] = seed == 1 ? first : 0.5;

        public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp)
        {
            mdp.Reward[0] = Math.Exp(x[0] * x[0]);
            mdp.Reward[1] = 0;
            mdp.LeaderReward[0] = mdp.LeaderReward[1] = x[0];
        }

        public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient) =>
            gradient[0] =
                (2 * x[0] * Math.Exp(x[0] * x[0]) * cotangents.Reward[0]) + cotangents.LeaderReward[0] + cotangents.LeaderReward[1];
    }

    /// <summary>
    /// States that lead to any others, or to the end: undiscounted, a follower who is paid for going on has no best response.
    /// </summary>
    private sealed class Endless(int states) : CustomProblem(
        "endless", Next(states), [.. Enumerable.Repeat(1.0 / states, states)], [-1], 1, 1, 1)
    {
        public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp)
        {
            mdp.LeaderReward.Fill(1);
            for (int row = 0; row < mdp.Reward.Length; row++) mdp.Reward[row] = row % 2 == 0 ? x[0] : 0;
        }

        public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient)
        {
            for (int row = 0; row < cotangents.Reward.Length; row += 2) gradient[0] += cotangents.Reward[row];
        }

        private static Transitions Next(int states)
        {
            Random random = new(states);
            List<long> offsets = [0];
            List<int> columns = [];
            for (int s = 0; s < states; s++)
            {
                HashSet<int> next = [];
                while (next.Count < Math.Min(4, states)) next.Add(random.Next(states));
                columns.AddRange(next.Order());
                offsets.AddRange(columns.Count, columns.Count);
            }

            return new Transitions(
                states, 2, new SparseMatrix(states, [.. offsets], [.. columns], [.. columns.Select(_ => 1.0 / Math.Min(4, states))]));
        }
    }

    private static Leader Create(
        FiniteProblem problem, string estimator, Backend backend, double rate, OptimizerKind optimizer, Precision precision) => new(
        problem,
        EstimatorsAtWork.Create(estimator, new SamplingOptions { Steps = 200, Streams = 2 }, problem),
        new LeaderOptions
        {
            Leaders = [new(1, 0.1), new(2, rate), new(3, 0.1)],
            Optimizer = optimizer,
            GradientClip = double.PositiveInfinity,
            Precision = precision,
            Layout = EngineLayout.Instances,
        },
        backend);
}
