using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Followers.Solves;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>
/// The leader's return under the follower's policy, with the model: V_L = Σ_a π (l + γ_L P V_L) and
/// J = Σ_s μ(s) V_L(s).
/// </summary>
public sealed class LeaderReturn : IDisposable
{
    private readonly Mdp _mdp;
    private readonly LinearSolves _solves;
    private readonly double[] _instances;
    private readonly Refinement? _refinement;

    /// <summary>Creates the evaluation.</summary>
    /// <param name="mdp">The configured MDP.</param>
    /// <param name="options">When its solve stops; the tolerance is relative.</param>
    public LeaderReturn(Mdp mdp, SolveOptions options)
    {
        ArgumentNullException.ThrowIfNull(mdp);
        _mdp = mdp;
        _solves = new LinearSolves(mdp, options);
        _instances = new double[mdp.Engine.Instances];
        V = mdp.Engine.Allocate(ArrayKind.State);
        if (mdp.Engine.Options.Precision == Precision.F32)
            _refinement = new Refinement(mdp.Engine, mdp.LeaderReward, mdp.Problem.LeaderDiscount);
    }

    /// <summary>Arrays that the next evaluation starts from, by name.</summary>
    public IEnumerable<(string Name, DeviceArray Array)> State => [("leader_values", _refinement?.Potential ?? V)];

    /// <summary>What solves for V_L; it keeps the proof of the last solve.</summary>
    public LinearSolves Solves => _solves;

    /// <summary>V_L, (S) for each instance.</summary>
    public DeviceArray V { get; }

    /// <summary>Solves for V_L from the last one and writes J of each leader.</summary>
    /// <param name="policy">π.</param>
    /// <param name="objectives">J, contexts averaged, (leaders).</param>
    public void Evaluate(DeviceArray policy, Span<double> objectives)
    {
        double discount = _mdp.Problem.LeaderDiscount;
        if (_refinement is null) _solves.Evaluate(V, policy, _mdp.LeaderReward, discount);
        else _solves.Evaluate(_refinement, V, policy, _mdp.LeaderReward, discount);
        _mdp.Engine.Dot(_mdp.Initial, V, _instances);
        _mdp.AverageContexts(_instances, objectives);
    }

    /// <summary>Writes Q_L(s,a) less a function of s: what advantages need, without the size of V_L.</summary>
    /// <param name="q">(S, A) for each instance.</param>
    public void RelativeActionValues(DeviceArray q) =>
        _mdp.Engine.ActionValues(_refinement?.Increment ?? V, _refinement?.Shaped ?? _mdp.LeaderReward, _mdp.Problem.LeaderDiscount, q);

    /// <inheritdoc/>
    public void Dispose()
    {
        V.Dispose();
        _solves.Dispose();
        _refinement?.Dispose();
    }
}
