using FastHyper.Backends;
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
    }

    /// <summary>V_L, (S) for each instance.</summary>
    public DeviceArray V { get; }

    /// <summary>Solves for V_L from the last one and writes J of each leader.</summary>
    /// <param name="policy">π.</param>
    /// <param name="objectives">J, contexts averaged, (leaders).</param>
    public void Evaluate(DeviceArray policy, Span<double> objectives)
    {
        _solves.Evaluate(V, policy, _mdp.LeaderReward, _mdp.Problem.LeaderDiscount);
        _mdp.Engine.Dot(_mdp.Initial, V, _instances);
        _mdp.AverageContexts(_instances, objectives);
    }

    /// <inheritdoc/>
    public void Dispose() => V.Dispose();
}
