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
    public void EverySampleVerbGivesTheSameBitsForEveryGroupSize(Precision precision, bool own, int leaders, int leaderActions, int groupSize)
    {
        using OpenClBackend other = new(fixture.Backend.Device, new BinaryCache(BinaryCache.DefaultFolder()), groupSize);
        RandomInstances data = new(5, 9, 4, leaders);
        EngineOptions options = new(leaders, 1, own, precision, LeaderActions: leaderActions);
        double[][] policies = data.Policies(), table = data.Numbers(36, leaders), v = data.Numbers(9, leaders), entries = data.Numbers(data.Transitions.EntryCount, leaders);
        Assert.Equal(Numbers(fixture.Backend), Numbers(other));

        double[][] Numbers(Backend backend)
        {
            using Device d = new(backend, data, options);
            DeviceArray policy = d.Put(ArrayKind.StateAction, policies), q = d.Put(ArrayKind.StateAction, table), values = d.Put(ArrayKind.State, v);
            DeviceArray initial = d.Put(ArrayKind.State, data.Initial), r = d.Put(ArrayKind.StateAction, data.Rewards), l = d.Put(ArrayKind.StateAction, data.LeaderRewards);
            using RolloutBuffer buffer = d.Engine.AllocateRollouts(new RolloutShape(3, 40, 9));
            d.Engine.Rollout(buffer, policy, initial, r, l, RandomInstances.Each(leaders, i => (ulong)i), 2);
            List<double[]> found = [];
            void Take(DeviceArray array) => found.AddRange(d.Get(array));
            DeviceArray rows = d.Put(ArrayKind.StateAction, table), transitions = d.Put(ArrayKind.Entry, entries), states = d.Put(ArrayKind.State, v);
            foreach (VisitAveraging averaging in Enum.GetValues<VisitAveraging>()) d.Engine.CovarianceTraces(buffer, policy, q, 0.9, 0.85, averaging, rows);
            d.Engine.TransitionTraces(buffer, values, 0.9, transitions);
            d.Engine.ArrivalTraces(buffer, 0.9, states);
            d.Engine.DiscountedVisits(buffer, 0.85, rows);
            d.Engine.DiscountedVisits(buffer, 0.85, states);
            d.Engine.DirectTransitionScores(buffer, policy, q, 0.85, transitions);
            d.Engine.StartScores(buffer, policy, q, initial, states);
            Take(rows);
            Take(transitions);
            Take(states);
            d.Engine.LearnActionValues(buffer, policy, q, new(0.85), RandomInstances.Each(leaders, _ => 0.3), 0.7);
            Take(q);
            foreach (TemporalDifference target in (TemporalDifference[])[new(0.85), new(0.85, Bootstrap.Greedy), new(0.9, Of: ValuesOf.Follower)])
            {
                d.Engine.LearnActionValues(buffer, policy, q, target, RandomInstances.Each(leaders, _ => 0.3), 0);
                Take(q);
            }

            d.Engine.AverageReturns(buffer, policy, q, 0.85);
            Take(q);
            return [.. found];
        }
    }
}
