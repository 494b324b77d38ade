using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Tests.Support;


namespace FastHyper.Tests.Backends.Cpu.OneLargeMdp;

/// <summary>Solves of MDPs that are large enough for every path: banded and parted scatters, patterns, many blocks.</summary>
public class LargeSolveTests
{
    private const double Discount = 0.98;

    public static TheoryData<string> Problems => ["banded grid", "narrow grid", "terminating grid", "shuffled grid", "hub", "random"];

    [Theory, MemberData(nameof(Problems))]
    public void TransposedProductsAreThoseOfTheTranspose(string name)
    {
        Transitions t = Create(name);
        using CpuBackend backend = new(2);
        using Engine engine = backend.CreateEngine(t, new EngineOptions(Layout: EngineLayout.States));
        double[] c = Grids.Numbers(t.States * t.Actions, 3), found = new double[t.States], expected = new double[t.States];
        using DeviceArray device = engine.Allocate(ArrayKind.StateAction), target = engine.Allocate(ArrayKind.State);
        engine.Upload(device, 0, c);
        engine.TransposedProduct(device, Discount, target);
        engine.Download(target, 0, found);
        for (int row = 0; row < c.Length; row++)
            for (long k = t.Matrix.Offsets[row]; k < t.Matrix.Offsets[row + 1]; k++)
                expected[t.Matrix.Columns[k]] += Discount * c[row] * t.Matrix.Values[k];
        for (int s = 0; s < expected.Length; s++) Assert.Equal(expected[s], found[s], 1e-12 * Math.Max(1, expected[s]));
    }

    [Theory, MemberData(nameof(Problems))]
    public void PolicyIterationEndsWhereSweepsEnd(string name)
    {
        Transitions t = Create(name);
        using CpuBackend backend = new(2);
        foreach (double temperature in (double[])[0.1, 1e-9])
        {
            double[] newton = Solve(backend, t, temperature, byPolicies: true, out SweepStatus quick);
            double[] sweeps = Solve(backend, t, temperature, byPolicies: false, out SweepStatus slow);
            Assert.False(quick.AnyActive);
            Assert.InRange(quick.Sweeps[0], 1, slow.Sweeps[0] / 5);
            for (int s = 0; s < newton.Length; s++) Assert.Equal(sweeps[s], newton[s], 1e-7);
        }
    }

    [Theory, MemberData(nameof(Problems))]
    public void AdjointsMatchEvaluations(string name)
    {
        // ⟨μ, (I − γP_π)⁻¹ r_π⟩ is both ⟨μ, V⟩ and ⟨y, r_π⟩.
        Transitions t = Create(name);
        using CpuBackend backend = new(2);
        using Engine engine = backend.CreateEngine(t, new EngineOptions(Layout: EngineLayout.States));
        using DeviceArray reward = engine.Allocate(ArrayKind.StateAction), policy = engine.Allocate(ArrayKind.StateAction);
        using DeviceArray zero = engine.Allocate(ArrayKind.State), v = engine.Allocate(ArrayKind.State),
            y = engine.Allocate(ArrayKind.State), initial = engine.Allocate(ArrayKind.State), own = engine.Allocate(ArrayKind.State);
        engine.Upload(reward, 0, Grids.Numbers(t.States * t.Actions, 1));
        engine.SetTemperatures([0.3]);
        engine.Policy(zero, reward, Discount, policy);
        double[] mu = Grids.Numbers(t.States, 2);
        engine.Upload(initial, 0, mu);
        SweepLimits limits = new(1000, 0, 1e-14);
        SweepStatus status = new(1);
        status.Begin();
        engine.Evaluate(v, policy, reward, Discount, limits, status);
        Assert.False(status.AnyActive);
        status.Begin();
        engine.Adjoint(y, policy, initial, Discount, limits, status);
        Assert.False(status.AnyActive);
        // One evaluation sweep from zero is r_π.
        status.Begin();
        engine.EvaluationSweeps(own, policy, reward, Discount, new SweepLimits(1, 0, 0), status);
        double[] value = new double[1], visits = new double[1];
        engine.Dot(initial, v, value);
        engine.Dot(y, own, visits);
        Assert.Equal(1, value[0] / visits[0], 1e-12);
    }

