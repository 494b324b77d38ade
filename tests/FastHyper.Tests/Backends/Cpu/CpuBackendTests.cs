using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Tests.Backends.Cpu;

[Collection(nameof(Alone))]
public class CpuBackendTests
{
    [Theory, InlineData(1), InlineData(32), InlineData(65), InlineData(128), InlineData(1024), InlineData(-256)]
    public void OtherLaneWidthsAreRefused(int bits) =>
        Assert.Equal(
            $"lane width: {bits} bits; expected 64, 256 or 512",
            Assert.Throws<InvalidInputException>(() => new CpuBackend(1, bits)).Message);

    [Theory, InlineData(-1), InlineData(1_000_000)]
    public void ThreadsOutOfRangeAreRefused(int threads) =>
        Assert.StartsWith(
            $"threads: {threads}; expected 0 (one per processor) to ",
            Assert.Throws<InvalidInputException>(() => new CpuBackend(threads, 64)).Message, StringComparison.Ordinal);

    [Fact]
    public void ThreadsAreOnePerProcessorUnlessGiven()
    {
        using CpuBackend all = new(0, 64), three = new(3, 64);
        Assert.Equal(Environment.ProcessorCount, all.Threads);
        Assert.Equal(3, three.Threads);
    }

    [Theory, InlineData("1", 64), InlineData("64", 64), InlineData("255", 64), InlineData("256", 256), InlineData("512", 512),
        InlineData("4096", 512)]
    public void TheEnvironmentCapsTheWidth(string text, int bits) => WithLanes(text, () =>
    {
        using CpuBackend backend = new(1), chosen = new(1, 256);
        Assert.Equal(bits, backend.LaneBits);
        Assert.Equal(256, chosen.LaneBits);
    });

    [Theory, InlineData("wide"), InlineData("0"), InlineData("-256"), InlineData("256 bits"), InlineData("99999999999")]
    public void OtherEnvironmentsAreRefusedByName(string text) => WithLanes(text, () =>
        Assert.Equal(
            $"FASTHYPER_LANES: '{text}'; expected a lane width in bits: 64, 256 or 512",
            Assert.Throws<InvalidInputException>(() => new CpuBackend(1)).Message));

    [Fact]
    public void SeveralInstancesWithStatesAsLanesAreRefused() =>
        ExpectRefusal(new EngineOptions(2, Layout: EngineLayout.States), "engine: 2 instances with states as lanes; expected 1");

    [Theory, InlineData(0, 1), InlineData(1, 0), InlineData(-1, -1)]
    public void EnginesWithoutInstancesAreRefused(int leaders, int instances) =>
        ExpectRefusal(
            new EngineOptions(leaders, instances), $"engine: {leaders} leaders of {instances} instances; expected at least 1 of each");

    [Theory, InlineData(1, "states as lanes of 8"), InlineData(2, "2 instances as lanes of 8")]
    public void TheAutomaticLayoutFollowsTheNumberOfInstances(int instances, string description)
    {
        using CpuBackend backend = new(1, 512);
        using Engine engine = backend.CreateEngine(new RandomInstances(1, 3, 2).Transitions, new EngineOptions(instances));
        Assert.Contains(description, engine.Description, StringComparison.Ordinal);
    }

    [Theory, InlineData(-1), InlineData(double.Epsilon), InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void TemperaturesOutOfRangeAreRefused(double temperature)
    {
        using CpuBackend backend = new(1, 64);
        using Engine engine = backend.CreateEngine(new RandomInstances(1, 3, 2).Transitions, new EngineOptions(2));
        Assert.StartsWith(
            "temperature of instance 1:", Assert.Throws<InvalidInputException>(() => engine.SetTemperatures([1, temperature])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ResidualsOfManyInstancesDoNotNeedTheStack()
    {
        const int instances = 1 << 20;
        using CpuBackend backend = new(1, 512);
        using Engine engine = backend.CreateEngine(
            new Transitions(1, 1, new SparseMatrix(1, [0, 0], [], [])), new EngineOptions(instances));
        using DeviceArray v = engine.Allocate(ArrayKind.State), r = engine.Allocate(ArrayKind.StateAction);
        engine.Fill(v, 3);
        Assert.Equal(-1, Residuals.Of(engine, v, r, 0.9).AsSpan().IndexOfAnyExcept(3));
    }

    private static void ExpectRefusal(EngineOptions options, string message)
    {
        using CpuBackend backend = new(1, 64);
        Assert.Equal(
            message,
            Assert.Throws<InvalidInputException>(() => backend.CreateEngine(new RandomInstances(1, 3, 2).Transitions, options)).Message);
    }

    private static void WithLanes(string value, Action act)
    {
        string? before = Environment.GetEnvironmentVariable(CpuBackend.LanesVariable);
        Environment.SetEnvironmentVariable(CpuBackend.LanesVariable, value);
        try
        {
            act();
        }
        finally
        {
            Environment.SetEnvironmentVariable(CpuBackend.LanesVariable, before);
        }
    }
}
