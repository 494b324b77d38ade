using FastHyper.Backends;
using FastHyper.Backends.OpenCl;
using FastHyper.Backends.OpenCl.Programs;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>Steps that add to the same number do so in their order, however many a group takes at once.</summary>
[Collection(nameof(OnOpenCl))]
public sealed class OpenClSampleBitsTests(OpenClFixture fixture)
{
    [Theory]
    [InlineData(Precision.F64, false, 1, 0, 16)]
    [InlineData(Precision.F64, true, 3, 2, 16)]
    [InlineData(Precision.F32, true, 3, 0, 16)]
    [InlineData(Precision.F32, false, 1, 2, 16)]
    public void EveryVerbOverStepsGivesTheSameBitsForEveryGroupSize(Precision precision, bool own, int leaders, int leaderActions,
        int groupSize)
    {
        using OpenClBackend other = new(fixture.Backend.Device, new BinaryCache(BinaryCache.DefaultFolder()), groupSize);
        RandomInstances data = new(5, 9, 4, leaders);
        EngineOptions options = new(leaders, 1, own, precision, LeaderActions: leaderActions);
        double[][] policies = data.Policies(), table = data.Numbers(36, leaders), v = data.Numbers(9, leaders),
            entries = data.Numbers(data.Transitions.EntryCount, leaders);
        Assert.Equal(Numbers(fixture.Backend), Numbers(other));

        double[][] Numbers(Backend backend)
        {
            using Device d = new(backend, data, options);
            DeviceArray policy = d.Put(ArrayKind.StateAction, policies), q = d.Put(ArrayKind.StateAction, table),
                values = d.Put(ArrayKind.State, v);
            DeviceArray initial = d.Put(ArrayKind.State, data.Initial), r = d.Put(ArrayKind.StateAction, data.Rewards),
                l = d.Put(ArrayKind.StateAction, data.LeaderRewards);
            using RolloutBuffer buffer = d.Engine.AllocateRollouts(new RolloutShape(3, 40, 9));
            d.Engine.Rollout(buffer, policy, initial, r, l, RandomInstances.Each(leaders, i => (ulong)i), 2);
            List<double[]> found = [];
            void Take(DeviceArray array) => found.AddRange(d.Get(array));
            DeviceArray rows = d.Put(ArrayKind.StateAction, table), transitions = d.Put(ArrayKind.Entry, entries),
                states = d.Put(ArrayKind.State, v);
            DeviceArray u = d.Keep(d.Engine.AllocateSteps(buffer.Shape)), e = d.Keep(d.Engine.AllocateSteps(buffer.Shape));
            d.Engine.Advantages(buffer, policy, q, u);
            d.Engine.Scale(buffer, u, u, discount: 0.85, perTemperature: true, perEpisode: true);
            foreach (VisitMean mean in Enum.GetValues<VisitMean>())
            {
                d.Engine.AverageVisits(buffer, u, mean, e);
                d.Engine.Scan(buffer, e, new Recursion(0.9), e);
                d.Engine.Scatter(buffer, e, StepPlace.Pair, rows);
            }

            Take(e);
            foreach (StepPlace place in (StepPlace[])[StepPlace.State, StepPlace.Start, StepPlace.Next, StepPlace.Cut])
                d.Engine.Scatter(buffer, u, place, states);
            d.Engine.Gather(buffer, values, StepPlace.Next, StepOperation.Multiply, u);
            d.Engine.Gather(buffer, d.Engine.Probabilities, StepPlace.Entry, StepOperation.Divide, u);
            d.Engine.Scatter(buffer, u, StepPlace.Entry, transitions);
            d.Engine.ScatterActions(buffer, policy, e, rows, factor: 0.5, perEpisode: true, taken: e, slopes: u, q: q);
            double[] means = new double[leaders];
            d.Engine.MeanOverEpisodes(buffer, u, buffer.LeaderReward, means);
            found.Add(means);
            Take(rows);
            Take(transitions);
            Take(states);
            d.Engine.GatherValues(buffer, policy, q, StepPlace.Next, StepOperation.Write, u);
            d.Engine.Scan(buffer, buffer.LeaderReward, new Recursion(0.85) { Decay = 0.7, Backwards = true }, e, values: u);
            d.Engine.Scatter(buffer, e, StepPlace.Pair, q, mode: ScatterMode.Approach, steps: RandomInstances.Each(leaders, _ => 0.3));
            Take(q);
            foreach (TemporalDifference target in (TemporalDifference[])[
                new(0.85), new(0.85, Bootstrap.Greedy), new(0.9, Of: ValuesOf.Follower)])
            {
                d.Engine.LearnActionValues(buffer, policy, q, target, RandomInstances.Each(leaders, _ => 0.3));
                Take(q);
            }

            d.Engine.AverageVisits(buffer, e, VisitMean.Pair, e);
            d.Engine.Scatter(buffer, e, StepPlace.Pair, q, mode: ScatterMode.Write);
            Take(q);
            return [.. found];
        }
    }
}
