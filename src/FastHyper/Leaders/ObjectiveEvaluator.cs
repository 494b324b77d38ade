using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Problems;

namespace FastHyper.Leaders;

/// <summary>
/// The exact objective of each leader's x at the problem's own temperature, all contexts averaged, in float64: what a
/// run is judged by, whatever temperature or contexts its leaders train with. Each evaluation starts from zero, so that it
/// is a function of x alone.
/// </summary>
public sealed class ObjectiveEvaluator : IDisposable
{
    private readonly SolvedFollower _response;
    private readonly LeaderReturn? _return;
    private readonly FiniteReturn? _finite;
    private readonly Objective? _objective;
    private readonly double[] _x;
    private readonly double[] _v;
    private readonly double[] _rows;
    private readonly double[] _instances;
    private readonly bool[] _lost;

    /// <summary>Creates the evaluator.</summary>
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
        Mdp = new Mdp(problem, backend, leaders) { IsolatesFailures = true };
        SolveOptions options = new() { Tolerance = tolerance };
        _response = SolvedFollower.Create(Mdp, options);
        if (finite?.Horizon is int horizon && objective is not null)
            throw new InvalidInputException(
                $"evaluation: horizon = {horizon} for {objective.Name}; expected none, or the discounted return");
        if (finite?.Horizon is not null) _finite = new FiniteReturn(Mdp, finite);
        else if (objective is null) _return = new LeaderReturn(Mdp, options);
        else _objective = objective.Bind(new EstimationContext(Mdp, _response, null));
        _x = new double[problem.ParameterCount];
        _v = new double[problem.Transitions.States];
        _rows = new double[problem.Transitions.States * problem.Transitions.Actions];
        _instances = new double[Mdp.Engine.Instances];
        _lost = new bool[leaders];
    }

    /// <summary>The problem as the evaluated x configures it.</summary>
    public Mdp Mdp { get; }

    /// <summary>The follower's response at the problem's temperature.</summary>
    public SolvedFollower Response => _response;

    /// <summary>Evaluates the present x of every leader.</summary>
    /// <param name="leaders">Whose x.</param>
    /// <param name="objectives">J of each leader, written; not a number of those that have diverged, and where J is not finite.</param>
    /// <exception cref="InvalidOperationException">A solve did not converge.</exception>
    public void Evaluate(Leader leaders, Span<double> objectives)
    {
        ArgumentNullException.ThrowIfNull(leaders);
        for (int leader = 0; leader < objectives.Length; leader++)
        {
            leaders.Mdp.Engine.Download(leaders.Mdp.X, leader, _x);
            Mdp.Engine.Upload(Mdp.X, leader, _x);
        }

        Mdp.ForgetFailures();
        Mdp.Configure();
        Mdp.Engine.Fill(_response.V, 0);
        foreach ((_, DeviceArray array) in _return?.State ?? _objective?.State ?? []) Mdp.Engine.Fill(array, 0);
        _response.Solve();
        _response.ThrowIfUnsolved();
        if (_finite is not null) _finite.Evaluate(_response.Policy, objectives);
        else if (_return is not null) _return.Evaluate(_response.Policy, objectives);
        else _objective!.Evaluate(objectives);
        for (int leader = 0; leader < objectives.Length; leader++)
        {
            _lost[leader] = leaders.HasDiverged(leader) || Mdp.FailureOf(leader) is not null || !double.IsFinite(objectives[leader]);
            if (_lost[leader]) objectives[leader] = double.NaN;
        }
    }

    /// <summary>
    /// Mean over states, and contexts, of the entropy of each leader's evaluated policy, in nats; of the joint policy in a game.
    /// </summary>
    /// <param name="entropies">(leaders), written; not a number where the objective is none.</param>
    public void Entropies(Span<double> entropies)
    {
        for (int i = 0; i < _instances.Length; i++)
        {
            Mdp.Engine.Download(_response.Policy, i, _rows);
            double sum = 0;
            foreach (double p in _rows) sum -= p > 0 ? p * Math.Log(p) : 0;
            _instances[i] = sum / _v.Length;
        }

        Mdp.AverageContexts(_instances, entropies);
        // Contexts that are there together weigh more than one.
        int each = Mdp.Engine.Options.InstancesPerLeader;
        for (int leader = 0; leader < entropies.Length; leader++)
        {
            double total = 0;
            foreach (double weight in Mdp.Weights.Slice(leader * each, each)) total += weight;
            entropies[leader] = _lost[leader] ? double.NaN : entropies[leader] / total;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _response.Dispose();
        _return?.Dispose();
        _finite?.Dispose();
        _objective?.Dispose();
        Mdp.Dispose();
    }
}
