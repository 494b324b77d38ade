using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>One series of solves of some instances, for comparing how they go in different company.</summary>
internal static class SolvesOfInstances
{
    /// <summary>
    /// Policy iteration that stops early and resumes, an evaluation and an adjoint, of each chosen instance: values, and the counts
    /// and changes of each solve.
    /// </summary>
    /// <param name="data">Instances.</param>
    /// <param name="chosen">Which of them, in their order on the engine.</param>
    /// <param name="options">The engine's; of as many leaders as are chosen.</param>
    /// <param name="direct">Whether linear solves are to be direct.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="bits">Bits of a lane register.</param>
    public static double[][][] Run(RandomInstances data, int[] chosen, EngineOptions options, bool direct, int threads, int bits)
    {
        using CpuBackend backend = new(threads, bits);
        using Engine engine = backend.CreateEngine(data.Transitions, options with { Leaders = chosen.Length });
        Assert.Equal(direct, engine.SolvesDirectly);
        engine.SetTemperatures([.. chosen.Select(i => data.Temperatures[i] * (i % 3 == 0 ? 0.01 : 1))]);
        using DeviceArray v = engine.Allocate(ArrayKind.State), y = engine.Allocate(ArrayKind.State),
            policy = engine.Allocate(ArrayKind.StateAction);
        using DeviceArray r = engine.Allocate(ArrayKind.StateAction), initial = engine.Allocate(ArrayKind.State);
        double[][] policies = new RandomInstances(1, data.States, data.Actions, data.Instances).Policies();
        for (int i = 0; i < chosen.Length; i++)
        {
            if (options.OwnTransitions) engine.Upload(engine.Probabilities!, i, data.Own[chosen[i]]);
            engine.Upload(initial, i, data.Initial[chosen[i]]);
            engine.Upload(policy, i, policies[chosen[i]]);
        }

        List<double[]>[] found = RandomInstances.Each(chosen.Length, _ => new List<double[]>());
        SweepStatus status = new(chosen.Length);
        status.Begin();
        foreach (double[][] rewards in (double[][][])[data.Rewards, data.LeaderRewards])
        {
            for (int i = 0; i < chosen.Length; i++) engine.Upload(r, i, rewards[chosen[i]]);
            status.Resume();
            Solve(v, () => engine.PolicyIteration(v, r, data.Discount, new SweepLimits(4, 1e-5, 0), status));
        }

        SweepLimits limits = new(direct ? 9 : 900, 0, 1e-7);
        status.Begin();
        Solve(v, () => engine.Evaluate(v, policy, r, 0.9, limits, status));
        status.Begin();
        Solve(y, () => engine.Adjoint(y, policy, initial, 0.9, limits, status));
        return [.. found.Select(numbers => numbers.ToArray())];

        void Solve(DeviceArray values, Action solve)
        {
            solve();
            for (int i = 0; i < chosen.Length; i++)
            {
                double[] numbers = new double[data.States];
                engine.Download(values, i, numbers);
                Assert.All(numbers, number => Assert.True(double.IsFinite(number)));
                found[i].Add([.. numbers, status.Sweeps[i], status.Products[i], status.Change[i], status.Active[i] ? 1 : 0]);
            }
        }
    }
}
