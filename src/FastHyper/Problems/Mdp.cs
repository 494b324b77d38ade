using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// A finite problem on a device: the MDP instances of every leader as x configures them.
/// </summary>
public sealed class Mdp : ProblemInstances
{
    private readonly ProblemBinding _binding;

    /// <summary>Puts <paramref name="problem"/> on <paramref name="backend"/>.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="leaders">Leaders that run at once.</param>
    /// <param name="contextMode">Whether contexts are drawn or averaged.</param>
    /// <param name="precision">Precision of storage and lanes.</param>
    /// <param name="layout">Which axis the lanes run over.</param>
    public Mdp(
        FiniteProblem problem, Backend backend, int leaders = 1, ContextMode contextMode = ContextMode.Averaged,
        Precision precision = Precision.F64, EngineLayout layout = EngineLayout.Auto)
        : this(problem, backend, new InstanceLayout(leaders, contextMode, precision, layout))
    {
    }

    /// <summary>Puts <paramref name="problem"/> on <paramref name="backend"/>.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Leaders, contexts, precision and layout.</param>
    public Mdp(FiniteProblem problem, Backend backend, InstanceLayout options)
        : base(problem, CreateEngine(problem, backend, options), options.ContextMode)
    {
        Problem = problem;
        Reward = Engine.Allocate(ArrayKind.StateAction);
        LeaderReward = Engine.Allocate(ArrayKind.StateAction);
        Initial = Engine.Allocate(ArrayKind.State);
        _binding = problem.Bind(Engine);
    }

    /// <summary>The problem.</summary>
    public override FiniteProblem Problem { get; }

    /// <summary>Follower's reward r, (S, A) for each instance.</summary>
    public DeviceArray Reward { get; }

    /// <summary>Leader's reward l, (S, A) for each instance.</summary>
    public DeviceArray LeaderReward { get; }

    /// <summary>Initial distribution μ, (S) for each instance.</summary>
    public DeviceArray Initial { get; }

    /// <summary>
    /// The follower's average reward a step, with its entropy, in each instance, where that is what counts; null elsewhere.
    /// </summary>
    public IReadOnlyList<double>? Gains { get; internal set; }

    /// <summary>gradient += the pullback of <paramref name="cotangents"/>, contexts weighted.</summary>
    /// <param name="cotangents">Derivatives in what <see cref="ProblemInstances.Configure()"/> wrote.</param>
    /// <param name="gradient">(P) for each leader, accumulated.</param>
    public void Pullback(Cotangents cotangents, DeviceArray gradient) =>
        _binding.Pullback(X, Contexts, Weights, cotangents, gradient);

    /// <summary>Writes rewards, transitions, initial distribution and leader's policy of every instance.</summary>
    private protected override void Configure(bool contextsChanged) => _binding.Configure(X, Contexts, contextsChanged, this);

    private protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _binding.Dispose();
            Reward.Dispose();
            LeaderReward.Dispose();
            Initial.Dispose();
        }

        base.Dispose(disposing);
    }

    private static Engine CreateEngine(FiniteProblem problem, Backend backend, InstanceLayout options)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(options);
        return backend.CreateEngine(
            problem.Transitions,
            new EngineOptions(
                options.Leaders, InstancesPerLeader(problem, options), problem.HasOwnTransitions, options.Precision, options.Layout,
                problem.LeaderActions));
    }
}
