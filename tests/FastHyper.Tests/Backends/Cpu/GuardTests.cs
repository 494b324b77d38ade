using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Problems;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>Verbs work on memory, so they refuse what does not belong to them.</summary>
public sealed class GuardTests : IDisposable
{
    private readonly CpuBackend _backend = new(2, 256);
    private readonly Engine _engine;

    public GuardTests() => _engine = NewEngine(2);

    public void Dispose()
    {
        _engine.Dispose();
        _backend.Dispose();
    }

    [Fact]
    public void AnArrayOfAnotherKindIsRefused()
    {
        using DeviceArray state = _engine.Allocate(ArrayKind.State);
        using DeviceArray rows = _engine.Allocate(ArrayKind.StateAction);
        Assert.Contains("expected one of kind StateAction", Assert.Throws<ArgumentException>(() => _engine.ActionValues(state, rows, 0.9, state)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnArrayOfAnotherEngineIsRefused()
    {
        using Engine other = NewEngine(5);
        using DeviceArray foreign = other.Allocate(ArrayKind.State);
        using DeviceArray rows = _engine.Allocate(ArrayKind.StateAction);
        Assert.Throws<ArgumentException>(() => _engine.ActionValues(foreign, rows, 0.9, rows));
        Assert.Throws<ArgumentException>(() => _engine.Upload(foreign, 0, new double[6]));
        Assert.Throws<ArgumentException>(() => _engine.Fill(foreign, 1));
    }

    [Fact]
    public void ADisposedArrayIsRefused()
    {
        DeviceArray state = _engine.Allocate(ArrayKind.State);
        using DeviceArray rows = _engine.Allocate(ArrayKind.StateAction);
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _engine.ActionValues(state, rows, 0.9, rows));
        Assert.Throws<ObjectDisposedException>(() => _engine.Download(state, 0, new double[6]));
        Assert.Throws<ObjectDisposedException>(() => _engine.Fill(state, 0));
    }

    [Fact]
    public void AnEngineFreesTheArraysThatAreLeft()
    {
        Engine engine = NewEngine(1);
        DeviceArray[] arrays = [.. Enumerable.Range(0, 100).Select(_ => engine.Allocate(ArrayKind.State))];
        engine.Dispose();
        Assert.All(arrays, array => Assert.True(array.IsDisposed));
    }

    [Fact]
    public void SpansOfTheWrongLengthAreRefused()
    {
        using RolloutBuffer rollouts = _engine.AllocateRollouts(new RolloutShape(1, 10, 10));
        using DeviceArray state = _engine.Allocate(ArrayKind.State);
        using DeviceArray rows = _engine.Allocate(ArrayKind.StateAction);
        using DeviceArray x = _engine.Allocate(ArrayKind.Parameter, 3);
        DeviceAffineMap map = _engine.Prepare([new AffineMap(new double[_engine.States * _engine.Actions], null)]);
        Assert.Throws<ArgumentException>(() => _engine.Rollout(rollouts, rows, state, rows, rows, new ulong[1], 0));
        Assert.Throws<ArgumentException>(() => _engine.MeanReturns(rollouts, 0.9, new double[1]));
        Assert.Throws<ArgumentException>(() => _engine.LearnActionValues(rollouts, rows, rows, 0.9, new double[1], 0));
        Assert.Throws<ArgumentException>(() => _engine.SetTemperatures(new double[1]));
        Assert.Throws<ArgumentException>(() => _engine.Affine(map, new int[1], x, rows));
        Assert.Throws<ArgumentException>(() => _engine.Affine(map, [0, 1], x, rows));
        Assert.Throws<ArgumentException>(() => _engine.Link(new LinkMap(LinkKind.Sigmoid, -1, 1, WithMagnitudes: true), x, x));
    }

    [Theory]
    [InlineData(Precision.F64, 1e-310)]
    [InlineData(Precision.F32, 1e-39)]
    [InlineData(Precision.F64, double.NaN)]
    public void ATemperatureWithoutAnInverseIsRefused(Precision precision, double temperature)
    {
        using Engine engine = NewEngine(1, precision);
        Assert.Contains("temperature of instance 0", Assert.Throws<InvalidInputException>(() => engine.SetTemperatures([temperature])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MoreRolloutsThanCanBeCountedAreRefused()
    {
        using Engine engine = NewEngine(3);
        InvalidInputException refusal = Assert.Throws<InvalidInputException>(() => engine.AllocateRollouts(new RolloutShape(1431655766, 1, 1)));
        Assert.Contains("1431655766 streams of 1 steps for each of 3 instances", refusal.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(1), InlineData(2)]
    public void AFailureInAKernelReachesItsStarterOnce(int threads)
    {
        using ThreadTeam team = new(threads);
        Failing failing = default;
        Assert.Equal("block", Assert.Throws<InvalidOperationException>(() => team.Run(ref failing, 50)).Message);
        Harmless harmless = default;
        team.Run(ref harmless, 50);
    }

    [Fact]
    public void ATeamThatIsBusyRefusesAnotherRun()
    {
        using ThreadTeam team = new(2);
        Nested nested = new() { Team = team };
        Assert.Contains("one thread at a time", Assert.Throws<InvalidOperationException>(() => team.Run(ref nested, 4)).Message, StringComparison.Ordinal);
    }

    private Engine NewEngine(int leaders, Precision precision = Precision.F64) => _backend.CreateEngine(
        RandomProblem.Generate(1, new RandomProblemOptions { States = 6, Actions = 2, Successors = 2, Parameters = 0, FeaturesPerRow = 0 }).Transitions,
        new EngineOptions(leaders, Precision: precision, Layout: EngineLayout.Instances));

    private struct Failing : IBlockKernel
    {
        public readonly void Run(int block, int worker)
        {
            if (block % 2 == 0) throw new InvalidOperationException("block");
        }
    }

    private struct Harmless : IBlockKernel
    {
        public readonly void Run(int block, int worker) { }
    }

    private struct Nested : IBlockKernel
    {
        public ThreadTeam Team;

        public readonly void Run(int block, int worker)
        {
            Harmless harmless = default;
            Team.Run(ref harmless, 2);
        }
    }
}
