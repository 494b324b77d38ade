using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// The chain from an objective to x with the model: the policy's cotangent ∂f/∂π becomes that of the follower's action values,
/// c = π (∂f/∂π − Σ_b π ∂f/∂π)/τ, the follower's derivative makes cotangents of what x configures of it, and the problem pulls them back.
/// Where the leader acts, the cotangent of its policy is Σ_b g(b|s,a) ∂f/∂π(s,a,b) directly, beside what the response adds.
/// </summary>
internal sealed class ModelGradient : Hypergradient
{
    private readonly Objective _objective;
    private readonly ResponseDerivative _response;
    private readonly DeviceArray? _leaderPolicy;
    private readonly Cotangents _leaderDirect;
    private readonly double[] _values;

    public ModelGradient(EstimationContext context, Objective objective, AdjointOptions options)
        : base(context)
    {
        Engine engine = context.Mdp.Engine;
        _objective = objective;
        _response = context.Response.Differentiate(options);
        _leaderPolicy = context.Mdp.Problem.LeaderActions > 0 ? engine.Allocate(ArrayKind.LeaderAction) : null;
        _leaderDirect = new Cotangents(null, null, null, null, _leaderPolicy);
        _values = new double[engine.Leaders];
    }

    /// <summary>The objective at work.</summary>
    public Objective Objective => _objective;

    /// <summary>How the follower's answer depends on what x configures.</summary>
    public ResponseDerivative Derivative => _response;

    /// <summary>The objective of each leader at the last estimate.</summary>
    public ReadOnlySpan<double> Values => _values;

    public override IEnumerable<(string Name, DeviceArray Array)> State => [.. _objective.State, .. _response.State];

    public override IEnumerable<(string Name, ILinearProofs Solves)> Solves => [.. _objective.Solves, .. _response.Solves];

    public override void Certify() => _response.Certify();

    protected override void EstimateParts()
    {
        Mdp mdp = Context.Mdp;
        DeviceArray policy = Context.Response.Policy;
        _objective.Evaluate(_values);
        mdp.Pullback(_objective.Direct, Direct);
        _objective.AddParameterGradient(Direct);
        if (_leaderPolicy is not null)
        {
            mdp.Engine.LeaderActionMeans(policy, _objective.PolicyCotangent, entropy: false, _leaderPolicy);
            mdp.Pullback(_leaderDirect, Direct);
        }

        mdp.Engine.QCotangent(policy, _objective.PolicyCotangent, _response.ActionValues);
        _response.Pullback();
        mdp.Pullback(_response.Configured, Response);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _objective.Dispose();
        _response.Dispose();
        _leaderPolicy?.Dispose();
    }
}
