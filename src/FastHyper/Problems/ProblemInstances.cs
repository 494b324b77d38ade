using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>How a leader meets the contexts of a problem.</summary>
public enum ContextMode
{
    /// <summary>One context is drawn for each leader iteration.</summary>
    Drawn,

    /// <summary>Every context is an instance of its own, weighted by its probability.</summary>
    Averaged,
}

/// <summary>How many instances of a problem there are, and how they lie in memory.</summary>
/// <param name="Leaders">Leaders that run at once.</param>
/// <param name="ContextMode">Whether contexts are drawn or averaged.</param>
/// <param name="Precision">Precision of storage and lanes.</param>
/// <param name="Layout">Which axis the lanes run over.</param>
public sealed record InstanceLayout(
    int Leaders = 1, ContextMode ContextMode = ContextMode.Averaged, Precision Precision = Precision.F64,
    EngineLayout Layout = EngineLayout.Auto);

/// <summary>
/// A problem on a device: its instances, one for each leader and context, as x configures them. Owns its engine.
/// </summary>
public abstract class ProblemInstances : IDisposable
{
    private readonly int[] _contexts;
    private readonly double[] _weights;
    private readonly double[] _temperatures;
    private readonly string?[] _failures;
    private bool _contextsChanged = true;

    /// <summary>Allocates x, and what each instance is known by.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="engine">What holds and moves parameters: of as many leaders and instances as options say.</param>
    /// <param name="mode">Whether contexts are drawn or averaged.</param>
    private protected ProblemInstances(Problem problem, Engine engine, ContextMode mode)
    {
        Engine = engine;
        ContextMode = ModeOf(problem, mode);
        X = Engine.Allocate(ArrayKind.Parameter, problem.ParameterCount);
        int perLeader = engine.Options.InstancesPerLeader;
        _contexts = new int[Engine.Instances];
        _weights = new double[Engine.Instances];
        for (int i = 0; i < Engine.Instances; i++)
        {
            _contexts[i] = ContextMode == ContextMode.Averaged ? i % perLeader : 0;
            _weights[i] = ContextMode == ContextMode.Averaged ? problem.ContextProbabilities[i % perLeader] : 1;
        }

        _failures = new string?[Engine.Instances];
        _temperatures = new double[Engine.Instances];
        _temperatures.AsSpan().Fill(problem.Temperature);
        Engine.SetTemperatures(_temperatures);
    }

    /// <summary>The problem.</summary>
    public abstract Problem Problem { get; }

    /// <summary>What it is computed with.</summary>
    public Engine Engine { get; }

    /// <summary>
    /// Stops what is computed of this problem, and hears how far it is. After an <see cref="OperationCanceledException"/> nothing that
    /// was being written has any meaning.
    /// </summary>
    public WorkMonitor Monitor
    {
        get => Engine.Monitor;
        set => Engine.Monitor = value;
    }

    /// <summary>Whether contexts are drawn or averaged.</summary>
    public ContextMode ContextMode { get; }

    /// <summary>
    /// Whether an instance of which something is not finite is noted, for its leader to be stopped, and the others go on; else it ends
    /// the work with an exception.
    /// </summary>
    public bool IsolatesFailures { get; set; }

    /// <summary>Parameters x of each leader, (P).</summary>
    public DeviceArray X { get; }

    /// <summary>Context of each instance.</summary>
    public ReadOnlySpan<int> Contexts => _contexts;

    /// <summary>Weight of each instance in its leader's objective; a leader's sum to one, unless contexts are there together.</summary>
    public ReadOnlySpan<double> Weights => _weights;

    /// <summary>Temperature τ of each instance.</summary>
    public ReadOnlySpan<double> Temperatures => _temperatures;

    /// <summary>Sets the context of every leader's only instance by the draw of (seed, iteration).</summary>
    /// <param name="seeds">Seed of each leader.</param>
    /// <param name="iteration">Leader iteration.</param>
    public void DrawContexts(ReadOnlySpan<ulong> seeds, uint iteration)
    {
        if (ContextMode != ContextMode.Drawn || Problem.ContextProbabilities.Count == 1) return;
        for (int leader = 0; leader < Engine.Leaders; leader++)
        {
            double u = Philox.Uniforms(0, Philox.Purpose.Context, 0, iteration, seeds[leader]).First;
            int context = 0;
            while (context < Problem.ContextProbabilities.Count - 1 && (u -= Problem.ContextProbabilities[context]) >= 0) context++;
            _contextsChanged |= _contexts[leader] != context;
            _contexts[leader] = context;
        }
    }

