using CommunityToolkit.HighPerformance.Buffers;
using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;
using FastHyper.Rollouts;
using FastHyper.Rollouts.SupportPoints;

namespace FastHyper.Leaders;

/// <summary>
/// The leader's loop, for many leaders at once: configure the environment, let the follower respond, roll the response
/// out, estimate the hypergradient, step. An iteration allocates nothing, and copies nothing to the host unless the
/// problem is one that runs there.
/// </summary>
/// <remarks>
/// A leader of which something is no longer finite stops: its parameters stay as they are, and the others go on with the bits that
/// they would have without that. On the device its place is taken by the problem at its first x, whose results are not reported.
/// </remarks>
public sealed class Leader : IDisposable
{
    private readonly LeaderOptions _options;
    private readonly Optimizer _optimizer;
    private readonly DeviceArray _gradient;
    private readonly ulong[] _seeds;
    private readonly double[] _temperatures;
    private readonly double[] _signs;
    private readonly Draws _draws;
    private readonly double[]?[] _last;
    private readonly List<LeaderDivergence> _diverged = [];
    private WorkMonitor? _cancellable;

    /// <summary>Sets the loop up at iteration 0.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="estimator">How the hypergradient is estimated.</param>
    /// <param name="options">Leaders and how they step.</param>
    /// <param name="backend">Where to compute; owned by the caller.</param>
    public Leader(Problem problem, IHypergradientEstimator estimator, LeaderOptions options, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(estimator);
        ArgumentNullException.ThrowIfNull(options);
        if (problem.ParameterCount == 0)
            throw new InvalidInputException(
                $"{problem.Name}: no leader parameters; expected some, as a problem file has with features or leader_features");
        (problem as FiniteProblem)?.RequireSoft();
        if (problem is FiniteProblem { LeaderActions: > 0 } && !estimator.PlaysGames)
            throw new InvalidInputException(
                $"estimator: '{estimator.Name}' knows no leader who acts, as in {problem.Name}; expected one that does, "
                + "such as exact, bc-hg or naive");
        if (options.Leaders.Count == 0) throw new InvalidInputException("leader: no leaders; expected at least one");
        Estimator = estimator;
        Backend = backend ?? throw new ArgumentNullException(nameof(backend));
        _options = options;
        _seeds = [.. options.Leaders.Select(leader => leader.Seed)];
        _temperatures = new double[_seeds.Length];
        _signs = [.. Enumerable.Repeat(options.Minimize ? -1.0 : 1.0, _seeds.Length)];
        Instances = problem.On(backend, new InstanceLayout(_seeds.Length, options.ContextMode, options.Precision, options.Layout));
        Instances.IsolatesFailures = true;
        Instances.Initialise(_seeds);
        Follower = CreateFollower();
        Rollouts = estimator.Sampling is SamplingOptions sampling && !estimator.SamplesItself ? RolloutSampler.Of(Instances, Follower,
            sampling)
            : null;
        _draws = new Draws(_seeds);
        Hypergradient = estimator.Bind(new EstimationContext(Instances, Follower, Rollouts) { Draws = _draws });
        _gradient = Instances.Engine.Allocate(ArrayKind.Parameter, problem.ParameterCount);
        _optimizer = new Optimizer(Instances.Engine, problem.ParameterCount, options);
        _last = new double[]?[_seeds.Length];
    }

    /// <summary>How the hypergradient is estimated.</summary>
    public IHypergradientEstimator Estimator { get; }

    /// <summary>Where leaders are computed.</summary>
    public Backend Backend { get; }

    /// <summary>The problem as x configures it; in the place of a leader that has diverged, as the x that it began with does.</summary>
    public ProblemInstances Instances { get; }

    /// <summary>The follower.</summary>
    public Follower Follower { get; }

    /// <summary>The rollouts; null where the estimator uses the model.</summary>
    public RolloutSampler? Rollouts { get; }

    /// <summary>The configured MDP of a finite problem.</summary>
    /// <exception cref="InvalidOperationException">The problem is of another kind.</exception>
    public Mdp Mdp => Instances as Mdp ?? throw new InvalidOperationException($"{Instances.Problem.Name}: not a finite problem");

    /// <summary>The follower's answer as a table, in a finite problem.</summary>
    /// <exception cref="InvalidOperationException">It is none.</exception>
    public TabularFollower Response =>
        Follower as TabularFollower ?? throw new InvalidOperationException($"{Instances.Problem.Name}: the response is no table");

