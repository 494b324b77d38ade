using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Reference.Dense;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>Policy iteration, evaluation and adjoint of several instances whose factors would fill in.</summary>
public class OneByOneSolveTests
{
    private const int States = 150;

    public static TheoryData<Precision, bool> Engines =>
        new() { { Precision.F64, false }, { Precision.F64, true }, { Precision.F32, false }, { Precision.F32, true } };

    [Theory, MemberData(nameof(Engines))]
    public void EachInstanceHasTheBitsItHasAlone(Precision precision, bool own)
    {
        const int most = 5;
        RandomInstances data = new(11, States, 3, most, 0.95);
        EngineOptions options = new(OwnTransitions: own, Precision: precision, Layout: EngineLayout.Instances);
        // Alone, and over states: solves do not tell these from each other, nor threads and widths, whether threads share an instance or
        // not.
        double[][][] alone = RandomInstances.Each(
            most, i => Assert.Single(SolvesOfInstances.Run(data, [i], options with { Layout = EngineLayout.States }, false, 1, 64)));
        foreach ((int[] chosen, int threads, int bits) in ((int[], int, int)[])[
            ([3], 1, 256), ([0, 1], 1, 64), ([4, 2], 2, 256), ([0, 1, 2, 3, 4], 2, 512), ([4, 3, 2, 1, 0], 3, 64), ([3], 2, 512),
                ([2, 1], 12, 256)])
        {
            double[][][] found = SolvesOfInstances.Run(data, chosen, options, false, threads, bits);
            for (int i = 0; i < chosen.Length; i++) Assert.Equal(alone[chosen[i]], found[i]);
        }
    }

    [Theory]
    [InlineData(Precision.F64, false, 1, 0.95)]
    [InlineData(Precision.F64, true, 1, 0.999)]
    [InlineData(Precision.F32, true, 1, 0.95)]
    [InlineData(Precision.F64, false, 1e-6, 0.95)]
    [InlineData(Precision.F64, true, 1e-9, 0.95)]
    [InlineData(Precision.F64, false, 1, 1)]
    [InlineData(Precision.F64, true, 1, 1)]
    public void SolutionsAreTheDenseOnes(Precision precision, bool own, double cooling, double discount)
    {
        RandomInstances data = new(7, States, 3, 3, discount);
        // Below zero even with the entropy, τ log 3: at γ = 1 no policy gains by never ending.
        double[][] rewards = RandomInstances.Each(3, i => data.Rewards[i].Select(reward => reward - 2.5).ToArray());
        double[] temperatures = [.. data.Temperatures.Select(temperature => cooling * temperature)];
        using CpuBackend backend = new(2);
        using Device d = new(backend, data, new EngineOptions(3, 1, own, precision, EngineLayout.Instances));
        d.Engine.SetTemperatures(temperatures);
        ExpectSolution(d, rewards, temperatures, discount);
    }

