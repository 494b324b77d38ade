using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Problems;

namespace FastHyper.Leaders;

/// <summary>The objective of a finite problem: the follower is solved for, and the return or another objective evaluated.</summary>
internal sealed class TabularEvaluation : Evaluation
{
    private readonly Mdp _mdp;
    private readonly SolvedFollower _response;
    private readonly LeaderReturn? _return;
    private readonly FiniteReturn? _finite;
    private readonly Objective? _objective;
    private readonly double[] _rows;
    private readonly double[] _instances;

    public TabularEvaluation(Mdp mdp, SolveOptions options, IObjective? objective, FiniteReturnOptions? finite)
    {
        _mdp = mdp;
        _response = SolvedFollower.Create(mdp, options);
        if (finite?.Horizon is not null) _finite = new FiniteReturn(mdp, finite);
        else if (objective is null) _return = new LeaderReturn(mdp, options);
        else _objective = objective.Bind(new EstimationContext(mdp, _response, null));
        _rows = new double[mdp.Engine.States * mdp.Engine.Actions];
        _instances = new double[mdp.Engine.Instances];
    }

    public override Follower Follower => _response;

    public override void Evaluate(Span<double> objectives)
    {
        _mdp.Engine.Fill(_response.V, 0);
        foreach ((_, DeviceArray array) in _return?.State ?? _objective?.State ?? []) _mdp.Engine.Fill(array, 0);
        _response.Solve();
        _response.ThrowIfUnsolved();
        if (_finite is not null) _finite.Evaluate(_response.Policy, objectives);
        else if (_return is not null) _return.Evaluate(_response.Policy, objectives);
        else _objective!.Evaluate(objectives);
    }

    /// <summary>Mean over states of the entropy of the policy.</summary>
    public override void Entropies(Span<double> entropies)
    {
        for (int i = 0; i < _instances.Length; i++)
        {
            _mdp.Engine.Download(_response.Policy, i, _rows);
            double sum = 0;
            foreach (double p in _rows) sum -= p > 0 ? p * Math.Log(p) : 0;
            _instances[i] = sum / _mdp.Engine.States;
        }

        _mdp.AverageContexts(_instances, entropies);
    }

    public override void Dispose()
    {
        _response.Dispose();
        _return?.Dispose();
        _finite?.Dispose();
        _objective?.Dispose();
    }
}