    /// <summary>The rollouts over a finite MDP; null where there are none.</summary>
    public EpisodeSampler? Sampler => Rollouts as EpisodeSampler;

    /// <summary>The estimator at work.</summary>
    public Hypergradient Hypergradient { get; }

    /// <summary>The leaders that run at once.</summary>
    public IReadOnlyList<LeaderSetting> Settings => _options.Leaders;

    /// <summary>Leader steps done.</summary>
    public long Iteration { get; private set; }

    /// <summary>Norm of each leader's last gradient, before the clip.</summary>
    public ReadOnlySpan<double> GradientNorms => _optimizer.GradientNorms;

    /// <summary>
    /// Everything that the next iterations depend on, by name: what a checkpoint holds, with <see cref="Parameters"/> for x, beside
    /// <see cref="Iteration"/> and <see cref="Diverged"/>.
    /// </summary>
    public IEnumerable<(string Name, DeviceArray Array)> State =>
        [("x", Instances.X), .. Follower.State, .. Hypergradient.State, .. _optimizer.State];

    /// <summary>Those that have diverged, in the order in which they did.</summary>
    public IReadOnlyList<LeaderDivergence> Diverged => _diverged;

    /// <summary>Whether a leader has diverged.</summary>
    /// <param name="leader">Which leader.</param>
    public bool HasDiverged(int leader) => _last[leader] is not null;

    /// <summary>One step of the leaders that have not diverged.</summary>
    /// <param name="cancellation">
    /// Ends the step where it is. <see cref="Iteration"/> and x are then those before it; what else <see cref="State"/> holds has no
    /// meaning until it is restored.
    /// </param>
    /// <exception cref="InvalidOperationException">A solve did not converge, or all leaders have diverged.</exception>
    /// <exception cref="OperationCanceledException">The step was ended.</exception>
    public void Step(CancellationToken cancellation = default)
    {
        if (TryStep(cancellation)) return;
        throw new InvalidOperationException(
            _seeds.Length == 1 ? $"{_diverged[^1]}" : $"all {_seeds.Length} leaders diverged, at last {_diverged[^1]}");
    }

    /// <summary>One step of the leaders that have not diverged; false where there are none.</summary>
    /// <param name="cancellation">
    /// Ends the step where it is. <see cref="Iteration"/> and x are then those before it; what else <see cref="State"/> holds has no
    /// meaning until it is restored.
    /// </param>
    /// <exception cref="InvalidOperationException">A solve did not converge.</exception>
    /// <exception cref="OperationCanceledException">The step was ended.</exception>
    public bool TryStep(CancellationToken cancellation = default)
    {
        if (_diverged.Count == _seeds.Length) return false;
        if (!cancellation.CanBeCanceled) return Iterate();
        cancellation.ThrowIfCancellationRequested();
        WorkMonitor before = Instances.Monitor;
        if (_cancellable?.Cancellation != cancellation) _cancellable = cancellation;
        Instances.Monitor = _cancellable;
        try
        {
            return Iterate();
        }
        finally
        {
            Instances.Monitor = before;
        }
    }

    private bool Iterate()
    {
        SetTemperatures();
        Instances.DrawContexts(_seeds, (uint)Iteration);
        Instances.Configure();
        Follower.Respond(_seeds, (uint)Iteration);
        Rollouts?.Sample(Follower, _seeds, (uint)Iteration);
        _draws.Iteration = (uint)Iteration;
        Hypergradient.Estimate();
        Instances.Engine.Fill(_gradient, 0);
        Instances.Engine.Accumulate(_gradient, Hypergradient.Direct, _signs);
        Instances.Engine.Accumulate(_gradient, Hypergradient.Response, _signs);
        _optimizer.Measure(_gradient, Iteration);
        StopDiverged();
        if (_diverged.Count == _seeds.Length) return false;
        _optimizer.Step(Instances.X, _gradient, Iteration);
        Iteration++;
        return true;
    }

    /// <summary>Steps one at a time; after each, the number of steps done, <see cref="Iteration"/>, is yielded.</summary>
    /// <param name="count">How many.</param>
    /// <param name="cancellation">Ends a step where it is.</param>
    /// <exception cref="OperationCanceledException">A step was ended.</exception>
    public IEnumerable<long> Steps(long count, CancellationToken cancellation = default)
    {
        for (long i = 0; i < count; i++)
        {
            Step(cancellation);
            yield return Iteration;
        }
    }

