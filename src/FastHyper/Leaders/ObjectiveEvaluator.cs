using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Problems;

namespace FastHyper.Leaders;

/// <summary>
/// The exact objective of each leader's x at the problem's own temperature, all contexts averaged, in float64: what a
/// run is judged by, whatever temperature or contexts its leaders train with. Each evaluation starts from zero, so that it
/// is a function of x alone.
/// </summary>
public sealed class ObjectiveEvaluator : IDisposable
{
    private readonly Evaluation _evaluation;
    private readonly double[] _x;
    private readonly bool[] _lost;

    /// <summary>Evaluates leaders by the objective that their estimator has, on their backend.</summary>
    /// <param name="leaders">The leaders.</param>
    /// <param name="tolerance">Of the solves: absolute for the follower, relative for the return.</param>
    /// <param name="finite">The steps whose return counts; null, or without a horizon, for the objective itself.</param>
    public ObjectiveEvaluator(Leader leaders, double tolerance = 1e-9, FiniteReturnOptions? finite = null)
        : this(
            (leaders ?? throw new ArgumentNullException(nameof(leaders))).Instances.Problem, leaders.Settings.Count, leaders.Backend,
            tolerance, leaders.Estimator.Objective, finite)
    {
    }

    /// <summary>Evaluates given x.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="leaders">Number of leaders.</param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="tolerance">Of the solves: absolute for the follower, relative for the return.</param>
    /// <param name="objective">What leaders are judged by; null for the discounted return.</param>
    /// <param name="finite">The steps whose return counts; null, or without a horizon, for the objective itself.</param>
    public ObjectiveEvaluator(
        Problem problem, int leaders, Backend backend, double tolerance = 1e-9, IObjective? objective = null,
        FiniteReturnOptions? finite = null)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(backend);
        if (finite?.Horizon is int horizon && objective is not null)
            throw new InvalidInputException(
                $"evaluation: horizon = {horizon} for {objective.Name}; expected none, or the discounted return");
        Instances = problem.On(backend, new InstanceLayout(leaders));
        Instances.IsolatesFailures = true;
        _evaluation = Evaluation.Of(Instances, new SolveOptions { Tolerance = tolerance }, objective, finite);
        _x = new double[problem.ParameterCount];
        _lost = new bool[leaders];
    }

    /// <summary>The problem as the evaluated x configures it.</summary>
    public ProblemInstances Instances { get; }

    /// <summary>The configured MDP of a finite problem.</summary>
    /// <exception cref="InvalidOperationException">The problem is of another kind.</exception>
    public Mdp Mdp => Instances as Mdp ?? throw new InvalidOperationException($"{Instances.Problem.Name}: not a finite problem");

    /// <summary>The follower's response at the problem's temperature.</summary>
    public Follower Follower => _evaluation.Follower;

    /// <summary>The follower's response as a table, in a finite problem.</summary>
    /// <exception cref="InvalidOperationException">It is none.</exception>
    public SolvedFollower Response =>
        Follower as SolvedFollower ?? throw new InvalidOperationException($"{Instances.Problem.Name}: the response is no table");

    /// <summary>Evaluates the present x of every leader.</summary>
    /// <param name="leaders">Whose x.</param>
    /// <param name="objectives">J of each leader, written; not a number of those that have diverged, and where J is not finite.</param>
    /// <exception cref="InvalidOperationException">A solve did not converge.</exception>
    public void Evaluate(Leader leaders, Span<double> objectives)
    {
        ArgumentNullException.ThrowIfNull(leaders);
        for (int leader = 0; leader < objectives.Length; leader++)
        {
            leaders.Instances.Engine.Download(leaders.Instances.X, leader, _x);
            Instances.Engine.Upload(Instances.X, leader, _x);
        }

        Evaluate(objectives);
        for (int leader = 0; leader < objectives.Length; leader++)
            if (leaders.HasDiverged(leader)) (_lost[leader], objectives[leader]) = (true, double.NaN);
    }

    /// <summary>Evaluates given x.</summary>
    /// <param name="x">(P) for each leader.</param>
    /// <param name="objectives">J of each, written; not a number where it is not finite.</param>
    /// <exception cref="InvalidOperationException">A solve did not converge.</exception>
    public void Evaluate(IReadOnlyList<double[]> x, Span<double> objectives)
    {
        ArgumentNullException.ThrowIfNull(x);
        for (int leader = 0; leader < objectives.Length; leader++) Instances.Engine.Upload(Instances.X, leader, x[leader]);
        Evaluate(objectives);
    }

    /// <summary>
    /// Mean over states, and contexts, of the entropy of each leader's evaluated policy, in nats; of the joint policy in a game.
    /// </summary>
    /// <param name="entropies">(leaders), written; not a number where the objective is none.</param>
    public void Entropies(Span<double> entropies)
    {
        _evaluation.Entropies(entropies);
        // Contexts that are there together weigh more than one.
        int each = Instances.Engine.Options.InstancesPerLeader;
        for (int leader = 0; leader < entropies.Length; leader++)
        {
            double total = 0;
            foreach (double weight in Instances.Weights.Slice(leader * each, each)) total += weight;
            entropies[leader] = _lost[leader] ? double.NaN : entropies[leader] / total;
        }
    }

    private void Evaluate(Span<double> objectives)
    {
        Instances.ForgetFailures();
        Instances.Configure();
        _evaluation.Evaluate(objectives);
        for (int leader = 0; leader < objectives.Length; leader++)
        {
            _lost[leader] = Instances.FailureOf(leader) is not null || !double.IsFinite(objectives[leader]);
            if (_lost[leader]) objectives[leader] = double.NaN;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _evaluation.Dispose();
        Instances.Dispose();
    }
}
