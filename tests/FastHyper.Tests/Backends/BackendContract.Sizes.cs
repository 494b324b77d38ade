using System.Collections.Concurrent;
using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

public abstract partial class BackendContract
{
    // A few sweeps are enough: these tests are about where rows and lanes end.
    private const double SmallDiscount = 0.1;

    // Dense solves of the size sweep, made once for all backends.
    private static readonly ConcurrentDictionary<int, (RandomInstances Data, double[] V, double[] Y)> Solved = [];

    [Theory, InlineData(EngineLayout.States, 130), InlineData(EngineLayout.Instances, 20)]
    public void EveryNumberOfStatesIsSolved(EngineLayout layout, int largest)
    {
        for (int states = 1; states <= largest; states++)
        {
            (RandomInstances data, double[] v, double[] y) = Solved.GetOrAdd(states, Solve);
            using Device d = new(Tested, data, new EngineOptions(Layout: layout));
            ExpectSolution(d, _ => v, _ => y);
        }
    }

    [Theory, InlineData(Precision.F64), InlineData(Precision.F32)]
    public void EveryNumberOfInstancesIsSolved(Precision precision)
    {
        for (int instances = 1; instances <= 40; instances++)
        {
            using Device d = NewDevice(
                precision, EngineLayout.Instances, instances % 2 == 0, instances, states: 1 + (instances % 5), actions: 1 + (instances % 3),
                discount: SmallDiscount);
            ExpectSolution(
                d,
                i => d.Reference(i).SoftValues(d.Data.Rewards[i], SmallDiscount, d.Data.Temperatures[i]),
                i => d.Reference(i).Adjoint(SoftPolicy(d.Reference(i), d.Data, i), d.Data.Initial[i], SmallDiscount));
        }
    }

    private static void ExpectSolution(Device d, Func<int, double[]> values, Func<int, double[]> visits)
    {
        double discount = d.Data.Discount;
        DeviceArray v = d.Put(ArrayKind.State, d.Data.Numbers(d.Data.States, d.Data.Instances));
        DeviceArray y = d.Put(ArrayKind.State, d.Data.Numbers(d.Data.States, d.Data.Instances));
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        DeviceArray policy = d.Unwritten(ArrayKind.StateAction);
        d.Engine.SoftSweeps(v, r, discount, new SweepLimits(200, d.Narrow ? 1e-6 : 1e-14, 0), Fresh(d));
        d.Engine.Policy(v, r, discount, policy);
        d.Engine.AdjointSweeps(y, policy, d.Put(ArrayKind.State, d.Data.Initial), discount, ToConvergence(d), Fresh(d));
        d.Expect(v, values);
        d.Expect(y, visits);

        DeviceArray solved = d.Put(ArrayKind.State, d.Data.Numbers(d.Data.States, d.Data.Instances));
        DeviceArray visited = d.Put(ArrayKind.State, d.Data.Numbers(d.Data.States, d.Data.Instances));
        d.Engine.PolicyIteration(solved, r, discount, new SweepLimits(200, d.Narrow ? 1e-6 : 1e-14, 0), Fresh(d));
        d.Engine.Adjoint(visited, policy, d.Put(ArrayKind.State, d.Data.Initial), discount, ToConvergence(d), Fresh(d));
        d.Expect(solved, values);
        d.Expect(visited, visits);
    }

    private static (RandomInstances Data, double[] V, double[] Y) Solve(int states)
    {
        RandomInstances data = new(states, states, 1 + (states % 4), discount: SmallDiscount);
        Reference reference = data.Reference(0, own: false);
        double[] v = reference.SoftValues(data.Rewards[0], SmallDiscount, data.Temperatures[0]);
        return (data, v, reference.Adjoint(SoftPolicy(reference, data, 0), data.Initial[0], SmallDiscount));
    }

    private static double[] SoftPolicy(Reference reference, RandomInstances data, int i)
    {
        double[] v = reference.SoftValues(data.Rewards[i], data.Discount, data.Temperatures[i]);
        return reference.Policy(reference.ActionValues(v, data.Rewards[i], data.Discount), data.Temperatures[i]);
    }
}