    /// <summary>Copies a leader's parameters x to the host; of one that has diverged, those that it last had.</summary>
    /// <param name="leader">Which leader.</param>
    public double[] Parameters(int leader = 0)
    {
        if (_last[leader] is double[] last) return [.. last];
        double[] x = new double[Instances.Problem.ParameterCount];
        Instances.Engine.Download(Instances.X, leader, x);
        return x;
    }

    /// <summary>Exact discounted return of each leader under the last response, whatever its gradient is of.</summary>
    /// <param name="options">Of the solve.</param>
    /// <param name="returns">(leaders), contexts averaged, written.</param>
    /// <exception cref="InvalidOperationException">The solve did not converge.</exception>
    public void EvaluateReturns(SolveOptions options, Span<double> returns)
    {
        if (Instances is not Mdp mdp)
        {
            using Evaluation evaluation = Evaluation.Of(Instances, options, null, null);
            evaluation.Evaluate(returns);
            return;
        }

        using LeaderReturn value = new(mdp, options);
        value.Evaluate(Response.Policy, returns);
    }

    /// <summary>Goes on from an iteration, once <see cref="State"/> has been restored, with <see cref="Parameters"/> for x.</summary>
    /// <param name="iteration">Leader steps done.</param>
    /// <param name="diverged">Those that had diverged.</param>
    public void ResumeAt(long iteration, params IEnumerable<LeaderDivergence> diverged)
    {
        ArgumentNullException.ThrowIfNull(diverged);
        Iteration = iteration;
        foreach (LeaderDivergence divergence in diverged) Stop(divergence);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _gradient.Dispose();
        Hypergradient.Dispose();
        Rollouts?.Dispose();
        Follower.Dispose();
        Instances.Dispose();
    }

    private Follower CreateFollower()
    {
        if (_options.CreateFollower is null && Instances is UngriddedInstances ungridded)
            return new PointFollower(ungridded, _options.Follower);
        if (_options.CreateFollower is not Func<Mdp, Follower> create) return Follower.Of(Instances, _options.Follower);
        if (Instances is not Mdp mdp)
            throw new InvalidInputException(
                $"{Instances.Problem.Name}: a follower of a finite MDP was chosen; expected one of this problem's own");
        return create(mdp) ?? throw new InvalidInputException("leader: CreateFollower made null; expected a follower");
    }

    private void SetTemperatures()
    {
        for (int leader = 0; leader < _temperatures.Length; leader++)
            _temperatures[leader] = _options.Leaders[leader].Temperature?.At(HasDiverged(leader) ? 0 : Iteration)
                ?? Instances.Problem.Temperature;
        Instances.SetTemperatures(_temperatures);
    }

    /// <summary>
    /// Stops the leaders of which something is not finite: what failed on the way to the gradient, the gradient, or the step along it.
    /// </summary>
    private void StopDiverged()
    {
        for (int leader = 0; leader < _last.Length; leader++)
        {
            if ((Instances.FailureOf(leader) ?? _optimizer.Obstacle(leader)) is not string cause) continue;
            if (!HasDiverged(leader)) Stop(new LeaderDivergence(leader, _options.Leaders[leader], Iteration, cause));
            Clear(leader);
        }

        Instances.ForgetFailures();
    }

    /// <summary>Keeps a leader's parameters, and leaves its place to those that it began with.</summary>
    private void Stop(LeaderDivergence divergence)
    {
        int leader = divergence.Leader;
        _diverged.Add(divergence);
        _last[leader] = Parameters(leader);
        _optimizer.Stop(leader);
        double[] x = new double[Instances.Problem.ParameterCount];
        Instances.Problem.InitialParameters(_seeds[leader], x);
        Instances.Engine.Upload(Instances.X, leader, x);
    }

    /// <summary>Sets all that an iteration hands on of a leader, but x, to zeros: what it came to may be no numbers.</summary>
    private void Clear(int leader)
    {
        int each = Instances.Engine.Options.InstancesPerLeader;
        foreach ((_, DeviceArray array) in State.Where(entry => entry.Array != Instances.X).Append(("gradient", _gradient)))
        {
            using SpanOwner<double> zeros = SpanOwner<double>.Allocate(array.Length, AllocationMode.Clear);
            (int first, int count) = array.Kind == ArrayKind.Parameter ? (leader, 1) : (leader * each, each);
            for (int i = first; i < first + count; i++) Instances.Engine.Upload(array, i, zeros.Span);
        }
    }
}
