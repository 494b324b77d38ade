using FastHyper.Backends;

namespace FastHyper.Problems.Continuous;

/// <summary>
/// Instances of a problem of continuous states without a grid. A device holds parameters and the weights of fits, as many states as there
/// are features; samples are the host's.
/// </summary>
internal sealed class UngriddedInstances : ProblemInstances
{
    private readonly double[][] _x;
    private readonly double[][] _settings;

    public UngriddedInstances(UngriddedProblem problem, Backend backend, InstanceLayout options)
        : base(problem, CreateEngine(problem, backend, options), options.ContextMode)
    {
        Problem = problem;
        _x = [.. Enumerable.Range(0, Engine.Leaders).Select(_ => new double[problem.ParameterCount])];
        _settings = [.. Enumerable.Range(0, Engine.Instances).Select(_ => new double[problem.Continuous.Settings])];
    }

    public override UngriddedProblem Problem { get; }

    /// <summary>The x of an instance's leader, (P).</summary>
    public ReadOnlySpan<double> ParametersOf(int instance) => _x[instance / Engine.Options.InstancesPerLeader];

    /// <summary>What x configured an instance's steps with.</summary>
    public ReadOnlySpan<double> SettingsOf(int instance) => _settings[instance];

    private protected override void Configure(bool contextsChanged)
    {
        for (int leader = 0; leader < _x.Length; leader++) Engine.Download(X, leader, _x[leader]);
        for (int i = 0; i < _settings.Length; i++) Problem.Continuous.Configure(ParametersOf(i), Contexts[i], _settings[i]);
    }

    private static Engine CreateEngine(UngriddedProblem problem, Backend backend, InstanceLayout options)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        int weights = problem.Features.Weights;
        long[] offsets = [.. Enumerable.Range(0, weights + 1).Select(row => (long)row)];
        double[] ones = new double[weights];
        ones.AsSpan().Fill(1);
        // Each state leads to itself: nothing is ever computed with these.
        return backend.CreateEngine(
            new Transitions(weights, 1, new SparseMatrix(weights, offsets, [.. Enumerable.Range(0, weights)], ones)),
            new EngineOptions(options.Leaders, InstancesPerLeader(problem, options)));
    }
}
