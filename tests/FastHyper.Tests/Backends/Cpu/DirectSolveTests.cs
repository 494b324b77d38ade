using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Reference.Dense;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>Policy iteration, evaluation and adjoint of many instances by factors.</summary>
public class DirectSolveTests
{
    private const double Discount = 0.9;

    [Theory]
    [InlineData(Precision.F64, false)]
    [InlineData(Precision.F64, true)]
    [InlineData(Precision.F32, true)]
    public void WidthsThreadsAndNeighboursDoNotShow(Precision precision, bool own)
    {
        const int most = 17;
        RandomInstances data = new(11, 13, 3, most, Discount);
        EngineOptions options = new(OwnTransitions: own, Precision: precision, Layout: EngineLayout.Instances);
        double[][][] alone = RandomInstances.Each(most, i => Assert.Single(SolvesOfInstances.Run(data, [i], options, true, 1, 64)));
        for (int count = 1; count <= most; count++)
        {
            foreach ((int threads, int bits) in ((int, int)[])[(1, 64), (1, 256), (2, 256), (2, 512)])
            {
                // The first instances at some counts, the last at others: each stands in every lane.
                int from = count % 2 == 0 ? most - count : 0;
                double[][][] found = SolvesOfInstances.Run(data, [.. Enumerable.Range(from, count)], options, true, threads, bits);
                for (int i = 0; i < count; i++) Assert.Equal(alone[from + i], found[i]);
            }
        }
    }

    [Fact]
    public void SolutionsAreTheDenseOnes() => RandomCase.Check(60, ExpectDense);

    [Theory, InlineData(1e-3), InlineData(1e-6)]
    public void NearlyDeterministicSolutionsAreTheDenseOnes(double temperature) =>
        RandomCase.Check(30, c => ExpectDense(c with { Temperature = temperature }));

    [Theory]
    [InlineData(Precision.F64, false)]
    [InlineData(Precision.F64, true)]
    [InlineData(Precision.F32, false)]
    public void UndiscountedProblemsThatTerminateAreSolved(Precision precision, bool own)
    {
        // Below zero even with the entropy, τ log 3: no policy gains by never ending.
        RandomInstances data = new(7, 21, 3, 5);
        double[][] rewards = RandomInstances.Each(5, i => data.Rewards[i].Select(reward => reward - 2.5).ToArray());
        using CpuBackend backend = new(1);
        using Device d = new(backend, data, new EngineOptions(5, 1, own, precision, EngineLayout.Instances));
        Assert.True(d.Engine.SolvesDirectly);
        DeviceArray v = d.Put(ArrayKind.State, data.Numbers(21, 5)), y = d.Keep(d.Engine.Allocate(ArrayKind.State));
        DeviceArray r = d.Put(ArrayKind.StateAction, rewards), policy = d.Unwritten(ArrayKind.StateAction),
            initial = d.Put(ArrayKind.State, data.Initial);
        SweepStatus status = Solve(d, s => d.Engine.PolicyIteration(v, r, 1, Limits(d), s));
        double[][] soft = d.Get(v);
        d.Expect(v, i => d.Reference(i).SoftBackup(soft[i], rewards[i], 1, data.Temperatures[i]), 1e-13);
        Assert.All(status.Sweeps, sweeps => Assert.InRange(sweeps, 1, 20));
        d.Engine.Policy(v, r, 1, policy);
        Solve(d, s => d.Engine.Adjoint(y, policy, initial, 1, Limits(d), s));
        d.Expect(
            y,
            i =>
                d.Reference(i).Adjoint(
                    d.Reference(i).Policy(d.Reference(i).ActionValues(soft[i], rewards[i], 1), data.Temperatures[i]), data.Initial[i], 1),
            1e-11);
    }

    [Fact]
    public void AbsorbingAndSeparateStatesAreSolved()
    {
        // 0 stays for ever; 1 and 2 lead to each other; 3 ends at once, or leads to 1; 4 has no way out but its end.
        ExpectSolution(
            new Transitions(
                5, 2, new SparseMatrix(5, [0, 1, 2, 3, 4, 5, 6, 6, 7, 7, 7], [0, 0, 2, 1, 1, 1, 1], [1, 1, 1, 0.5, 1, 0.25, 1])), 0.95);
    }

    [Theory, InlineData(0), InlineData(1)]
    public void OneStateWithOneActionIsSolved(int entries) =>
        ExpectSolution(
            new Transitions(1, 1, new SparseMatrix(1, [0, entries], new int[entries], [.. Enumerable.Repeat(1.0, entries)])), 0.9);

    [Theory, InlineData(Precision.F64), InlineData(Precision.F32)]
    public void WhereRoundingLeavesNoFactorsSweepsGoOn(Precision precision)
    {
        // Staying costs little, leaving much: the policy of V = 0 all but never leaves, and I − P_π is all but singular.
        Transitions transitions = new(1, 2, new SparseMatrix(1, [0, 1, 1], [0], [1]));
        using CpuBackend backend = new(1);
        using Engine engine = backend.CreateEngine(transitions, new EngineOptions(Precision: precision, Layout: EngineLayout.Instances));
        engine.SetTemperatures([1e-3]);
        using DeviceArray v = engine.Allocate(ArrayKind.State), r = engine.Allocate(ArrayKind.StateAction);
        engine.Upload(r, 0, [-0.01, -1]);
        SweepStatus status = new(1);
        status.Begin();
        engine.PolicyIteration(v, r, 1, new SweepLimits(400, 1e-6, 0), status);
        double[] found = new double[1];
        engine.Download(v, 0, found);

        // exp(V/τ) (1 − exp(−0.01/τ)) = exp(−1/τ).
        Assert.Equal(-1 - (1e-3 * Math.Log(1 - Math.Exp(-10))), found[0], 1e-5);
        Assert.False(status.Active[0]);
        Assert.InRange(status.Sweeps[0], 50, 150);
    }

