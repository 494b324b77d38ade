using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>An engine with the arrays that a test put on it; all are freed together.</summary>
internal sealed class Device : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public Device(Backend backend, RandomInstances data, EngineOptions options)
    {
        Data = data;
        Engine = backend.CreateEngine(data.Transitions, options);
        Engine.SetTemperatures(data.Temperatures);
        if (!options.OwnTransitions) return;
        for (int i = 0; i < Engine.Instances; i++) Engine.Upload(Engine.Probabilities!, i, data.Own[i]);
    }

    public RandomInstances Data { get; }

    public Engine Engine { get; }

    public bool Narrow => Engine.Options.Precision == Precision.F32;

    public Reference Reference(int instance) => Data.Reference(instance, Engine.Options.OwnTransitions);

    public T Keep<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    /// <summary>An array of zeros; one of steps is of two streams.</summary>
    public DeviceArray Allocate(ArrayKind kind, int length = 0) =>
        Keep(kind == ArrayKind.Step ? Engine.AllocateSteps(new RolloutShape(2, length / 2, length)) : Engine.Allocate(kind, length));

    public DeviceArray Put(ArrayKind kind, double[][] values)
    {
        DeviceArray array = Allocate(kind, values[0].Length);
        for (int i = 0; i < values.Length; i++) Engine.Upload(array, i, values[i]);
        return array;
    }

    /// <summary>An array of NaN: what a verb leaves unwritten, or reads of it, shows.</summary>
    public DeviceArray Unwritten(ArrayKind kind, int parameters = 0)
    {
        DeviceArray array = Allocate(kind, parameters);
        Engine.Fill(array, double.NaN);
        return array;
    }

    public double[][] Get(DeviceArray array)
    {
        double[][] values = RandomInstances.Each(
            array.Kind == ArrayKind.Parameter ? Engine.Leaders : Engine.Instances, _ => new double[array.Length]);
        for (int i = 0; i < values.Length; i++) Engine.Download(array, i, values[i]);
        return values;
    }

    /// <summary>
    /// Expects <paramref name="reference"/> of each instance, to <paramref name="tolerance"/> (float32: 2e-5) of max(1, |number|).
    /// </summary>
    public void Expect(DeviceArray array, Func<int, double[]> reference, double tolerance = 1e-12)
    {
        double[][] found = Get(array);
        for (int i = 0; i < found.Length; i++) Expect(reference(i), found[i], tolerance);
    }

    public void Expect(double[] expected, double[] found, double tolerance = 1e-12)
    {
        double allowed = Narrow ? 2e-5 : tolerance;
        Assert.Equal(expected.Length, found.Length);
        for (int k = 0; k < found.Length; k++)
        {
            Assert.True(
                Math.Abs(found[k] - expected[k]) <= allowed * Math.Max(1, Math.Abs(expected[k])),
                $"number {k}: {found[k]:R}; expected {expected[k]:R}");
        }
    }

    public void Dispose()
    {
        foreach (IDisposable owned in _owned) owned.Dispose();
        Engine.Dispose();
    }
}
