using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>The same bits for every lane width and number of threads.</summary>
public class BitsTests
{
    [Theory]
    [InlineData(Precision.F64, EngineLayout.States, 1, 131)]
    [InlineData(Precision.F32, EngineLayout.States, 1, 131)]
    [InlineData(Precision.F64, EngineLayout.Instances, 11, 6)]
    [InlineData(Precision.F32, EngineLayout.Instances, 19, 6)]
    public void WidthsAndThreadsDoNotShow(Precision precision, EngineLayout layout, int instances, int states)
    {
        RandomInstances data = new(3, states, 3, instances);
        EngineOptions options = new(instances, 1, layout == EngineLayout.Instances, precision, layout);
        List<double[]> expected = Work(data, options, 1, 64);
        foreach (int threads in (int[])[1, 2, 3])
            foreach (int bits in (int[])[64, 256, 512])
                Assert.Equal(expected, Work(data, options, threads, bits));
    }

    [Fact]
    public void TheRolloutsOfOneInstanceAreThoseOfEitherLayout()
    {
        RandomInstances data = new(3, 20, 3);
        List<double[]> states = Work(data, new EngineOptions(Layout: EngineLayout.States), 1, 256);
        List<double[]> instances = Work(data, new EngineOptions(Layout: EngineLayout.Instances), 1, 256);
        Assert.Equal(states[^1], instances[^1]);
    }

    [Theory, InlineData(64), InlineData(256), InlineData(512)]
    public void LaneNeighboursDoNotShow(int bits)
    {
        const int count = 9;
        RandomInstances data = new(5, 8, 3, count);
        using CpuBackend backend = new(1, bits);
        List<double[]> together = ResumedSweeps(backend, data, [.. Enumerable.Range(0, count)]);
        for (int i = 0; i < count; i++) Assert.Equal(together[i], Assert.Single(ResumedSweeps(backend, data, [i])));
    }

    [Fact]
    public void MoreBlocksOfStatesThanThreadsGiveTheSameBits()
    {
        RandomInstances data = new(4, 1500, 2, discount: 0.2);
        EngineOptions options = new(Layout: EngineLayout.States);
        Assert.Equal(Work(data, options, 1, 512), Work(data, options, 3, 256));
    }

    [Theory, InlineData(Precision.F64, EngineLayout.States, 1), InlineData(Precision.F32, EngineLayout.Instances, 3)]
    public void LongVectorsHaveTheSameBits(Precision precision, EngineLayout layout, int leaders)
    {
        EngineOptions options = new(leaders, 1, false, precision, layout);
        List<double[]> expected = Steps(options, 1, 64);
        foreach ((int threads, int bits) in ((int, int)[])[(1, 256), (2, 512), (3, 256)])
            Assert.Equal(expected, Steps(options, threads, bits));
    }

    /// <summary>Links, their pullbacks, norms, steps, products and cotangents.</summary>
    private static List<double[]> Steps(EngineOptions options, int threads, int bits)
    {
        const int parameters = 50_001, states = 21_003;
        using CpuBackend backend = new(threads, bits);
        using Engine engine = backend.CreateEngine(BackendContract.Staying(states, 2), options);
        Random random = new(1);
        DeviceArray Put(ArrayKind kind, int length = 0)
        {
            DeviceArray array = engine.Allocate(kind, length);
            for (int i = 0; i < options.Leaders; i++)
                engine.Upload(array, i, RandomInstances.Each(array.Length, _ => random.NextDouble() - 0.5));
            return array;
        }

        List<double[]> Get(DeviceArray array) =>
            [.. RandomInstances.Each(options.Leaders, i =>
            {
                double[] values = new double[array.Length];
                engine.Download(array, i, values);
                return values;
            })];

        DeviceArray x = Put(ArrayKind.Parameter, parameters), g = Put(ArrayKind.Parameter, parameters),
            first = Put(ArrayKind.Parameter, parameters);
        DeviceArray y = engine.Allocate(ArrayKind.Parameter, parameters), second = engine.Allocate(ArrayKind.Parameter, parameters);
        double[] norms = new double[options.Leaders], dot = new double[options.Leaders],
            rates = RandomInstances.Each(options.Leaders, i => 0.1 + i);
        foreach (LinkKind kind in Enum.GetValues<LinkKind>())
        {
            engine.Link(new LinkMap(kind, -0.5, 0.3), x, y);
            engine.LinkPullback(new LinkMap(kind, -0.5, 0.3), x, y, g);
        }

        engine.Norms(g, norms);
        engine.AdamStep(x, g, first, second, rates, rates, new AdamSettings(0.9, 0.99, 1e-8, 2));
        engine.Accumulate(x, g, rates);
        DeviceArray c = engine.Allocate(ArrayKind.StateAction);
        engine.QCotangent(Put(ArrayKind.StateAction), Put(ArrayKind.StateAction), c);
        engine.Dot(Put(ArrayKind.State), Put(ArrayKind.State), dot);
        return [.. Get(x), .. Get(y), .. Get(first), .. Get(c), norms, dot];
    }

