using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Tests.Backends.Cpu.OneLargeMdp;

/// <summary>Grids whose values come from far away: residuals that carry over thousands of steps, solved in float32 and float64.</summary>
public class DiscountNearOneTests
{
    private const double Tolerance = 1e-8;

    // 10 000 cells with slips from 0.1 to 0.4: sweeps alone would take 2·10⁴ and 2·10⁵.
    private static readonly Transitions s_grid = Grids.Create(100, s => 0.1 + (0.3 * (s * 7919 % 1009) / 1009));

    [Theory, InlineData(0.999), InlineData(0.9999)]
    public void PolicyIterationNeedsFewSweeps(double discount)
    {
        using CpuBackend backend = new(2);
        using Solution solution = new(backend, discount);
        Assert.False(solution.Status.AnyActive);
        Assert.InRange(solution.Status.Sweeps[0], 1, 1000);
        ResidualBound[] bounds = new ResidualBound[1];
        solution.Engine.CertifiedResidual(solution.V, solution.Reward, discount, bounds);
        Assert.InRange(bounds[0].Residual, 0, Tolerance);
    }

    [Theory, InlineData(0.999), InlineData(0.9999)]
    public void AdjointsMatchEvaluations(double discount)
    {
        // ⟨μ, (I − γP_π)⁻¹ r_π⟩ is both ⟨μ, V⟩ and ⟨y, r_π⟩, which one evaluation sweep from zero gives.
        using CpuBackend backend = new(2);
        using Solution solution = new(backend, discount);
        Engine engine = solution.Engine;
        using DeviceArray policy = engine.Allocate(ArrayKind.StateAction), initial = engine.Allocate(ArrayKind.State);
        using DeviceArray v = engine.Allocate(ArrayKind.State), y = engine.Allocate(ArrayKind.State),
            own = engine.Allocate(ArrayKind.State);
        engine.Policy(solution.V, solution.Reward, discount, policy);
        engine.Upload(initial, 0, Grids.Numbers(s_grid.States, 2));
        SweepLimits limits = new(20_000, 0, 1e-12);
        SweepStatus status = new(1);
        status.Begin();
        engine.Evaluate(v, policy, solution.Reward, discount, limits, status);
        Assert.False(status.AnyActive);
        status.Begin();
        engine.Adjoint(y, policy, initial, discount, limits, status);
        Assert.False(status.AnyActive);
        status.Begin();
        engine.EvaluationSweeps(own, policy, solution.Reward, discount, new SweepLimits(1, 0, 0), status);
        double[] value = new double[1], visits = new double[1];
        engine.Dot(initial, v, value);
        engine.Dot(y, own, visits);
        Assert.Equal(1, value[0] / visits[0], 1e-12 / (1 - discount));
    }

    [Theory, InlineData(0.999), InlineData(0.9999)]
    public void BitsAreTheSameAtEveryWidthAndNumberOfThreads(double discount)
    {
        double[]? first = null;
        foreach ((int threads, int bits) in ((int, int)[])[(1, 64), (2, 256), (3, 512)])
        {
            using CpuBackend backend = new(threads, bits);
            using Solution solution = new(backend, discount, steps: 6);
            double[] values = new double[s_grid.States];
            solution.Engine.Download(solution.V, 0, values);
            Assert.Equal(first ??= values, values);
        }
    }

    /// <summary>V of the grid at τ = 0.1 by policy iteration alone.</summary>
    private sealed class Solution : IDisposable
    {
        public Solution(CpuBackend backend, double discount, int steps = 200)
        {
            Engine = backend.CreateEngine(s_grid, new EngineOptions(Layout: EngineLayout.States));
            Engine.SetTemperatures([0.1]);
            Reward = Engine.Allocate(ArrayKind.StateAction);
            V = Engine.Allocate(ArrayKind.State);
            Engine.Upload(Reward, 0, Grids.Numbers(s_grid.States * s_grid.Actions, 1));
            Status.Begin();
            Engine.PolicyIteration(V, Reward, discount, new SweepLimits(steps, Tolerance / 2, 0), Status);
        }

        public Engine Engine { get; }

        public DeviceArray Reward { get; }

        public DeviceArray V { get; }

        public SweepStatus Status { get; } = new(1);

        public void Dispose() => Engine.Dispose();
    }
}