    /// <summary>Sets the temperature of a leader's instances.</summary>
    /// <param name="temperatures">τ of each leader.</param>
    public void SetTemperatures(ReadOnlySpan<double> temperatures)
    {
        bool same = true;
        for (int i = 0; i < _temperatures.Length; i++)
        {
            double temperature = temperatures[i / Engine.Options.InstancesPerLeader];
            same &= _temperatures[i] == temperature;
            _temperatures[i] = temperature;
        }

        if (!same) Engine.SetTemperatures(_temperatures);
    }

    /// <summary>What x does: writes what every instance is configured with.</summary>
    public void Configure()
    {
        Configure(_contextsChanged);
        _contextsChanged = false;
    }

    /// <summary>Tells that an instance has no answer. What comes of the instance from here on has no meaning.</summary>
    /// <param name="instance">Which.</param>
    /// <param name="reason">Why.</param>
    /// <param name="what">What has no answer, in one line.</param>
    /// <exception cref="InvalidInputException">It was given, unless <see cref="IsolatesFailures"/>.</exception>
    /// <exception cref="InvalidOperationException">It was computed, unless <see cref="IsolatesFailures"/>.</exception>
    public void Fail(int instance, Outcome reason, string what)
    {
        if (!IsolatesFailures)
            throw reason == Outcome.BadInput ? new InvalidInputException(what) : new InvalidOperationException(what);
        _failures[instance] ??= what;
    }

    /// <summary>What was not finite of a leader's instances since the last <see cref="ForgetFailures"/>; null where all was.</summary>
    /// <param name="leader">Which leader.</param>
    public string? FailureOf(int leader)
    {
        int each = Engine.Options.InstancesPerLeader;
        foreach (string? failure in _failures.AsSpan(leader * each, each))
            if (failure is not null) return failure;
        return null;
    }

    /// <summary>Forgets what was not finite.</summary>
    public void ForgetFailures() => Array.Clear(_failures);

    /// <summary>Writes the parameters that each leader starts from.</summary>
    /// <param name="seeds">Seed of each leader.</param>
    public void Initialise(ReadOnlySpan<ulong> seeds)
    {
        double[] x = new double[Problem.ParameterCount];
        for (int leader = 0; leader < Engine.Leaders; leader++)
        {
            Problem.InitialParameters(seeds[leader], x);
            Engine.Upload(X, leader, x);
        }
    }

    /// <summary>Weighted sum over each leader's instances: the mean over contexts, or the sum over those that are there together.</summary>
    /// <param name="instances">A number for each instance.</param>
    /// <param name="leaders">A number for each leader, written.</param>
    public void AverageContexts(ReadOnlySpan<double> instances, Span<double> leaders)
    {
        leaders.Clear();
        for (int i = 0; i < instances.Length; i++)
            leaders[i / Engine.Options.InstancesPerLeader] += _weights[i] * instances[i];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Instances that each leader has.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="options">Leaders and contexts.</param>
    /// <exception cref="InvalidInputException">Contexts are without weights that are probabilities, or there are too many
    /// instances.</exception>
    private protected static int InstancesPerLeader(Problem problem, InstanceLayout options)
    {
        RequireContexts(problem);
        int perLeader = ModeOf(problem, options.ContextMode) == ContextMode.Averaged ? problem.ContextProbabilities.Count : 1;
        if ((long)options.Leaders * perLeader > int.MaxValue)
            throw new InvalidInputException(
                $"{problem.Name}: {options.Leaders} leaders, each in {perLeader} contexts; expected at most {int.MaxValue} instances in "
                    + "all");
        return perLeader;
    }

    /// <summary>Writes what every instance is configured with.</summary>
    /// <param name="contextsChanged">Whether contexts differ from the last call's; true in the first.</param>
    private protected abstract void Configure(bool contextsChanged);

    /// <summary>Frees memory.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    private protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        X.Dispose();
        Engine.Dispose();
    }

    private static ContextMode ModeOf(Problem problem, ContextMode mode) => problem.ContextsAreTogether ? ContextMode.Averaged : mode;

    /// <summary>Throws unless contexts are there with weights, or probabilities that sum to one.</summary>
    private static void RequireContexts(Problem problem)
    {
        IReadOnlyList<double> probabilities = problem.ContextProbabilities;
        if (probabilities.Count == 0) throw new InvalidInputException($"{problem.Name}: no contexts; expected at least one");
        double sum = 0;
        for (int i = 0; i < probabilities.Count; i++)
        {
            if (!(probabilities[i] >= 0 && double.IsFinite(probabilities[i])))
                throw new InvalidInputException(
                    $"{problem.Name}: probability of context {i} = {probabilities[i]}; expected a finite number of at least 0");
            sum += probabilities[i];
        }

        if (!problem.ContextsAreTogether && !(Math.Abs(sum - 1) <= Transitions.RowSumSlack))
            throw new InvalidInputException($"{problem.Name}: context probabilities sum to {sum:R}; expected 1");
    }
}
