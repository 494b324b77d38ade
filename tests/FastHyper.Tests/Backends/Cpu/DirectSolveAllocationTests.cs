using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>Once its structure is known, a solve of several instances allocates nothing, by factors or one by one.</summary>
[Collection(nameof(Alone))]
public class DirectSolveAllocationTests
{
    [Theory, InlineData(9, false), InlineData(9, true), InlineData(150, false), InlineData(150, true)]
    public void SolvesAllocateNothing(int states, bool own)
    {
        RandomInstances data = new(5, states, 2, 6, 0.9);
        using CpuBackend backend = new(1);
        using Device d = new(backend, data, new EngineOptions(6, OwnTransitions: own, Layout: EngineLayout.Instances));
        Assert.Equal(states == 9, d.Engine.SolvesDirectly);
        DeviceArray v = d.Keep(d.Engine.Allocate(ArrayKind.State)), y = d.Keep(d.Engine.Allocate(ArrayKind.State));
        DeviceArray r = d.Put(ArrayKind.StateAction, data.Rewards), policy = d.Put(ArrayKind.StateAction, data.Policies()),
            initial = d.Put(ArrayKind.State, data.Initial);
        SweepStatus status = new(6);
        SweepLimits limits = new(20, 1e-9, 0);
        Solve(20);
        long least = long.MaxValue;
        for (int window = 0; window < 20; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Solve(5);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);

        void Solve(int count)
        {
            for (int i = 0; i < count; i++)
            {
                d.Engine.Fill(v, 0);
                d.Engine.Fill(y, 0);
                status.Begin();
                d.Engine.PolicyIteration(v, r, 0.9, limits, status);
                status.Begin();
                d.Engine.Evaluate(v, policy, r, 0.9, limits, status);
                status.Begin();
                d.Engine.Adjoint(y, policy, initial, 0.9, limits, status);
            }
        }
    }
}