    [Theory, MemberData(nameof(Problems))]
    public void SolvesGiveTheSameBitsAtEveryWidthAndNumberOfThreads(string name)
    {
        Transitions t = Create(name);
        ulong[]? first = null;
        foreach ((int threads, int bits) in ((int, int)[])[(1, 64), (1, 256), (2, 256), (3, 512)])
        {
            using CpuBackend backend = new(threads, bits);
            using Engine engine = backend.CreateEngine(t, new EngineOptions(Layout: EngineLayout.States));
            engine.SetTemperatures([0.1]);
            using DeviceArray reward = engine.Allocate(ArrayKind.StateAction), policy = engine.Allocate(ArrayKind.StateAction);
            using DeviceArray drafted = engine.Allocate(ArrayKind.State), swept = engine.Allocate(ArrayKind.State),
                v = engine.Allocate(ArrayKind.State), w = engine.Allocate(ArrayKind.State), y = engine.Allocate(ArrayKind.State);
            engine.Upload(reward, 0, Grids.Numbers(t.States * t.Actions, 1));
            SweepStatus status = new(1);
            SweepLimits limits = new(8, 1e-8, 0);
            status.Begin();
            engine.DraftSweeps(drafted, reward, Discount, limits, status);
            status.Begin();
            engine.InPlaceSweeps(swept, reward, Discount, limits, status);
            status.Begin();
            engine.PolicyIteration(v, reward, Discount, limits, status);
            engine.Policy(v, reward, Discount, policy);
            status.Begin();
            engine.Evaluate(w, policy, reward, Discount, limits, status);
            status.Begin();
            engine.Adjoint(y, policy, v, Discount, limits, status);
            ulong[] hashes = [Hash(engine, drafted), Hash(engine, swept), Hash(engine, v), Hash(engine, w), Hash(engine, y)];
            Assert.Equal(first ??= hashes, hashes);
        }
    }

    /// <summary>
    /// A residual that is all but the same everywhere needs no product: the solve goes on to look at what the shift left.
    /// </summary>
    [Theory, MemberData(nameof(Problems))]
    public void EvaluationsEndWhereShiftsAreEnough(string name)
    {
        Transitions t = Create(name);
        using CpuBackend backend = new(2);
        using Engine engine = backend.CreateEngine(t, new EngineOptions(Layout: EngineLayout.States));
        using DeviceArray reward = engine.Allocate(ArrayKind.StateAction), policy = engine.Allocate(ArrayKind.StateAction),
            v = engine.Allocate(ArrayKind.State);
        engine.Fill(policy, 1.0 / t.Actions);
        engine.Upload(reward, 0, [.. Grids.Numbers(t.States * t.Actions, 1).Select(x => 1 + (1e-3 * x))]);
        SweepStatus status = new(1);
        status.Begin();
        engine.Evaluate(v, policy, reward, Discount, new SweepLimits(1000, 0, 1e-14), status);
        Assert.False(status.AnyActive);
    }

    [Theory, InlineData(1e-60), InlineData(1e60)]
    public void LinearSolvesBeyondFloat32AreThoseWithinIt(double scale)
    {
        Transitions t = Create("narrow grid");
        using CpuBackend backend = new(1);
        using Engine engine = backend.CreateEngine(t, new EngineOptions(Layout: EngineLayout.States));
        using DeviceArray source = engine.Allocate(ArrayKind.State), reward = engine.Allocate(ArrayKind.StateAction),
            policy = engine.Allocate(ArrayKind.StateAction);
        using DeviceArray v = engine.Allocate(ArrayKind.State), y = engine.Allocate(ArrayKind.State);
        engine.Fill(policy, 0.25);
        double[][] found = new double[2][], sums = new double[2][];
        foreach ((int k, double size) in (ReadOnlySpan<(int, double)>)[(0, 1), (1, scale)])
        {
            engine.Upload(reward, 0, [.. Grids.Numbers(t.States * t.Actions, 1).Select(x => size * x)]);
            engine.Upload(source, 0, [.. Grids.Numbers(t.States, 2).Select(x => size * x)]);
            engine.Fill(v, 0);
            engine.Fill(y, 0);
            SweepStatus status = new(1);
            status.Begin();
            engine.Evaluate(v, policy, reward, Discount, new SweepLimits(1000, 0, 1e-14), status);
            Assert.False(status.AnyActive);
            status.Begin();
            engine.Adjoint(y, policy, source, Discount, new SweepLimits(1000, 0, 1e-14), status);
            Assert.False(status.AnyActive);
            (found[k], sums[k]) = (new double[t.States], new double[t.States]);
            engine.Download(v, 0, found[k]);
            engine.Download(y, 0, sums[k]);
        }

        Close.Within(1e-11, [.. found[0].Select(x => scale * x)], found[1], "values");
        Close.Within(1e-11, [.. sums[0].Select(x => scale * x)], sums[1], "adjoints");
    }