    [Fact]
    public void AbsorbingAndSeparateStatesAreSolved()
    {
        // Beside states whose factors fill in: one that stays for ever, two that lead to each other, and one that ends at once.
        SparseMatrix random = new RandomInstances(5, States, 2, 2).Transitions.Matrix;
        List<long> offsets = [.. random.Offsets];
        List<int> columns = [.. random.Columns];
        foreach (int next in (int[])[States, States, States + 2, States + 2, States + 1, States + 1, -1, -1])
        {
            if (next >= 0) columns.Add(next);
            offsets.Add(columns.Count);
        }

        double[] values = [.. random.Values, .. Enumerable.Repeat(1.0, columns.Count - random.EntryCount)];
        Transitions transitions = new(States + 4, 2, new SparseMatrix(States + 4, [.. offsets], [.. columns], values));
        double[] reward = [.. Enumerable.Range(0, transitions.Matrix.RowCount).Select(row => 0.3 * Math.Cos(row))],
            source = [.. Enumerable.Range(0, transitions.States).Select(s => 1 + (0.5 * Math.Sin(s)))];
        Reference reference = new(transitions, values);
        double[] v = reference.SoftValues(reward, 0.95, 0.1), policy = reference.Policy(reference.ActionValues(v, reward, 0.95), 0.1);
        using CpuBackend backend = new(1);
        using Engine engine = backend.CreateEngine(transitions, new EngineOptions(2));
        Assert.False(engine.SolvesDirectly);
        engine.SetTemperatures([0.1, 0.1]);
        using DeviceArray values2 = engine.Allocate(ArrayKind.State), r = Put(ArrayKind.StateAction, reward),
            pi = Put(ArrayKind.StateAction, policy), b = Put(ArrayKind.State, source);
        Check(status => engine.PolicyIteration(values2, r, 0.95, new SweepLimits(60, 1e-12, 0), status), v);
        Check(
            status => engine.Evaluate(values2, pi, r, 0.95, new SweepLimits(2000, 0, 1e-13), status),
            reference.Evaluate(policy, reward, 0.95));
        Check(
            status => engine.Adjoint(values2, pi, b, 0.95, new SweepLimits(2000, 0, 1e-13), status),
            reference.Adjoint(policy, source, 0.95));

        DeviceArray Put(ArrayKind kind, double[] numbers)
        {
            DeviceArray array = engine.Allocate(kind);
            for (int i = 0; i < 2; i++) engine.Upload(array, i, numbers);
            return array;
        }

        void Check(Action<SweepStatus> solve, double[] expected)
        {
            SweepStatus status = Begun(2);
            solve(status);
            Assert.False(status.AnyActive);
            double[] found = new double[expected.Length];
            for (int i = 0; i < 2; i++)
            {
                engine.Download(values2, i, found);
                Close.Within(1e-9, expected, found, $"instance {i}");
            }
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void GamesAreSolved(Precision precision, bool own)
    {
        const double discount = 0.9;
        using CpuBackend backend = new(2);
        using Game d = new(
            new Device(
                backend, new RandomInstances(4, States, 4, 3, discount),
                new EngineOptions(3, 1, own, precision, EngineLayout.Instances, LeaderActions: 2)));
        Assert.False(d.Engine.SolvesDirectly);
        double[][] g = d.Answers(), sources = d.Data.Numbers(States, 3);
        DeviceArray v = d.Device.Put(ArrayKind.State, d.Data.Numbers(States, 3)), r = d.Device.Put(ArrayKind.StateAction, d.Data.Rewards);
        DeviceArray policy = d.Device.Put(ArrayKind.StateAction, RandomInstances.Each(3, i => d.Joint(i, g[i]))),
            source = d.Device.Put(ArrayKind.State, sources);
        Solve(d.Device, s => d.Engine.PolicyIteration(v, r, discount, Limits(d.Device), s));
        d.Device.Expect(v, i => d.Means(i, d.Chain(i).SoftValues(d.Data.Rewards[i], discount, d.Data.Temperatures[i])), 1e-11);
        Solve(d.Device, s => d.Engine.Evaluate(v, policy, r, discount, Limits(d.Device), s));
        d.Device.Expect(v, i => d.Means(i, d.Chain(i).Evaluate(g[i], d.Data.Rewards[i], discount)), 1e-11);
        Solve(d.Device, s => d.Engine.Adjoint(v, policy, source, discount, Limits(d.Device), s));
        d.Device.Expect(
            v, i => d.Sums(d.Chain(i).Adjoint(g[i], [.. d.F[i].Select((f, z) => f * sources[i][z / d.LeaderActions])], discount)), 1e-10);
    }

    [Fact]
    public void FrozenInstancesStayAsTheyAre()
    {
        RandomInstances data = new(2, States, 2, 3, 0.9);
        using CpuBackend backend = new(1);
        using Device d = new(backend, data, new EngineOptions(3, Layout: EngineLayout.Instances));
        double[][] before = data.Numbers(States, 3);
        before[1][4] = double.NaN;
        DeviceArray v = d.Put(ArrayKind.State, before), r = d.Put(ArrayKind.StateAction, data.Rewards);
        SweepStatus status = Begun(3);
        status.Active[1] = false;
        d.Engine.PolicyIteration(v, r, 0.9, new SweepLimits(50, 1e-12, 0), status);
        Assert.False(status.AnyActive);
        Assert.Equal(before[1], d.Get(v)[1]);
        Assert.Equal(0, status.Sweeps[1]);
        Assert.All((int[])[0, 2], i => Assert.InRange(status.Products[i], 1, 1000));
        foreach (int i in (int[])[0, 2])
            d.Expect(d.Reference(i).SoftValues(data.Rewards[i], 0.9, data.Temperatures[i]), d.Get(v)[i], 1e-10);
    }

    [Fact]
    public void WhatIsNotFiniteFailsAlone()
    {
        RandomInstances data = new(2, States, 2, 3, 0.9);
        double[][] rewards = data.Rewards;
        rewards[1][7] = 1e308;
        rewards[1][8] = double.PositiveInfinity;
        using CpuBackend backend = new(1);
        using Device d = new(backend, data, new EngineOptions(3, Layout: EngineLayout.Instances));
        DeviceArray v = d.Put(ArrayKind.State, data.Numbers(States, 3)), r = d.Put(ArrayKind.StateAction, rewards);
        SweepStatus status = Begun(3);
        d.Engine.PolicyIteration(v, r, 0.9, new SweepLimits(50, 1e-12, 0), status);
        Assert.Equal([false, true, false], status.Active);
        Assert.False(double.IsFinite(status.Change[1]));
        foreach (int i in (int[])[0, 2]) d.Expect(d.Reference(i).SoftValues(rewards[i], 0.9, data.Temperatures[i]), d.Get(v)[i], 1e-10);
    }

    [Theory]
    [InlineData(SolveMethod.Auto, 0.9995)]
    [InlineData(SolveMethod.Auto, 0.5)]
    [InlineData(SolveMethod.PolicyIteration, 0.97)]
    [InlineData(SolveMethod.Anderson, 0.97)]
    [InlineData(SolveMethod.GaussSeidel, 0.97)]
    public void LeadersEndAtTheDenseAnswers(SolveMethod method, double discount)
    {
        RandomCase c = new(4, States, 3, 4, 2, 0, discount, 0.1);
        ReferenceAnswer exact = ReferenceAnswer.Of(c.Data())!;
        using Solved solved = new(c.Problem(), leaders: 3, tolerance: 1e-11, layout: EngineLayout.Instances, method: method);
        solved.AtStart();
        solved.Response.ThrowIfUnsolved();
        Certificate[] certificates = new Certificate[3];
        solved.Response.Certify(certificates);
        for (int leader = 0; leader < 3; leader++)
        {
            Assert.True(certificates[leader].Converged);
            Close.Within(1e-9, exact.V.Values, solved.Read(solved.Response.V, States, leader), "V");
            Assert.Equal(
                exact.Objective.Values[0], solved.Objectives()[leader], 1e-9 * (1 + exact.Solution.LeaderV.Max(v => Math.Abs(v.Value))));
        }

        if (method == SolveMethod.Auto && discount > 0.9)
            Assert.All(
                certificates,
                certificate => Assert.True(certificate is { Method: SolveMethod.PolicyIteration, Iterations: < 50 }, $"{certificate}"));
    }

    [Fact]
    public void NeighboursDoNotShowInWhatLeadersFind()
    {
        RandomCase c = new(6, States, 3, 4, 2, 0, 0.999, 0.1);
        double[][] x = [[0.3, -0.2], [-4, 5], [0, 40]];
        using Solved together = new(c.Problem(), leaders: 3, tolerance: 1e-10, layout: EngineLayout.Instances);
        together.At(x);
        for (int leader = 0; leader < 3; leader++)
        {
            using Solved alone = new(c.Problem(), tolerance: 1e-10, laneBits: 512, layout: EngineLayout.Instances);
            alone.At(x[leader]);
            Assert.Equal(alone.Read(alone.Response.V, States), together.Read(together.Response.V, States, leader));
            Assert.Equal(alone.Objectives()[0], together.Objectives()[leader]);
            Assert.Equal(alone.Gradient(), together.Gradient(leader));
        }
    }

    private static SweepLimits Limits(Device d) => new(2000, 0, d.Narrow ? 3e-7 : 1e-15);

    private static SweepStatus Begun(int instances)
    {
        SweepStatus status = new(instances);
        status.Begin();
        return status;
    }

    private static void Solve(Device d, Action<SweepStatus> solve)
    {
        SweepStatus status = Begun(d.Engine.Instances);
        solve(status);
        Assert.False(status.AnyActive);
    }

    private static void ExpectSolution(Device d, double[][] rewards, double[] temperatures, double discount)
    {
        Assert.False(d.Engine.SolvesDirectly);
        double horizon = discount < 1 ? 1 / (1 - discount) : 1;
        DeviceArray v = d.Put(ArrayKind.State, d.Data.Numbers(States, d.Data.Instances)), y = d.Keep(d.Engine.Allocate(ArrayKind.State));
        DeviceArray r = d.Put(ArrayKind.StateAction, rewards), policy = d.Unwritten(ArrayKind.StateAction),
            initial = d.Put(ArrayKind.State, d.Data.Initial);
        Solve(d, s => d.Engine.PolicyIteration(v, r, discount, new SweepLimits(100, d.Narrow ? 1e-5 : 1e-12, 0), s));
        double[][] expected = RandomInstances.Each(rewards.Length, i => d.Reference(i).SoftValues(rewards[i], discount, temperatures[i]));
        d.Expect(v, i => expected[i], 1e-12 * (10 + horizon));
        d.Engine.Policy(v, r, discount, policy);
        double[][] pi = d.Get(policy);
        Solve(d, s => d.Engine.Evaluate(v, policy, r, discount, Limits(d), s));
        d.Expect(v, i => d.Reference(i).Evaluate(pi[i], rewards[i], discount), 1e-12 * (10 + horizon));
        Solve(d, s => d.Engine.Adjoint(y, policy, initial, discount, Limits(d), s));
        d.Expect(y, i => d.Reference(i).Adjoint(pi[i], d.Data.Initial[i], discount), 1e-12 * (10 + horizon));
    }
}
