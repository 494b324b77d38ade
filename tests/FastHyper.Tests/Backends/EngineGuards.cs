using FastHyper.Backends;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Backends;

/// <summary>Verbs work on memory, so every backend's refuse what does not belong to them.</summary>
public abstract class EngineGuards : IDisposable
{
    private Engine? _engine;

    private protected abstract Backend Tested { get; }

    private Engine Engine => _engine ??= NewEngine(2);

    public virtual void Dispose()
    {
        _engine?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void AnArrayOfAnotherKindIsRefused()
    {
        using DeviceArray state = Engine.Allocate(ArrayKind.State);
        using DeviceArray rows = Engine.Allocate(ArrayKind.StateAction);
        Assert.Contains(
            "expected one of kind StateAction",
            Assert.Throws<ArgumentException>(() => Engine.ActionValues(state, rows, 0.9, state)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnArrayOfAnotherEngineIsRefused()
    {
        using Engine other = NewEngine(5);
        using DeviceArray foreign = other.Allocate(ArrayKind.State);
        using DeviceArray rows = Engine.Allocate(ArrayKind.StateAction);
        Assert.Throws<ArgumentException>(() => Engine.ActionValues(foreign, rows, 0.9, rows));
        Assert.Throws<ArgumentException>(() => Engine.Upload(foreign, 0, new double[6]));
        Assert.Throws<ArgumentException>(() => Engine.Fill(foreign, 1));
    }

    [Fact]
    public void ADisposedArrayIsRefused()
    {
        DeviceArray state = Engine.Allocate(ArrayKind.State);
        using DeviceArray rows = Engine.Allocate(ArrayKind.StateAction);
        state.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Engine.ActionValues(state, rows, 0.9, rows));
        Assert.Throws<ObjectDisposedException>(() => Engine.Download(state, 0, new double[6]));
        Assert.Throws<ObjectDisposedException>(() => Engine.Fill(state, 0));
    }

    [Fact]
    public void WhatIsDisposedIsNamedPlainly()
    {
        DeviceArray state = Engine.Allocate(ArrayKind.State);
        state.Dispose();
        Assert.Equal("FastHyper.Backends.DeviceArray", Assert.Throws<ObjectDisposedException>(() => Engine.Fill(state, 0)).ObjectName);
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
        using RolloutBuffer rollouts = Engine.AllocateRollouts(new RolloutShape(1, 10, 10));
        using DeviceArray state = Engine.Allocate(ArrayKind.State);
        using DeviceArray rows = Engine.Allocate(ArrayKind.StateAction);
        using DeviceArray x = Engine.Allocate(ArrayKind.Parameter, 3);
        DeviceAffineMap map = Engine.Prepare([new AffineMap(new double[Engine.States * Engine.Actions], null)]);
        Assert.Throws<ArgumentException>(() => Engine.Rollout(rollouts, rows, state, rows, rows, new ulong[1], 0));
        using DeviceArray steps = Engine.AllocateSteps(rollouts.Shape);
        Assert.Throws<ArgumentException>(() => Engine.MeanOverEpisodes(rollouts, steps, steps, new double[1]));
        Assert.Throws<ArgumentException>(() => Engine.LearnActionValues(rollouts, rows, rows, new(0.9), new double[1]));
        Assert.Throws<ArgumentException>(() => Engine.Scatter(rollouts, steps, StepPlace.Pair, rows, mode: ScatterMode.Approach,
            steps: new double[1]));
        Assert.Throws<ArgumentException>(() => Engine.Scatter(rollouts, steps, StepPlace.Pair, rows, mode: ScatterMode.Add,
            steps: new double[2]));
        Assert.Throws<ArgumentException>(() => Engine.SetTemperatures(new double[1]));
        Assert.Throws<ArgumentException>(() => Engine.Affine(map, new int[1], x, rows));
        Assert.Throws<ArgumentException>(() => Engine.Affine(map, [0, 1], x, rows));
        Assert.Throws<ArgumentException>(() => Engine.Link(new LinkMap(LinkKind.Sigmoid, -1, 1, WithMagnitudes: true), x, x));
    }

    [Fact]
    public void StepsOfOtherRolloutsAndPlacesThatAreNoneAreRefused()
    {
        using RolloutBuffer rollouts = Engine.AllocateRollouts(new RolloutShape(1, 10, 10));
        using DeviceArray steps = Engine.AllocateSteps(rollouts.Shape), others = Engine.AllocateSteps(new RolloutShape(2, 5, 10));
        using DeviceArray rows = Engine.Allocate(ArrayKind.StateAction), state = Engine.Allocate(ArrayKind.State);
        Refused("2 streams of 5 steps; expected 1 of 10", () => Engine.Scale(rollouts, null, others));
        Refused("2 streams of 5 steps; expected 1 of 10", () => Engine.Scan(rollouts, steps, new Recursion(0.9), steps, others));
        Refused("expected one of steps", () => Engine.Scale(rollouts, rows, steps));
        Refused("expected one of kind State ", () => Engine.Gather(rollouts, rows, StepPlace.Next, StepOperation.Write, steps));
        Refused("expected one of kind StateAction", () => Engine.Scatter(rollouts, steps, StepPlace.Pair, state));
        Refused("expected a table", () => Engine.Scatter(rollouts, steps, StepPlace.Step, steps));
        Refused("expected a state", () => Engine.GatherValues(rollouts, rows, rows, StepPlace.Entry, StepOperation.Write, steps));
        Refused("without values", () => Engine.Scan(rollouts, steps, new Recursion(0.9) { Decay = 0.5 }, steps));
        Refused("expected both or none", () => Engine.ScatterActions(rollouts, rows, steps, rows, slopes: steps));
        Refused("expected AllocateSteps", () => Engine.Allocate(ArrayKind.Step, 10));
        Assert.Throws<ArgumentNullException>(() => Engine.Gather(rollouts, null, StepPlace.Pair, StepOperation.Write, steps));
        using Engine other = NewEngine(2);
        using DeviceArray foreign = other.AllocateSteps(rollouts.Shape);
        Assert.Throws<ArgumentException>(() => Engine.Scale(rollouts, null, foreign));
        Assert.Throws<ArgumentException>(() => other.Scale(rollouts, null, foreign));
    }

    private static void Refused(string why, Action act) =>
        Assert.Contains(why, Assert.Throws<ArgumentException>(act).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(Precision.F64, 1e-310)]
    [InlineData(Precision.F32, 1e-39)]
    [InlineData(Precision.F64, double.NaN)]
    public void ATemperatureWithoutAnInverseIsRefused(Precision precision, double temperature)
    {
        using Engine engine = NewEngine(1, precision);
        Assert.Contains(
            "temperature of instance 0", Assert.Throws<InvalidInputException>(() => engine.SetTemperatures([temperature])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void MoreRolloutsThanCanBeCountedAreRefused()
    {
        using Engine engine = NewEngine(3);
        InvalidInputException refusal = Assert.Throws<InvalidInputException>(
            () => engine.AllocateRollouts(new RolloutShape(1431655766, 1, 1)));
        Assert.Contains("1431655766 streams of 1 steps for each of 3 instances", refusal.Message, StringComparison.Ordinal);
    }

    private Engine NewEngine(int leaders, Precision precision = Precision.F64) => Tested.CreateEngine(
        RandomProblem.Generate(1, new RandomProblemOptions { States = 6, Actions = 2, Successors = 2, Parameters = 0, FeaturesPerRow = 0 })
            .Transitions,
        new EngineOptions(leaders, Precision: precision, Layout: EngineLayout.Instances));
}