    /// <summary>Solve, policy, adjoint, rollouts and traces; the actions drawn come last.</summary>
    private static List<double[]> Work(RandomInstances data, EngineOptions options, int threads, int bits)
    {
        using CpuBackend backend = new(threads, bits);
        using Device d = new(backend, data, options);
        DeviceArray v = d.Keep(d.Engine.Allocate(ArrayKind.State)), y = d.Keep(d.Engine.Allocate(ArrayKind.State));
        DeviceArray policy = d.Unwritten(ArrayKind.StateAction), q = d.Unwritten(ArrayKind.StateAction);
        DeviceArray traces = d.Keep(d.Engine.Allocate(ArrayKind.StateAction)), initial = d.Put(ArrayKind.State, data.Initial);
        DeviceArray r = d.Put(ArrayKind.StateAction, data.Rewards), l = d.Put(ArrayKind.StateAction, data.LeaderRewards);
        SweepStatus status = new(d.Engine.Instances);
        SweepLimits limits = new(100, 1e-5, 0);
        status.Begin();
        d.Engine.SoftSweeps(v, r, data.Discount, limits, status);
        d.Engine.Policy(v, r, data.Discount, policy);
        status.Begin();
        d.Engine.AdjointSweeps(y, policy, initial, data.Discount, limits, status);
        d.Engine.ActionValues(v, l, data.Discount, q);
        double[] residual = Residuals.Of(d.Engine, v, r, data.Discount), dot = new double[d.Engine.Instances];
        d.Engine.Dot(v, y, dot);
        using RolloutBuffer buffer = d.Engine.AllocateRollouts(new RolloutShape(3, 30, 8));
        d.Engine.Rollout(buffer, policy, initial, r, l, [.. Enumerable.Range(1, d.Engine.Leaders).Select(seed => (ulong)seed)], 2);
        DeviceArray e = d.Keep(d.Engine.AllocateSteps(buffer.Shape));
        d.Engine.Advantages(buffer, policy, q, e);
        d.Engine.Scale(buffer, e, e, discount: 0.9, perTemperature: true, perEpisode: true);
        d.Engine.AverageVisits(buffer, e, VisitMean.PairLessState, e);
        d.Engine.Scan(buffer, e, new Recursion(data.Discount), e);
        d.Engine.Scatter(buffer, e, StepPlace.Pair, traces);
        return [.. d.Get(v), .. d.Get(policy), .. d.Get(y), .. d.Get(q), residual, dot, .. d.Get(traces),
            [.. buffer.Download().Action.Select(a => (double)a)]];
    }

    /// <summary>Instances converge after different numbers of sweeps, then go on with other rewards.</summary>
    private static List<double[]> ResumedSweeps(CpuBackend backend, RandomInstances data, int[] chosen)
    {
        using Engine engine = backend.CreateEngine(data.Transitions, new EngineOptions(chosen.Length, Layout: EngineLayout.Instances));
        engine.SetTemperatures([.. chosen.Select(i => data.Temperatures[i])]);
        using DeviceArray v = engine.Allocate(ArrayKind.State), r = engine.Allocate(ArrayKind.StateAction);
        SweepStatus status = new(chosen.Length);
        status.Begin();
        foreach (double[][] rewards in (double[][][])[data.Rewards, data.LeaderRewards])
        {
            for (int i = 0; i < chosen.Length; i++) engine.Upload(r, i, rewards[chosen[i]]);
            status.Resume();
            engine.SoftSweeps(v, r, data.Discount, new SweepLimits(200, 1e-4, 0), status);
        }

        Assert.True(chosen.Length == 1 || status.Sweeps.Distinct().Count() > 1);
        List<double[]> values = [];
        for (int i = 0; i < chosen.Length; i++)
        {
            values.Add(new double[data.States]);
            engine.Download(v, i, values[i]);
        }

        return values;
    }
}
