using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;

namespace FastHyper.Tests.Support;

/// <summary>A problem on lanes with tight solves and the exact gradient: what tests compare with, or test.</summary>
internal sealed class Solved : IDisposable
{
    private readonly Backend _backend;
    private readonly bool _owned;
    private readonly LeaderReturn _return;
    private readonly Hypergradient _exact;

    public Solved(
        FiniteProblem problem, int leaders = 1, double tolerance = 1e-13, int laneBits = 256,
        Precision precision = Precision.F64, EngineLayout layout = EngineLayout.Auto, ContextMode contextMode = ContextMode.Averaged,
        SolveMethod method = SolveMethod.Auto, int maxSweeps = 1_000_000, Backend? backend = null, SupportOptions? samples = null)
    {
        _owned = backend is null;
        _backend = backend ?? new CpuBackend(1, laneBits);
        Mdp = new Mdp(problem, _backend, leaders, contextMode, precision, layout);
        SolveOptions solve = new() { Tolerance = tolerance, Method = method, MaxSweeps = maxSweeps };
        Follower = samples is null ? SolvedFollower.Create(Mdp, solve) : new LinearResponse(Mdp, problem.ValueFeatures!, solve, samples);
        _return = new LeaderReturn(Mdp, new SolveOptions { Tolerance = tolerance });
        _exact = new ExactEstimator().Bind(new EstimationContext(Mdp, Follower, null));
    }

    public Mdp Mdp { get; }

    /// <summary>The follower that the problem is about.</summary>
    public SolvedFollower Follower { get; }

    /// <summary>The same, where its values are of any kind.</summary>
    public BestResponse Response => (BestResponse)Follower;

    public int States => Mdp.Engine.States;

    public int Rows => Mdp.Engine.States * Mdp.Engine.Actions;

    public int Parameters => Mdp.Problem.ParameterCount;

    /// <summary>Puts the same x, or one x for each leader, and lets the follower respond.</summary>
    public Solved At(params ReadOnlySpan<double[]> x)
    {
        for (int leader = 0; leader < Mdp.Engine.Leaders; leader++) Mdp.Engine.Upload(Mdp.X, leader, x[leader % x.Length]);
        Mdp.Configure();
        Follower.Solve();
        return this;
    }

    /// <summary>Puts the problem's own parameters of a seed.</summary>
    public Solved AtStart(ulong seed = 1) => At(Start(Mdp.Problem, seed));

    public double[] Objectives()
    {
        double[] objectives = new double[Mdp.Engine.Leaders];
        _return.Evaluate(Follower.Policy, objectives);
        return objectives;
    }

    public (double[] Direct, double[] Response) Parts(int leader = 0)
    {
        _exact.Estimate();
        return (Read(_exact.Direct, Parameters, leader), Read(_exact.Response, Parameters, leader));
    }

    public double[] Gradient(int leader = 0)
    {
        (double[] direct, double[] response) = Parts(leader);
        return [.. direct.Zip(response, (a, b) => a + b)];
    }

    public double[] Read(DeviceArray array, int length, int instance = 0)
    {
        double[] values = new double[length];
        Mdp.Engine.Download(array, instance, values);
        return values;
    }

    public static double[] Start(FiniteProblem problem, ulong seed = 1)
    {
        double[] x = new double[problem.ParameterCount];
        problem.InitialParameters(seed, x);
        return x;
    }

    public void Dispose()
    {
        _exact.Dispose();
        _return.Dispose();
        Follower.Dispose();
        Mdp.Dispose();
        if (_owned) _backend.Dispose();
    }
}
