using FastHyper.Backends;

namespace FastHyper.Leaders;

/// <summary>Steps x along the gradient on the device, the gradient clipped by its norm.</summary>
internal sealed class Optimizer : IDisposable
{
    // No number of steps that an iteration counts to, 2³², leads from finite parameters to others.
    private const double LongestStep = double.MaxValue / 2 / (1L << 32);

    // A longer gradient's norm is infinite, as its square is.
    private static readonly double s_longestGradient = Math.Sqrt(double.MaxValue);
    private readonly Engine _engine;
    private readonly LeaderOptions _options;
    private readonly double[] _rates;
    private readonly double[] _scales;
    private readonly bool[] _stopped;
    private readonly DeviceArray? _first;
    private readonly DeviceArray? _second;

    public Optimizer(Engine engine, int parameters, LeaderOptions options)
    {
        if (!(options.GradientClip > 0))
            throw new InvalidInputException($"leader: gradient_clip = {options.GradientClip}; expected a number above 0");
        _engine = engine;
        _options = options;
        _rates = new double[engine.Leaders];
        _scales = new double[engine.Leaders];
        _stopped = new bool[engine.Leaders];
        GradientNorms = new double[engine.Leaders];
        if (options.Optimizer != OptimizerKind.Adam) return;
        _first = engine.Allocate(ArrayKind.Parameter, parameters);
        _second = engine.Allocate(ArrayKind.Parameter, parameters);
    }

    /// <summary>Norm of each leader's last gradient, before the clip.</summary>
    public double[] GradientNorms { get; }

    public IEnumerable<(string Name, DeviceArray Array)> State =>
        _first is null ? [] : [("adam_first", _first), ("adam_second", _second!)];

    /// <summary>Looks at how long the gradients are, and so how far the next step leads.</summary>
    public void Measure(DeviceArray gradient, long iteration)
    {
        _engine.Norms(gradient, GradientNorms);
        for (int leader = 0; leader < _rates.Length; leader++)
        {
            _rates[leader] = _stopped[leader] ? 0 : _options.Leaders[leader].LearningRate.At(iteration);
            _scales[leader] = GradientNorms[leader] > _options.GradientClip ? _options.GradientClip / GradientNorms[leader] : 1;
        }
    }

    /// <summary>What is not finite of the step that was measured; null where all is.</summary>
    public string? Obstacle(int leader) =>
        !double.IsFinite(GradientNorms[leader]) ? "its gradient is not finite"
        : !(StepBound(leader) <= LongestStep) ? "its parameters would not stay finite"
        : null;

    /// <summary>Lets a leader take no more steps: those along finite gradients have length zero from here on.</summary>
    public void Stop(int leader)
    {
        _stopped[leader] = true;
        _rates[leader] = 0;
    }

    /// <summary>Takes the step that was measured.</summary>
    public void Step(DeviceArray x, DeviceArray gradient, long iteration)
    {
        if (_first is not null)
        {
            // Beyond 2³¹ steps the corrections are one.
            int step = (int)Math.Min(iteration + 1, int.MaxValue);
            _engine.AdamStep(
                x, gradient, _first, _second!, _scales, _rates,
                new AdamSettings(_options.AdamFirstDecay, _options.AdamSecondDecay, _options.AdamFloor, step));
        }
        else
        {
            for (int leader = 0; leader < _rates.Length; leader++) _rates[leader] *= _scales[leader];
            _engine.Accumulate(x, gradient, _rates);
        }

        _options.Projection?.Invoke(_engine, x);
    }

    /// <summary>
    /// A bound on what the step adds to any parameter: of Adam from |m̂| ≤ the longest gradient so far, clipped, and √v̂ ≥ 0.
    /// </summary>
    private double StepBound(int leader) => _rates[leader] * (_first is null
        ? _scales[leader] * GradientNorms[leader]
        : Math.Min(_options.GradientClip, s_longestGradient) / _options.AdamFloor);

    public void Dispose()
    {
        _first?.Dispose();
        _second?.Dispose();
    }
}