    [Theory, MemberData(nameof(Problems))]
    public void SolvesAllocateNothing(string name)
    {
        Transitions t = Create(name);
        using CpuBackend backend = new(1);
        using Engine engine = backend.CreateEngine(t, new EngineOptions(Layout: EngineLayout.States));
        using DeviceArray reward = engine.Allocate(ArrayKind.StateAction), policy = engine.Allocate(ArrayKind.StateAction);
        using DeviceArray v = engine.Allocate(ArrayKind.State), y = engine.Allocate(ArrayKind.State);
        engine.Upload(reward, 0, Grids.Numbers(t.States * t.Actions, 1));
        SweepStatus status = new(1);
        // The second time meets what the first only left: types that are loaded late.
        Round();
        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            status.Begin();
            engine.DraftSweeps(v, reward, Discount, new SweepLimits(3, 0, 0), status);
            engine.InPlaceSweeps(v, reward, Discount, new SweepLimits(3, 0, 0), status);
            engine.PolicyIteration(v, reward, Discount, new SweepLimits(2, 0, 0), status);
            engine.Policy(v, reward, Discount, policy);
            engine.Evaluate(y, policy, reward, Discount, new SweepLimits(20, 0, 0), status);
            engine.Adjoint(y, policy, v, Discount, new SweepLimits(20, 0, 0), status);
        }
    }

    private static double[] Solve(CpuBackend backend, Transitions t, double temperature, bool byPolicies, out SweepStatus status)
    {
        using Engine engine = backend.CreateEngine(t, new EngineOptions(Layout: EngineLayout.States));
        engine.SetTemperatures([temperature]);
        using DeviceArray reward = engine.Allocate(ArrayKind.StateAction), v = engine.Allocate(ArrayKind.State);
        engine.Upload(reward, 0, Grids.Numbers(t.States * t.Actions, 1));
        status = new SweepStatus(1);
        status.Begin();
        SweepLimits limits = new(5000, 1e-9, 0);
        if (byPolicies) engine.PolicyIteration(v, reward, Discount, limits, status);
        else engine.SoftSweeps(v, reward, Discount, limits, status);
        double[] values = new double[t.States];
        engine.Download(v, 0, values);
        return values;
    }

    private static ulong Hash(Engine engine, DeviceArray array)
    {
        double[] values = new double[array.Length];
        engine.Download(array, 0, values);
        ulong hash = 0;
        foreach (double value in values) hash = (hash ^ BitConverter.DoubleToUInt64Bits(value)) * 0x9E3779B97F4A7C15;
        return hash;
    }

    private static Transitions Create(string name) => name switch
    {
        // Long enough for sixteen chunks of 4 096 states; and too short, which takes parts.
        "banded grid" => Grids.Create(260, s => 0.1 + (0.2 * (s % 11) / 11)),
        "narrow grid" => Grids.Create(40, _ => 0.2),
        "terminating grid" => Grids.Create(45, _ => 0.3, mass: 0.97),
        "shuffled grid" => Grids.Shuffled(Grids.Create(140, s => 0.1 + (0.2 * (s % 11) / 11)), 3),
        "hub" => Hub(70_000),
        _ => Random(3000),
    };

    /// <summary>A ring, from all of whose states one may come to the first: more of them than a row may have entries.</summary>
    private static Transitions Hub(int states)
    {
        long[] offsets = [.. Enumerable.Range(0, (2 * states) + 1).Select(row => 3L * row)];
        int[] columns = [.. Enumerable.Range(0, 2 * states)
            .SelectMany(row => (int[])[0, (row / 2) + 1 == states ? 1 : (row / 2) + 1, row < 2 ? states - 1 : (row / 2) - 1])];
        double[] values =
            [.. Enumerable.Range(0, 2 * states).SelectMany(row => (double[])[0.1, row % 2 == 0 ? 0.7 : 0.2, row % 2 == 0 ? 0.2 : 0.7])];
        return new Transitions(states, 2, new SparseMatrix(states, offsets, columns, values));
    }

    private static Transitions Random(int states)
    {
        Random random = new(11);
        long[] offsets = [.. Enumerable.Range(0, (states * 3) + 1).Select(row => 5L * row)];
        int[] columns = [.. Enumerable.Range(0, states * 3)
            .SelectMany(_ => Enumerable.Range(0, 5).Select(k => (k * states / 5) + random.Next(states / 5)))];
        double[] values = [.. Enumerable.Repeat(0.2, columns.Length)];
        return new Transitions(states, 3, new SparseMatrix(states, offsets, columns, values));
    }
}
