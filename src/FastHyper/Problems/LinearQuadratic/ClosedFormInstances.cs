using FastHyper.Backends;

namespace FastHyper.Problems.LinearQuadratic;

/// <summary>
/// Instances of a problem with closed forms. A device holds and moves their parameters; matrices of a few dimensions are the host's.
/// </summary>
public sealed class ClosedFormInstances : ProblemInstances
{
    private readonly double[][] _x;

    internal ClosedFormInstances(ClosedFormProblem problem, Backend backend, InstanceLayout options)
        : base(problem, CreateEngine(problem, backend, options), options.ContextMode)
    {
        Problem = problem;
        _x = [.. Enumerable.Range(0, Engine.Leaders).Select(_ => new double[problem.ParameterCount])];
    }

    /// <summary>The problem.</summary>
    public override ClosedFormProblem Problem { get; }

    /// <summary>The parameters that an instance was configured with, (P).</summary>
    /// <param name="instance">Which.</param>
    public ReadOnlySpan<double> ParametersOf(int instance) => _x[instance / Engine.Options.InstancesPerLeader];

    private protected override void Configure(bool contextsChanged)
    {
        for (int leader = 0; leader < _x.Length; leader++) Engine.Download(X, leader, _x[leader]);
    }

    /// <summary>An engine without a table: one state, one action.</summary>
    private static Engine CreateEngine(ClosedFormProblem problem, Backend backend, InstanceLayout options)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        return backend.CreateEngine(
            new Transitions(1, 1, new SparseMatrix(1, [0, 1], [0], [1.0])),
            new EngineOptions(options.Leaders, InstancesPerLeader(problem, options), Precision: options.Precision));
    }
}
