using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

public abstract partial class BackendContract
{
    [Theory, MemberData(nameof(Engines))]
    public void SoftSweepsReachTheSoftValues(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        DeviceArray v = d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances));
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus status = Fresh(d);
        d.Engine.SoftSweeps(v, r, 0.4, new SweepLimits(500, d.Narrow ? 1e-6 : 1e-14, 0), status);
        Assert.False(status.AnyActive);
        Assert.All(status.Change, change => Assert.InRange(change, 0, d.Narrow ? 1e-6 : 1e-14));
        Assert.All(status.Sweeps, sweeps => Assert.InRange(sweeps, 2, 499));
        d.Expect(v, i => d.Reference(i).SoftValues(d.Data.Rewards[i], 0.4, d.Data.Temperatures[i]), 1e-12);
    }

    [Theory, MemberData(nameof(Engines))]
    public void InPlaceSweepsReachTheSoftValues(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] start = d.Data.Numbers(37, d.Data.Instances);
        DeviceArray v = d.Put(ArrayKind.State, start), w = d.Put(ArrayKind.State, start);
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus status = Fresh(d), plain = Fresh(d);
        SweepLimits limits = new(500, d.Narrow ? 1e-6 : 1e-14, 0);
        d.Engine.InPlaceSweeps(v, r, 0.4, limits, status);
        Assert.False(status.AnyActive);
        Assert.All(status.Change, change => Assert.InRange(change, 0, limits.Absolute));
        d.Expect(v, i => d.Reference(i).SoftValues(d.Data.Rewards[i], 0.4, d.Data.Temperatures[i]), 1e-12);
        d.Engine.SoftSweeps(w, r, 0.4, limits, plain);
        bool same = !d.Engine.HasInPlaceSweeps || d.Engine.SweepsInPlace;
        if (same) Assert.Equal(d.Get(w), d.Get(v));
        else Assert.NotEqual(d.Get(w), d.Get(v));
    }

    [Theory, InlineData(Precision.F64), InlineData(Precision.F32)]
    public void OneSweepOverStateLanesIsOneJacobiSweep(Precision precision)
    {
        using Device d = NewDevice(precision, EngineLayout.States);
        double[] before = d.Data.Numbers(37);
        DeviceArray v = d.Put(ArrayKind.State, [before]);
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus status = Fresh(d);
        d.Engine.SoftSweeps(v, r, 0.4, new SweepLimits(1, 0, 0), status);
        double[] after = d.Reference(0).SoftBackup(before, d.Data.Rewards[0], 0.4, d.Data.Temperatures[0]);
        d.Expect(v, _ => after);
        d.Expect([after.Zip(before, (a, b) => Math.Abs(a - b)).Max()], status.Change);
        Assert.Equal([1], status.Sweeps);
        Assert.True(status.AnyActive);
    }

    [Theory, MemberData(nameof(Engines))]
    public void CertifiedResidualsAreFloat64AndTakeBothKindsOfValues(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] values = d.Data.Numbers(37, d.Data.Instances);
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        ResidualBound[] bounds = new ResidualBound[d.Data.Instances];
        foreach (ArrayKind kind in (ArrayKind[])[ArrayKind.State, ArrayKind.WideState])
        {
            DeviceArray v = d.Put(kind, values);
            d.Engine.CertifiedResidual(v, r, 0.4, bounds);
            d.Expect(RandomInstances.Each(bounds.Length, i => Residual(d, i, values[i])), [.. bounds.Select(b => b.Residual)]);
            d.Expect(v, i => values[i]);
            Assert.All(bounds, b => Assert.InRange(b.Rounding, 1e-17, 1e-14));
            Assert.All(bounds, b => Assert.Equal(1, b.RowSum, precision == Precision.F64 ? 1e-14 : 1e-6));
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void CertifiedResidualsNeverDropWhatIsNotFinite(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] values = d.Data.Numbers(37, d.Data.Instances);
        ResidualBound[] bounds = new ResidualBound[d.Data.Instances];
        DeviceArray v = d.Put(ArrayKind.State, values);
        foreach (double reward in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
        {
            // Of the first action of a state, of one between and of the last.
            foreach (int row in (int[])[0, 55, 110])
            {
                double[][] rewards = [.. d.Data.Rewards.Select(r => r.ToArray())];
                rewards[^1][row] = reward;
                d.Engine.CertifiedResidual(v, d.Put(ArrayKind.StateAction, rewards), 0.4, bounds);
                for (int i = 0; i < bounds.Length; i++) Assert.Equal(i == bounds.Length - 1, double.IsNaN(bounds[i].Residual));
            }
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void PassesNeverDropWhatIsNotANumber(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] values = d.Data.Numbers(37, d.Data.Instances);
        SweepLimits limits = new(1, 1e9, 0);

        // Of every action of the first state, and of one of two others.
        foreach (int row in (int[])[0, 1, 2, 55, 109, 110])
        {
            double[][] rewards = [.. d.Data.Rewards.Select(r => r.ToArray())];
            rewards[^1][row] = double.NaN;
            DeviceArray r = d.Put(ArrayKind.StateAction, rewards), policy = d.Unwritten(ArrayKind.StateAction);
            foreach (Action<DeviceArray, SweepStatus> pass in (Action<DeviceArray, SweepStatus>[])
                [
                    (v, status) => d.Engine.SoftSweeps(v, r, 0.4, limits, status),
                    (v, status) => d.Engine.InPlaceSweeps(v, r, 0.4, limits, status),
                    (v, status) => d.Engine.PolicyIteration(v, r, 0.4, limits, status),
                ])
            {
                SweepStatus status = Fresh(d);
                pass(d.Put(ArrayKind.State, values), status);
                for (int i = 0; i < values.Length; i++)
                    Assert.Equal(
                        (i == values.Length - 1, i == values.Length - 1, i == values.Length - 1),
                        (status.Active[i], double.IsNaN(status.Change[i]), double.IsNaN(status.Magnitude[i])));
            }

            d.Engine.Policy(d.Put(ArrayKind.State, values), r, 0.4, policy);
            double[][] found = d.Get(policy);
            for (int i = 0; i < values.Length; i++)
                for (int k = 0; k < found[i].Length; k++)
                    Assert.Equal(i == values.Length - 1 && k / 3 == row / 3, double.IsNaN(found[i][k]));
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void LinearSolvesNeverDropWhatIsNotANumber(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        DeviceArray policy = d.Put(ArrayKind.StateAction, d.Data.Policies());
        SweepLimits limits = new(1, 1e9, 0);
        foreach (int state in (int[])[0, 17, 36])
        {
            double[][] rewards = [.. d.Data.Rewards.Select(r => r.ToArray())], sources = d.Data.Numbers(37, d.Data.Instances);
            rewards[^1][3 * state] = sources[^1][state] = double.NaN;
            DeviceArray r = d.Put(ArrayKind.StateAction, rewards), b = d.Put(ArrayKind.State, sources);
            foreach (Action<DeviceArray, SweepStatus> solve in (Action<DeviceArray, SweepStatus>[])
                [
                    (v, status) => d.Engine.EvaluationSweeps(v, policy, r, 0.4, limits, status),
                    (v, status) => d.Engine.Evaluate(v, policy, r, 0.4, limits, status),
                    (y, status) => d.Engine.AdjointSweeps(y, policy, b, 0.4, limits, status),
                    (y, status) => d.Engine.Adjoint(y, policy, b, 0.4, limits, status),
                ])
            {
                SweepStatus status = Fresh(d);
                solve(d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances)), status);
                for (int i = 0; i < sources.Length; i++)
                    Assert.Equal((i == sources.Length - 1, i == sources.Length - 1), (status.Active[i], double.IsNaN(status.Change[i])));
            }
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void PaddingTakesNoPartInResidualsOfFilledValues(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader, states: 3);
        DeviceArray v = d.Unwritten(ArrayKind.State);
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus status = Fresh(d);
        foreach (double value in (double[])[double.NaN, 8])
        {
            d.Engine.Fill(v, value);
            for (int i = 0; i < d.Data.Instances; i++)
            {
                double[] exact = d.Reference(i).SoftValues(d.Data.Rewards[i], 0.4, d.Data.Temperatures[i]);
                d.Engine.Upload(v, i, exact);
            }

            d.Expect(new double[d.Data.Instances], Residuals.Of(d.Engine, v, r, 0.4));
            status.Begin();
            d.Engine.SoftSweeps(v, r, 0.4, new SweepLimits(1, 1e-5, 0), status);
            Assert.False(status.AnyActive);
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void EvaluationSweepsReachThePolicysValue(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] policies = d.Data.Policies();
        DeviceArray v = d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances));
        DeviceArray policy = d.Put(ArrayKind.StateAction, policies);
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus status = Fresh(d);
        d.Engine.EvaluationSweeps(v, policy, r, 0.4, ToConvergence(d), status);
        Assert.False(status.AnyActive);
        d.Expect(v, i => d.Reference(i).Evaluate(policies[i], d.Data.Rewards[i], 0.4));
    }

    [Theory, MemberData(nameof(Engines))]
    public void AdjointSweepsSolveTheTransposedSystem(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] policies = d.Data.Policies();
        double[][] sources = d.Data.Numbers(37, d.Data.Instances);
        DeviceArray y = d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances));
        DeviceArray policy = d.Put(ArrayKind.StateAction, policies);
        DeviceArray source = d.Put(ArrayKind.State, sources);
        SweepStatus status = Fresh(d);
        d.Engine.AdjointSweeps(y, policy, source, 0.4, ToConvergence(d), status);
        Assert.False(status.AnyActive);
        d.Expect(y, i => d.Reference(i).Adjoint(policies[i], sources[i], 0.4));
    }

    [Theory, MemberData(nameof(Engines))]
    public void PolicyIterationReachesTheSoftValues(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        DeviceArray v = d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances));
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus status = Fresh(d);
        d.Engine.PolicyIteration(v, r, 0.95, new SweepLimits(500, d.Narrow ? 2e-6 : 1e-13, 0), status);
        Assert.False(status.AnyActive);
        Assert.All(status.Change, change => Assert.InRange(change, 0, d.Narrow ? 2e-6 : 1e-13));
        d.Expect(v, i => d.Reference(i).SoftValues(d.Data.Rewards[i], 0.95, d.Data.Temperatures[i]), 1e-11);
    }

    [Theory, MemberData(nameof(Engines))]
    public void EvaluateSolvesForThePolicysValue(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] policies = d.Data.Policies();
        DeviceArray v = d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances));
        DeviceArray policy = d.Put(ArrayKind.StateAction, policies);
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus status = Fresh(d);
        d.Engine.Evaluate(v, policy, r, 0.9, ToConvergence(d), status);
        Assert.False(status.AnyActive);
        d.Expect(v, i => d.Reference(i).Evaluate(policies[i], d.Data.Rewards[i], 0.9));
    }

    [Theory, MemberData(nameof(Engines))]
    public void AdjointSolvesTheTransposedSystemOfEachNewPolicy(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] sources = d.Data.Numbers(37, d.Data.Instances);
        DeviceArray source = d.Put(ArrayKind.State, sources);
        DeviceArray policy = d.Unwritten(ArrayKind.StateAction);
        for (int round = 0; round < 3; round++)
        {
            // The policy's own array is written anew, by an upload and by the verb.
            double[][] policies = d.Data.Policies();
            if (round < 2)
            {
                for (int i = 0; i < policies.Length; i++) d.Engine.Upload(policy, i, policies[i]);
            }
            else
            {
                double[][] values = d.Data.Numbers(37, d.Data.Instances);
                d.Engine.Policy(d.Put(ArrayKind.State, values), d.Put(ArrayKind.StateAction, d.Data.Rewards), 0.9, policy);
                policies = d.Get(policy);
            }

            DeviceArray y = d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances));
            SweepStatus status = Fresh(d);
            d.Engine.Adjoint(y, policy, source, 0.9, ToConvergence(d), status);
            Assert.False(status.AnyActive);
            d.Expect(y, i => d.Reference(i).Adjoint(policies[i], sources[i], 0.9), 1e-11);
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void ShiftAddsToEveryValueOfAnInstance(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] values = d.Data.Numbers(37, d.Data.Instances);
        double[] amounts = d.Data.Numbers(d.Data.Instances);
        DeviceArray v = d.Put(ArrayKind.State, values);
        d.Engine.Shift(v, amounts);
        d.Expect(v, i => [.. values[i].Select(x => x + amounts[i])]);
    }

    [Theory, MemberData(nameof(Engines))]
    public void DraftSweepsLeaveLittleToDo(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        DeviceArray v = d.Put(ArrayKind.State, d.Data.Numbers(37, d.Data.Instances));
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus status = Fresh(d);
        d.Engine.DraftSweeps(v, r, 0.4, new SweepLimits(60, 0, 0), status);
        double[] residual = Residuals.Of(d.Engine, v, r, 0.4);
        if (status.Sweeps[0] > 0) Assert.All(residual, left => Assert.InRange(left, 0, 1e-5));
        d.Engine.SoftSweeps(v, r, 0.4, new SweepLimits(500, d.Narrow ? 1e-6 : 1e-14, 0), status);
        d.Expect(v, i => d.Reference(i).SoftValues(d.Data.Rewards[i], 0.4, d.Data.Temperatures[i]), 1e-12);
    }

    [Theory, MemberData(nameof(Engines))]
    public void TransposedProductIsDiscountTimesPTransposedC(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] c = d.Data.Numbers(37 * 3, d.Data.Instances);
        DeviceArray target = d.Unwritten(ArrayKind.State);
        d.Engine.TransposedProduct(d.Put(ArrayKind.StateAction, c), 0.7, target);
        d.Expect(target, i => d.Reference(i).TransposedProduct(c[i], 0.7));
    }

    [Theory, MemberData(nameof(Engines))]
    public void TransposedProductFollowsNewProbabilities(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        if (!own) return;
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] c = d.Data.Numbers(37 * 3, d.Data.Instances);
        DeviceArray device = d.Put(ArrayKind.StateAction, c);
        DeviceArray target = d.Unwritten(ArrayKind.State);
        d.Engine.TransposedProduct(device, 0.7, target);
        for (int i = 0; i < d.Data.Instances; i++) d.Engine.Upload(d.Engine.Probabilities!, i, [.. d.Data.Own[i].Select(p => p / 2)]);
        d.Engine.TransposedProduct(device, 0.7, target);
        d.Expect(target, i => d.Reference(i).TransposedProduct(c[i], 0.35));
    }

    [Theory, MemberData(nameof(Engines))]
    public void ActionValuesArePlainBackups(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] v = d.Data.Numbers(37, d.Data.Instances);
        DeviceArray q = d.Unwritten(ArrayKind.StateAction);
        d.Engine.ActionValues(d.Put(ArrayKind.State, v), d.Put(ArrayKind.StateAction, d.Data.Rewards), 0.9, q);
        d.Expect(q, i => d.Reference(i).ActionValues(v[i], d.Data.Rewards[i], 0.9));
    }

    [Theory, MemberData(nameof(Engines))]
    public void PolicyIsTheSoftmaxOfActionValues(Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] v = d.Data.Numbers(37, d.Data.Instances);
        DeviceArray policy = d.Unwritten(ArrayKind.StateAction);
        d.Engine.Policy(d.Put(ArrayKind.State, v), d.Put(ArrayKind.StateAction, d.Data.Rewards), 0.9, policy);
        d.Expect(policy, i => d.Reference(i).Policy(d.Reference(i).ActionValues(v[i], d.Data.Rewards[i], 0.9), d.Data.Temperatures[i]));
    }

    [Theory, MemberData(nameof(Engines))]
    public void ShapeFoldsValuesIntoThePotentialAndRestatesTheRewards(
        Precision precision, EngineLayout layout, bool own, int leaders, int perLeader)
    {
        using Device d = NewDevice(precision, layout, own, leaders, perLeader);
        double[][] u = d.Data.Numbers(37, d.Data.Instances);
        double[][] v = d.Data.Numbers(37, d.Data.Instances);
        double[][] sum = RandomInstances.Each(u.Length, i => u[i].Zip(v[i], (a, b) => a + b).ToArray());
        DeviceArray potential = d.Put(ArrayKind.WideState, u);
        DeviceArray values = d.Put(ArrayKind.State, v);
        DeviceArray shaped = d.Unwritten(ArrayKind.StateAction);
        DeviceArray rounded = d.Unwritten(ArrayKind.State);
        d.Engine.Shape(potential, values, d.Put(ArrayKind.StateAction, d.Data.Rewards), 0.9, shaped, rounded);
        d.Expect(potential, i => sum[i]);
        d.Expect(rounded, i => sum[i]);
        Assert.All(d.Get(values), zeros => Assert.All(zeros, zero => Assert.Equal(0, zero)));
        d.Expect(shaped, i => [.. d.Reference(i).ActionValues(sum[i], d.Data.Rewards[i], 0.9).Select((q, row) => q - sum[i][row / 3])]);
    }

    private static double Residual(Device d, int instance, double[] v)
    {
        double[] after = d.Reference(instance).SoftBackup(v, d.Data.Rewards[instance], 0.4, d.Data.Temperatures[instance]);
        return after.Zip(v, (a, b) => Math.Abs(a - b)).Max();
    }
}
