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

/// <summary>
/// A problem on a device: the MDP instances of every leader as x configures them. Owns its engine.
/// </summary>
public sealed class Mdp : IDisposable
{
    private readonly ProblemBinding _binding;
    private readonly int[] _contexts;
    private readonly double[] _weights;
    private readonly double[] _temperatures;
    private readonly string?[] _failures;
    private bool _contextsChanged = true;

    /// <summary>Puts <paramref name="problem"/> on <paramref name="backend"/>.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="leaders">Leaders that run at once.</param>
    /// <param name="contextMode">Whether contexts are drawn or averaged.</param>
    /// <param name="precision">Precision of storage and lanes.</param>
    /// <param name="layout">Which axis the lanes run over.</param>
    public Mdp(
        Problem problem, Backend backend, int leaders = 1, ContextMode contextMode = ContextMode.Averaged,
        Precision precision = Precision.F64, EngineLayout layout = EngineLayout.Auto)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(backend);
        Problem = problem;
        if (problem.ContextsAreTogether) contextMode = ContextMode.Averaged;
        RequireContexts(problem);
        int perLeader = contextMode == ContextMode.Averaged ? problem.ContextProbabilities.Count : 1;
        if ((long)leaders * perLeader > int.MaxValue)
            throw new InvalidInputException(
                $"{problem.Name}: {leaders} leaders, each in {perLeader} contexts; expected at most {int.MaxValue} instances in all");
        Engine = backend.CreateEngine(
            problem.Transitions,
            new EngineOptions(leaders, perLeader, problem.HasOwnTransitions, precision, layout, problem.LeaderActions));
        ContextMode = contextMode;
        X = Engine.Allocate(ArrayKind.Parameter, problem.ParameterCount);
        Reward = Engine.Allocate(ArrayKind.StateAction);
        LeaderReward = Engine.Allocate(ArrayKind.StateAction);
        Initial = Engine.Allocate(ArrayKind.State);
        _contexts = new int[Engine.Instances];
        _weights = new double[Engine.Instances];
        for (int i = 0; i < Engine.Instances; i++)
        {
            _contexts[i] = contextMode == ContextMode.Averaged ? i % perLeader : 0;
            _weights[i] = contextMode == ContextMode.Averaged ? problem.ContextProbabilities[i % perLeader] : 1;
        }

        _failures = new string?[Engine.Instances];
        _temperatures = new double[Engine.Instances];
        _temperatures.AsSpan().Fill(problem.Temperature);
        Engine.SetTemperatures(_temperatures);
        _binding = problem.Bind(Engine);
    }

    /// <summary>The problem.</summary>
    public Problem Problem { get; }

    /// <summary>What it is computed with.</summary>
    public Engine Engine { get; }

    /// <summary>
    /// Stops what is computed of this MDP, and hears how far it is. After an <see cref="OperationCanceledException"/> nothing that
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
    public bool IsolatesFailures { get; init; }

    /// <summary>Parameters x of each leader, (P).</summary>
    public DeviceArray X { get; }

    /// <summary>Follower's reward r, (S, A) for each instance.</summary>
    public DeviceArray Reward { get; }

    /// <summary>Leader's reward l, (S, A) for each instance.</summary>
    public DeviceArray LeaderReward { get; }

    /// <summary>Initial distribution μ, (S) for each instance.</summary>
    public DeviceArray Initial { get; }

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

    /// <summary>What x does: writes rewards, transitions, initial distribution and leader's policy of every instance.</summary>
    public void Configure()
    {
        _binding.Configure(X, _contexts, _contextsChanged, this);
        _contextsChanged = false;
    }

    /// <summary>gradient += the pullback of <paramref name="cotangents"/>, contexts weighted.</summary>
    /// <param name="cotangents">Derivatives in what <see cref="Configure"/> wrote.</param>
    /// <param name="gradient">(P) for each leader, accumulated.</param>
    public void Pullback(Cotangents cotangents, DeviceArray gradient) =>
        _binding.Pullback(X, _contexts, _weights, cotangents, gradient);

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

    /// <inheritdoc/>
    public void Dispose()
    {
        _binding.Dispose();
        X.Dispose();
        Reward.Dispose();
        LeaderReward.Dispose();
        Initial.Dispose();
        Engine.Dispose();
    }
}
