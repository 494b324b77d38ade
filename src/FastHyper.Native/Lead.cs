using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Native;

/// <summary>Leaders at work, <c>fh_leader</c>.</summary>
internal sealed unsafe class Lead : IDisposable
{
    private readonly Leader _leader;
    private ObjectiveEvaluator? _objective;

    public Lead(Device device, FiniteProblem problem, in LeadOptions options)
    {
        if (options.Size != sizeof(LeadOptions)) throw Models.WrongSize("fh_leader_options", options.Size, sizeof(LeadOptions));
        if (options.Leaders < 1) throw new InvalidInputException($"leaders: {options.Leaders}; expected at least 1");
        if (options.Optimizer is not (0 or 1))
            throw new InvalidInputException($"optimizer: {options.Optimizer}; expected 0 (sgd) or 1 (adam)");
        if (options.Contexts is not (0 or 1))
            throw new InvalidInputException($"contexts: {options.Contexts}; expected 0 (drawn) or 1 (averaged)");
        IHypergradientEstimator estimator = Estimators.Create(Models.Text(options.Estimator), Models.Text(options.Settings));
        SolveOptions follower = new() { Tolerance = options.Tolerance };
        var respond = options.Follower;
        void* user = options.User;
        LeaderOptions leaders = new()
        {
            Leaders = LeaderOptions.Seeds(options.Seed, options.Leaders, options.LearningRate),
            Optimizer = (OptimizerKind)options.Optimizer,
            GradientClip = options.GradientClip,
            Minimize = options.Minimize != 0,
            ContextMode = (ContextMode)options.Contexts,
            Precision = Solver.PrecisionOf(options.Precision),
            Follower = follower,
            CreateFollower = respond == null ? null : mdp => new CallbackFollower(mdp, follower, respond, user),
        };
        Device = device;
        _leader = new Leader(problem, estimator, leaders, device.Backend);
        device.Retain();
    }

    public Device Device { get; }

    public WorkMonitor Monitor
    {
        set => _leader.Mdp.Monitor = value;
    }

    public long Iteration => _leader.Iteration;

    public void Step(long count)
    {
        if (count < 0) throw new InvalidInputException($"steps: {count}; expected 0 or more");
        for (long i = 0; i < count; i++) _leader.Step();
    }

    /// <summary>Writes x of each leader, (leaders, P).</summary>
    public void Parameters(in StridedArray x)
    {
        int leaders = _leader.Settings.Count, parameters = _leader.Mdp.Problem.ParameterCount;
        x.RequireShape("x", "(leaders, P)", leaders, parameters);
        for (int leader = 0; leader < leaders; leader++) x.At(leader).Write("x", _leader.Parameters(leader));
    }

    /// <summary>Writes the exact objective under the best response, (leaders).</summary>
    public void Objectives(in StridedArray objectives)
    {
        int leaders = _leader.Settings.Count;
        objectives.RequireShape("objectives", "(leaders)", leaders);
        _objective ??= new ObjectiveEvaluator(_leader);
        double[] values = new double[leaders];
        _objective.Evaluate(_leader, values);
        objectives.Write("objectives", values);
    }

    /// <summary>Writes the norm of each leader's last gradient, (leaders).</summary>
    public void Norms(in StridedArray norms)
    {
        norms.RequireShape("norms", "(leaders)", _leader.Settings.Count);
        norms.Write("norms", [.. _leader.GradientNorms]);
    }

    public void Dispose()
    {
        _objective?.Dispose();
        _leader.Dispose();
        Device.Dispose();
    }
}
