using FastHyper.Backends;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>Sweeps on the device: each is one Jacobi sweep, and when the host looks does not show.</summary>
[Collection(nameof(OnOpenCl))]
public sealed class OpenClSweepTests(OpenClFixture fixture)
{
    [Theory]
    [InlineData(Precision.F64, false, 1)]
    [InlineData(Precision.F64, false, 3)]
    [InlineData(Precision.F64, true, 3)]
    [InlineData(Precision.F32, true, 3)]
    public void EachSweepIsOneJacobiSweep(Precision precision, bool own, int instances)
    {
        using Device d = NewDevice(precision, own, instances);
        double[][] before = d.Data.Numbers(37, instances), policies = d.Data.Policies();
        DeviceArray r = d.Put(ArrayKind.StateAction, d.Data.Rewards), policy = d.Put(ArrayKind.StateAction, policies),
            b = d.Put(ArrayKind.State, d.Data.Initial);
        SweepLimits one = new(1, 0, 0);

        DeviceArray v = d.Put(ArrayKind.State, before);
        SweepStatus status = Fresh(instances);
        d.Engine.SoftSweeps(v, r, 0.7, one, status);
        double[] Soft(int i) => d.Reference(i).SoftBackup(before[i], d.Data.Rewards[i], 0.7, d.Data.Temperatures[i]);
        d.Expect(v, Soft);
        for (int i = 0; i < instances; i++)
        {
            double[] change = [.. Soft(i).Zip(before[i], (after, old) => after - old)];
            d.Expect(
                [change.Min(), change.Max(), change.Max(Math.Abs), Soft(i).Max(Math.Abs)],
                [status.Lowest[i], status.Highest[i], status.Change[i], status.Magnitude[i]]);
        }

        v = d.Put(ArrayKind.State, before);
        d.Engine.EvaluationSweeps(v, policy, r, 0.7, one, Fresh(instances));
        d.Expect(v, i => [.. d.Reference(i).ActionValues(before[i], d.Data.Rewards[i], 0.7).Zip(policies[i], (q, pi) => q * pi).Chunk(3)
            .Select(row => row.Sum())]);

        v = d.Put(ArrayKind.State, before);
        d.Engine.AdjointSweeps(v, policy, b, 0.7, one, Fresh(instances));
        d.Expect(v, i =>
        {
            double[] z = [.. policies[i].Select((pi, row) => pi * before[i][row / 3])];
            return [.. d.Reference(i).TransposedProduct(z, 0.7).Zip(d.Data.Initial[i], (flow, source) => flow + source)];
        });
    }

    [Theory, InlineData(1), InlineData(5)]
    public void ManySweepsAtOnceAreTheSameAsOneByOne(int instances)
    {
        using Device d = NewDevice(Precision.F64, own: false, instances);
        double[][] start = d.Data.Numbers(37, instances);
        DeviceArray many = d.Put(ArrayKind.State, start), single = d.Put(ArrayKind.State, start),
            r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus at = Fresh(instances), byOne = Fresh(instances);
        SweepLimits limits = new(200, 1e-9, 0);
        d.Engine.SoftSweeps(many, r, 0.8, limits, at);
        while (byOne.AnyActive) d.Engine.SoftSweeps(single, r, 0.8, limits with { Count = 1 }, byOne);
        Assert.False(at.AnyActive);
        Assert.Equal(d.Get(single), d.Get(many));
        Assert.Equal(byOne.Sweeps, at.Sweeps);
        Assert.Equal(byOne.Change, at.Change);
        Assert.Equal(byOne.Highest, at.Highest);
        Assert.InRange(at.Sweeps.Min(), 20, 199);
    }

    [Fact]
    public void AConvergedInstanceIsFrozenAndOneThatIsNotActiveIsLeftAlone()
    {
        using Device d = NewDevice(Precision.F64, own: false, 3);
        double[][] start = d.Data.Numbers(37, 3);
        start[1] = d.Reference(1).SoftValues(d.Data.Rewards[1], 0.8, d.Data.Temperatures[1]);
        DeviceArray v = d.Put(ArrayKind.State, start), r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus status = Fresh(3);
        status.Active[2] = false;
        d.Engine.SoftSweeps(v, r, 0.8, new SweepLimits(30, 1e-10, 0), status);
        Assert.Equal([30, 1, 0], status.Sweeps);
        Assert.Equal([true, false, false], status.Active);
        Assert.Equal(double.PositiveInfinity, status.Change[2]);
        Assert.Equal(start[2], d.Get(v)[2]);
    }

    [Theory, InlineData(1), InlineData(3)]
    public void AValueThatIsNotANumberShows(int instances)
    {
        using Device d = NewDevice(Precision.F64, own: false, instances);
        d.Data.Rewards[^1][7] = double.NaN;
        DeviceArray v = d.Put(ArrayKind.State, d.Data.Numbers(37, instances)), r = d.Put(ArrayKind.StateAction, d.Data.Rewards);
        SweepStatus status = Fresh(instances);
        double[] residual = Residuals.Of(d.Engine, v, r, 0.8);
        d.Engine.SoftSweeps(v, r, 0.8, new SweepLimits(1, 0, 0), status);
        for (int i = 0; i < instances; i++)
        {
            Assert.Equal(i == instances - 1, double.IsNaN(residual[i]));
            Assert.Equal(i == instances - 1, double.IsNaN(status.Change[i]));
            Assert.Equal(i == instances - 1, double.IsNaN(status.Magnitude[i]));
        }
    }

    private static SweepStatus Fresh(int instances)
    {
        SweepStatus status = new(instances);
        status.Begin();
        return status;
    }

    private Device NewDevice(Precision precision, bool own, int instances) =>
        new(fixture.Backend, new RandomInstances(1, 37, 3, instances), new EngineOptions(instances, 1, own, precision));
}
