using FastHyper.Backends;

namespace FastHyper.Leaders;

/// <summary>Steps x along the gradient on the device, the gradient clipped by its norm.</summary>
internal sealed class Optimizer : IDisposable
{
    private readonly Engine _engine;
    private readonly LeaderOptions _options;
    private readonly double[] _rates;
    private readonly double[] _scales;
    private readonly DeviceArray? _first;
    private readonly DeviceArray? _second;

    public Optimizer(Engine engine, int parameters, LeaderOptions options)
    {
        if (!(options.GradientClip > 0)) throw new InvalidInputException($"leader: gradient_clip = {options.GradientClip}; expected a number above 0");
        _engine = engine;
        _options = options;
        _rates = new double[engine.Leaders];
        _scales = new double[engine.Leaders];
        GradientNorms = new double[engine.Leaders];
        if (options.Optimizer != OptimizerKind.Adam) return;
        _first = engine.Allocate(ArrayKind.Parameter, parameters);
        _second = engine.Allocate(ArrayKind.Parameter, parameters);
    }

    /// <summary>Norm of each leader's last gradient, before the clip.</summary>
    public double[] GradientNorms { get; }

    public IEnumerable<(string Name, DeviceArray Array)> State =>
        _first is null ? [] : [("adam_first", _first), ("adam_second", _second!)];

    public void Step(DeviceArray x, DeviceArray gradient, long iteration)
    {
        _engine.Norms(gradient, GradientNorms);
        for (int leader = 0; leader < _rates.Length; leader++)
        {
            if (!double.IsFinite(GradientNorms[leader]))
                throw new InvalidOperationException($"the gradient of leader {leader} is not finite at iteration {iteration}");
            _rates[leader] = _options.Leaders[leader].LearningRate.At(iteration);
            _scales[leader] = GradientNorms[leader] > _options.GradientClip ? _options.GradientClip / GradientNorms[leader] : 1;
        }

        if (_first is not null)
        {
            // Beyond 2³¹ steps the corrections are one.
            int step = (int)Math.Min(iteration + 1, int.MaxValue);
            _engine.AdamStep(x, gradient, _first, _second!, _scales, _rates, new AdamSettings(_options.AdamFirstDecay, _options.AdamSecondDecay, _options.AdamFloor, step));
        }
        else
        {
            for (int leader = 0; leader < _rates.Length; leader++) _rates[leader] *= _scales[leader];
            _engine.Accumulate(x, gradient, _rates);
        }

        _options.Projection?.Invoke(_engine, x);
    }

    public void Dispose()
    {
        _first?.Dispose();
        _second?.Dispose();
    }
}
