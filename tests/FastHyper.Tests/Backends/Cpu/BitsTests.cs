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
        double[] residual = new double[d.Engine.Instances], dot = new double[d.Engine.Instances];
        d.Engine.SoftResidual(v, r, data.Discount, residual);
        d.Engine.Dot(v, y, dot);
        using RolloutBuffer buffer = d.Engine.AllocateRollouts(new RolloutShape(3, 30, 8));
        d.Engine.Rollout(buffer, policy, initial, r, l, [.. Enumerable.Range(1, d.Engine.Leaders).Select(seed => (ulong)seed)], 2);
        d.Engine.CovarianceTraces(buffer, policy, q, data.Discount, 0.9, true, traces);
        return [.. d.Get(v), .. d.Get(policy), .. d.Get(y), .. d.Get(q), residual, dot, .. d.Get(traces), [.. buffer.Download().Action.Select(a => (double)a)]];
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