    [Fact]
    public void FrozenInstancesStayAsTheyAre()
    {
        RandomInstances data = new(2, 9, 2, 3, Discount);
        using CpuBackend backend = new(1);
        using Device d = new(backend, data, new EngineOptions(3, Layout: EngineLayout.Instances));
        double[][] before = data.Numbers(9, 3);
        before[1][4] = double.NaN;
        DeviceArray v = d.Put(ArrayKind.State, before), r = d.Put(ArrayKind.StateAction, data.Rewards);
        SweepStatus status = new(3);
        status.Begin();
        status.Active[1] = false;
        d.Engine.PolicyIteration(v, r, Discount, new SweepLimits(50, 1e-12, 0), status);
        Assert.False(status.AnyActive);
        Assert.Equal(before[1], d.Get(v)[1]);
        Assert.Equal(0, status.Sweeps[1]);
        foreach (int i in (int[])[0, 2])
            d.Expect(d.Reference(i).SoftValues(data.Rewards[i], Discount, data.Temperatures[i]), d.Get(v)[i], 1e-10);
    }

    [Fact]
    public void TooFewStepsAreReported()
    {
        RandomInstances data = new(2, 9, 2, 3, Discount);
        using CpuBackend backend = new(1);
        using Device d = new(backend, data, new EngineOptions(3, Layout: EngineLayout.Instances));
        DeviceArray v = d.Put(ArrayKind.State, data.Numbers(9, 3)), r = d.Put(ArrayKind.StateAction, data.Rewards);
        SweepStatus status = new(3);
        status.Begin();
        d.Engine.PolicyIteration(v, r, Discount, new SweepLimits(1, 1e-12, 0), status);
        Assert.All(status.Active, Assert.True);
        Assert.Equal([1, 1, 1], status.Sweeps);
        Assert.Equal([1, 1, 1], status.Products);
    }

    private static SweepLimits Limits(Device d) => new(50, 0, d.Narrow ? 3e-7 : 1e-15);

    private static SweepStatus Solve(Device d, Action<SweepStatus> solve)
    {
        SweepStatus status = new(d.Engine.Instances);
        status.Begin();
        solve(status);
        Assert.False(status.AnyActive);
        return status;
    }

    private static void ExpectDense(RandomCase c)
    {
        ReferenceAnswer exact = ReferenceAnswer.Of(c.Data())!;
        using Solved solved = new(c.Problem());
        solved.AtStart();
        Transitions transitions = solved.Mdp.Engine.Transitions;
        Expect(
            transitions, c.Gamma, c.Temperature, [.. exact.Solution.Process.Reward.Select(r => r.Value)], exact.Policy.Values,
            exact.V.Values, solved.Mdp.Engine.States);
    }

    private static void ExpectSolution(Transitions transitions, double discount)
    {
        double[] reward = [.. Enumerable.Range(0, transitions.Matrix.RowCount).Select(row => 0.3 * Math.Cos(row))];
        Reference reference = new(transitions, transitions.Matrix.Values);
        double[] v = reference.SoftValues(reward, discount, 0.1);
        Expect(
            transitions, discount, 0.1, reward, reference.Policy(reference.ActionValues(v, reward, discount), 0.1), v, transitions.States);
    }

    /// <summary>
    /// Expects V of policy iteration, and the policy's value and visits, of two instances that differ in their start alone.
    /// </summary>
    private static void Expect(
        Transitions transitions, double discount, double temperature, double[] reward, double[] policy, double[] values, int states)
    {
        Reference reference = new(transitions, transitions.Matrix.Values);
        using CpuBackend backend = new(1);
        using Engine engine = backend.CreateEngine(transitions, new EngineOptions(2, Layout: EngineLayout.Instances));
        Assert.True(engine.SolvesDirectly);
        engine.SetTemperatures([temperature, temperature]);
        using DeviceArray v = engine.Allocate(ArrayKind.State), r = engine.Allocate(ArrayKind.StateAction),
            pi = engine.Allocate(ArrayKind.StateAction), source = engine.Allocate(ArrayKind.State);
        double[] start = [.. Enumerable.Range(0, states).Select(s => 1 + (0.5 * Math.Sin(s)))];
        for (int i = 0; i < 2; i++)
        {
            engine.Upload(r, i, reward);
            engine.Upload(pi, i, policy);
            engine.Upload(source, i, start);
        }

        engine.Upload(v, 1, start);
        // No limit: an instance stops when what still changes is rounding.
        SweepLimits limits = new(60, 0, 0);
        Check(status => engine.PolicyIteration(v, r, discount, limits, status), values);
        Check(status => engine.Evaluate(v, pi, r, discount, limits, status), reference.Evaluate(policy, reward, discount));
        Check(status => engine.Adjoint(v, pi, source, discount, limits, status), reference.Adjoint(policy, start, discount));

        void Check(Action<SweepStatus> solve, double[] expected)
        {
            SweepStatus status = new(2);
            status.Begin();
            solve(status);
            Assert.False(status.AnyActive);
            double[] found = new double[states];
            for (int i = 0; i < 2; i++)
            {
                engine.Download(v, i, found);
                Close.Within(1e-9, expected, found, $"instance {i}");
            }
        }
    }
}
