using FastHyper.Backends;
using MathNet.Numerics.Distributions;

namespace FastHyper.Tests.Backends;

public abstract partial class BackendContract
{
    [Theory, MemberData(nameof(Engines))]
    public void RolloutsAreTheDrawsOfPhilox(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        // More streams than a CPU thread takes at once.
        RolloutShape shape = new(67, 25, 6);
        ulong[] seeds = [.. Enumerable.Range(5, leaders).Select(seed => (ulong)seed << 31)];
        RolloutRecord found = Roll(d, shape, seeds, 11, out double[][] policies);
        RolloutRecord expected = new RolloutSimulation(d, policies, shape).Run(seeds, 11);
        Assert.Equal(expected.State, found.State);
        Assert.Equal(expected.Action, found.Action);
        Assert.Equal(expected.Slot, found.Slot);
        Assert.Equal(expected.Time, found.Time);
        Assert.Equal(expected.End, found.End);
        Assert.Equal(expected.Reward, found.Reward);
        Assert.Equal(expected.LeaderReward, found.LeaderReward);
        Assert.Equal([StepEnd.None, StepEnd.Terminated, StepEnd.Truncated], found.End.Distinct().Order());
    }

    [Fact]
    public void AStreamsDrawsDoNotDependOnHowManyStreamsThereAre()
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.States);
        RolloutRecord many = Roll(d, new RolloutShape(130, 10, 6), [3], 0, out _);
        RolloutRecord few = Roll(d, new RolloutShape(70, 10, 6), [3], 0, out _);
        Assert.Equal(Enumerable.Range(0, 10).SelectMany(t => many.State[(t * 130)..((t * 130) + 70)]), few.State);
        Assert.Equal(Enumerable.Range(0, 10).SelectMany(t => many.Action[(t * 130)..((t * 130) + 70)]), few.Action);
    }

    [Fact]
    public void SeedsAndIterationsGiveOtherDraws()
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.States);
        RolloutShape shape = new(2, 50, 6);
        int[] first = Roll(d, shape, [3], 0, out _).Action;
        Assert.Equal(first, Roll(d, shape, [3], 0, out _).Action);
        Assert.NotEqual(first, Roll(d, shape, [4], 0, out _).Action);
        Assert.NotEqual(first, Roll(d, shape, [3], 1, out _).Action);
    }

    [Theory, InlineData(1.0), InlineData(0.9999999999)]
    public void RowsThatSumToOneUpToRoundingTerminateNothing(double mass)
    {
        // The whole mass on two successors, the second of which is impossible: a draw above the sum takes the first.
        Transitions loop = new(2, 1, new SparseMatrix(2, [0, 2, 4], [0, 1, 0, 1], [mass, 0, mass, 0]));
        using Engine engine = Tested.CreateEngine(loop, new EngineOptions());
        Assert.DoesNotContain(StepEnd.Terminated, RollOut(engine, new RolloutShape(50, 200, 100)).End);
    }

    [Fact]
    public void ADeficitTerminatesAndIsToldFromACut()
    {
        Transitions loop = new(1, 1, new SparseMatrix(1, [0, 1], [0], [0.75]));
        using Engine engine = Tested.CreateEngine(loop, new EngineOptions());
        RolloutRecord record = RollOut(engine, new RolloutShape(200, 50, 5));
        for (int at = 0; at < record.End.Length; at++)
        {
            bool last = record.Time[at] == 4 || at >= 49 * 200;
            Assert.Equal(record.Slot[at] < 0 ? StepEnd.Terminated : last ? StepEnd.Truncated : StepEnd.None, record.End[at]);
        }

        // Half the width of a 99.99 % confidence interval of 10000 draws with probability 1/4.
        Assert.InRange(record.End.Count(end => end == StepEnd.Terminated) / 10000.0, 0.25 - 0.017, 0.25 + 0.017);
    }

    [Fact]
    public void ActionsSuccessorsAndStartsHaveTheirDistributions()
    {
        double[] policy = [0.1, 0.2, 0.7], successors = [0.25, 0, 0.45, 0.2], initial = [0.5, 0.3, 0, 0.2];
        int[] columns = [.. Enumerable.Range(0, 12).SelectMany(_ => Enumerable.Range(0, 4))];
        long[] offsets = [.. Enumerable.Range(0, 13).Select(row => 4L * row)];
        Transitions transitions = new(
            4, 3, new SparseMatrix(4, offsets, columns, [.. Enumerable.Repeat(successors, 12).SelectMany(p => p)]));
        using Engine engine = Tested.CreateEngine(transitions, new EngineOptions());
        RolloutRecord record = RollOut(
            engine, new RolloutShape(100, 200, 1), [.. Enumerable.Repeat(policy, 4).SelectMany(p => p)], initial);
        ExpectFrequencies(initial, record.State);
        ExpectFrequencies(policy, record.Action);
        ExpectFrequencies([.. successors, 0.1], [.. record.Slot.Select(slot => slot < 0 ? 4 : slot)]);
        ExpectFrequencies(
            [.. policy.SelectMany(p => initial, (p, mu) => p * mu)], [.. record.Action.Zip(record.State, (a, s) => (4 * a) + s)]);
    }

    [Theory, InlineData(0, 1, 1), InlineData(1, 0, 1), InlineData(1, 1, 0)]
    public void EmptyRolloutsAreRefused(int streams, int steps, int limit)
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.States, states: 1);
        Assert.Contains(
            "expected at least 1 of each",
            Assert.Throws<InvalidInputException>(() => d.Engine.AllocateRollouts(new RolloutShape(streams, steps, limit))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void EpisodesWithoutALimitAreCutAtTheEndOfTheRollout()
    {
        Transitions loop = new(1, 1, new SparseMatrix(1, [0, 1], [0], [1]));
        using Engine engine = Tested.CreateEngine(loop, new EngineOptions());
        using DeviceArray one = engine.Allocate(ArrayKind.StateAction), start = engine.Allocate(ArrayKind.State),
            visits = engine.Allocate(ArrayKind.StateAction);
        engine.Fill(one, 1);
        engine.Fill(start, 1);
        using RolloutBuffer buffer = engine.AllocateRollouts(new RolloutShape(1, 3, int.MaxValue));
        engine.Rollout(buffer, one, start, one, one, [1], 0);
        Assert.Equal([StepEnd.None, StepEnd.None, StepEnd.Truncated], buffer.Download().End);
        using DeviceArray powers = engine.AllocateSteps(buffer.Shape);
        engine.Scale(buffer, null, powers, discount: 0.5);
        engine.Scatter(buffer, powers, StepPlace.Pair, visits);
        double[] sum = new double[1];
        engine.Download(visits, 0, sum);
        Assert.Equal([1.75], sum);
    }

    [Fact]
    public void AnInitialDistributionOfZeroesIsRefused()
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.States, states: 3);
        d.Data.Initial[0].AsSpan().Clear();
        Assert.Contains(
            "instance 0 is zero everywhere",
            Assert.Throws<InvalidInputException>(() => Roll(d, new RolloutShape(1, 1, 1), [1], 0, out _)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void StartsFollowANewInitialDistribution()
    {
        using Device d = NewDevice(Precision.F64, EngineLayout.Instances, leaders: 2, states: 5);
        DeviceArray initial = d.Put(ArrayKind.State, [[0, 1, 0, 0, 0], [0, 0, 0, 1, 0]]);
        DeviceArray policy = d.Put(ArrayKind.StateAction, d.Data.Policies()), r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        using RolloutBuffer buffer = d.Engine.AllocateRollouts(new RolloutShape(2, 3, 1));
        d.Engine.Rollout(buffer, policy, initial, r, r, [1, 2], 0);
        Assert.Equal([1, 1, 3, 3, 1, 1, 3, 3, 1, 1, 3, 3], buffer.Download().State);
        d.Engine.Upload(initial, 1, [0, 0, 0, 0, 1]);
        d.Engine.Rollout(buffer, policy, initial, r, r, [1, 2], 0);
        Assert.Equal([1, 1, 4, 4, 1, 1, 4, 4, 1, 1, 4, 4], buffer.Download().State);
    }

    private static RolloutRecord Roll(Device d, RolloutShape shape, ulong[] seeds, uint iteration, out double[][] policies)
    {
        DeviceArray policy = d.Put(
            ArrayKind.StateAction, new RandomInstances(2, d.Data.States, d.Data.Actions, d.Data.Instances).Policies());
        policies = d.Get(policy);
        using RolloutBuffer buffer = d.Engine.AllocateRollouts(shape);
        d.Engine.Rollout(
            buffer, policy, d.Put(ArrayKind.State, d.Data.Initial), d.Put(ArrayKind.StateAction, d.Data.Rewards),
            d.Put(ArrayKind.StateAction, d.Data.LeaderRewards), seeds, iteration);
        return buffer.Download();
    }

    /// <summary>One instance; a uniform policy from state 0 unless others are given.</summary>
    private static RolloutRecord RollOut(Engine engine, RolloutShape shape, double[]? policy = null, double[]? initial = null)
    {
        policy ??= [.. Enumerable.Repeat(1.0 / engine.Actions, engine.States * engine.Actions)];
        initial ??= [1, .. new double[engine.States - 1]];
        using DeviceArray pi = engine.Allocate(ArrayKind.StateAction), mu = engine.Allocate(ArrayKind.State),
            r = engine.Allocate(ArrayKind.StateAction);
        engine.Upload(pi, 0, policy);
        engine.Upload(mu, 0, initial);
        using RolloutBuffer buffer = engine.AllocateRollouts(shape);
        engine.Rollout(buffer, pi, mu, r, r, [1], 0);
        return buffer.Download();
    }

    /// <summary>Pearson's chi-square test at 99.9 % confidence; the impossible must not happen.</summary>
    private static void ExpectFrequencies(double[] probabilities, int[] draws)
    {
        double statistic = 0;
        for (int k = 0; k < probabilities.Length; k++)
        {
            int seen = draws.Count(x => x == k);
            double expected = probabilities[k] * draws.Length;
            if (probabilities[k] == 0) Assert.Equal(0, seen);
            else statistic += (seen - expected) * (seen - expected) / expected;
        }

        Assert.InRange(statistic, 0, ChiSquared.InvCDF(probabilities.Count(p => p > 0) - 1, 0.999));
    }
}
