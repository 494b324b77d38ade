using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Hypergradients;

/// <summary>
/// The direct part from samples: (1/N_e) Σ_j γ_L^{t_j} [∂l_j + γ_L V_L(s_{j+1}) ∂ log P(s_{j+1}|s_j,a_j)] and
/// (1/N_e) Σ_episodes V_L(s₀) ∂ log μ(s₀). Where the leader acts, (1/N_e) Σ_j γ_L^{t_j} Σ_a Q_L(s_j,a) ∂f(a|s_j): his own draw of a, whose
/// policy he knows, in expectation, with the mean that (A_L ∂ log f)(s_j, a_j) of the same critic has, and less variance.
/// </summary>
internal class SampledDirect : Hypergradient
{
    private readonly DeviceArray _rows;
    private readonly Cotangents _direct;

    public SampledDirect(EstimationContext context, Critic critic)
        : base(context)
    {
        Engine engine = context.Mdp.Engine;
        Samples = (context.Sampler ?? throw new ArgumentException("a sampling estimator without a sampler", nameof(context))).Buffer;
        Critic = critic;
        _rows = engine.Allocate(ArrayKind.StateAction);
        Problem problem = context.Mdp.Problem;
        Entries = problem.ControlsTransitions ? engine.Allocate(ArrayKind.Entry) : null;
        if (problem.LeaderActions > 0)
        {
            StateWeights = engine.Allocate(ArrayKind.State);
            LeaderPolicy = engine.Allocate(ArrayKind.LeaderAction);
        }

        _direct = new Cotangents(null, _rows, Entries, problem.ControlsInitial ? engine.Allocate(ArrayKind.State) : null, LeaderPolicy);
    }

    public override IEnumerable<(string Name, DeviceArray Array)> State => Critic.State;

    protected RolloutBuffer Samples { get; }

    protected Critic Critic { get; }

    /// <summary>Σ_j γ_L^{t_j} / N_e over the visits of each (s,a): the cotangent of l.</summary>
    protected DeviceArray Visits => _rows;

    /// <summary>Cotangent of the transitions, where the leader controls them.</summary>
    protected DeviceArray? Entries { get; }

    /// <summary>Cotangent of the leader's policy, (S, L), where he acts.</summary>
    protected DeviceArray? LeaderPolicy { get; }

    /// <summary>What weighs the states of <see cref="LeaderPolicy"/>, (S).</summary>
    protected DeviceArray? StateWeights { get; }

    /// <summary>Whether action values are used at all.</summary>
    protected virtual bool NeedsCritic => Entries is not null || _direct.Initial is not null || LeaderPolicy is not null;

    protected override void EstimateParts()
    {
        Mdp mdp = Context.Mdp;
        Engine engine = mdp.Engine;
        DeviceArray policy = Context.Response.Policy;
        double leaderDiscount = mdp.Problem.LeaderDiscount;
        if (NeedsCritic) Learn();

        engine.Fill(_rows, 0);
        CountVisits(_rows);
        if (Entries is not null)
        {
            engine.Fill(Entries, 0);
            engine.DirectTransitionScores(Samples, policy, Critic.Q, leaderDiscount, Entries);
        }

        if (_direct.Initial is not null)
        {
            engine.Fill(_direct.Initial, 0);
            engine.StartScores(Samples, policy, Critic.Q, mdp.Initial, _direct.Initial);
        }

        if (LeaderPolicy is not null)
        {
            engine.Fill(StateWeights!, 0);
            engine.DiscountedVisits(Samples, leaderDiscount, StateWeights!);
            engine.LeaderActionMeans(policy, Critic.Q, entropy: false, LeaderPolicy);
            engine.ScaleByState(LeaderPolicy, StateWeights!, LeaderPolicy, accumulate: false);
        }

        mdp.Pullback(_direct, Direct);
    }

    /// <summary>Takes the samples into the critic.</summary>
    protected virtual void Learn() => Critic.Learn();

    /// <summary>Accumulates the cotangent of l.</summary>
    /// <param name="visits">(S, A) for each instance, zeros.</param>
    protected virtual void CountVisits(DeviceArray visits) => Context.Mdp.Engine.DiscountedVisits(Samples, Context.Mdp.Problem.LeaderDiscount, visits);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        Critic.Dispose();
        _rows.Dispose();
        Entries?.Dispose();
        _direct.Initial?.Dispose();
        StateWeights?.Dispose();
        LeaderPolicy?.Dispose();
    }
}
