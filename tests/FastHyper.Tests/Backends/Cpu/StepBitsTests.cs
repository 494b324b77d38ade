using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>Threads share the steps of one long rollout, or of a few, and give the bits of one.</summary>
public class StepBitsTests
{
    [Theory]
    [InlineData(Precision.F64, EngineLayout.States, 1, 1, 30_000, 200)]
    [InlineData(Precision.F32, EngineLayout.States, 1, 7, 3001, 50)]
    [InlineData(Precision.F64, EngineLayout.States, 1, 1, 140_000, int.MaxValue)]
    [InlineData(Precision.F32, EngineLayout.Instances, 2, 3, 4001, 200)]
    [InlineData(Precision.F64, EngineLayout.Instances, 3, 2, 9000, 13)]
    public void ThreadsDoNotShow(Precision precision, EngineLayout layout, int leaders, int streams, int steps, int limit)
    {
        RandomInstances data = new(3, 150, 3, leaders);
        EngineOptions options = new(leaders, 1, layout == EngineLayout.Instances, precision, layout);
        List<double[]> expected = Work(data, options, new RolloutShape(streams, steps, limit), 1, 512);
        foreach ((int threads, int bits) in ((int, int)[])[(2, 64), (3, 256), (8, 512)])
            Assert.Equal(expected, Work(data, options, new RolloutShape(streams, steps, limit), threads, bits));
    }

    private static List<double[]> Work(RandomInstances data, EngineOptions options, RolloutShape shape, int threads, int bits)
    {
        using CpuBackend backend = new(threads, bits);
        using Device d = new(backend, data, options);
        DeviceArray Rows() => d.Put(ArrayKind.StateAction, RandomInstances.Each(data.Instances, i => Grids.Numbers(450, i + 1)));
        DeviceArray policy = d.Unwritten(ArrayKind.StateAction), q = Rows(), rows = Rows(), initial = d.Put(ArrayKind.State, data.Initial);
        DeviceArray states = d.Put(ArrayKind.State, data.Initial), entries = d.Put(ArrayKind.Entry, data.Own);
        d.Engine.Fill(policy, 1.0 / 3);
        using RolloutBuffer buffer = d.Engine.AllocateRollouts(shape);
        d.Engine.Rollout(buffer, policy, initial, q, rows, RandomInstances.Each(data.Instances, i => (ulong)i), 2);
        DeviceArray u = d.Keep(d.Engine.AllocateSteps(shape)), e = d.Keep(d.Engine.AllocateSteps(shape)),
            v = d.Keep(d.Engine.AllocateSteps(shape));
        List<double[]> found = [];
        d.Engine.Advantages(buffer, policy, q, u);
        d.Engine.Scale(buffer, u, u, discount: 0.95, perTemperature: true, perEpisode: true);
        foreach (VisitMean mean in Enum.GetValues<VisitMean>())
        {
            d.Engine.AverageVisits(buffer, u, mean, e);
            d.Engine.Scan(buffer, e, new Recursion(0.9), e);
            d.Engine.Scatter(buffer, e, StepPlace.Pair, rows);
        }

        found.AddRange(d.Get(e));
        d.Engine.GatherValues(buffer, policy, q, StepPlace.Next, StepOperation.Write, v);
        d.Engine.Scan(buffer, buffer.LeaderReward, new Recursion(0.9) { Decay = 0.7, Backwards = true }, u, values: v);
        found.AddRange(d.Get(u));
        foreach (StepPlace place in (StepPlace[])[StepPlace.State, StepPlace.Start, StepPlace.Next, StepPlace.Cut])
            d.Engine.Scatter(buffer, u, place, states);
        d.Engine.Gather(buffer, d.Engine.Probabilities, StepPlace.Entry, StepOperation.Divide, v);
        d.Engine.Scatter(buffer, v, StepPlace.Entry, entries);
        d.Engine.ScatterActions(buffer, policy, e, rows, factor: 0.5, perEpisode: true, taken: u, slopes: v, q: q);
        d.Engine.Scatter(buffer, u, StepPlace.Pair, q, mode: ScatterMode.Approach, steps: RandomInstances.Each(data.Instances, _ => 0.2));
        double[] means = new double[data.Instances];
        d.Engine.MeanOverEpisodes(buffer, u, v, means);
        return [.. found, .. d.Get(rows), .. d.Get(q), .. d.Get(states), .. d.Get(entries), means];
    }
}
