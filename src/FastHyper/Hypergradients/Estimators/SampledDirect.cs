using FastHyper.Backends;
using FastHyper.Hypergradients.Critics;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// The direct part from samples: (1/N_e) Σ_j γ_L^{t_j} [∂l_j + γ_L V_L(s_{j+1}) ∂ log P(s_{j+1}|s_j,a_j)] and
/// (1/N_e) Σ_episodes V_L(s₀) ∂ log μ(s₀). Where the leader acts, (1/N_e) Σ_j γ_L^{t_j} Σ_a Q_L(s_j,a) ∂f(a|s_j): its own draw of a, whose
/// policy it knows, in expectation, with the mean that (A_L ∂ log f)(s_j, a_j) of the same critic has, and less variance.
/// </summary>
internal class SampledDirect : Hypergradient
{
    private readonly DeviceArray _rows;
    private readonly DeviceArray _weights;
    private readonly Cotangents _direct;

    public SampledDirect(EstimationContext context, Critic critic)
        : base(context)
    {
        Engine engine = context.Mdp.Engine;
        Samples = (context.Sampler ?? throw new ArgumentException("a sampling estimator without a sampler", nameof(context))).Buffer;
        Critic = critic;
        _rows = engine.Allocate(ArrayKind.StateAction);
        _weights = engine.AllocateSteps(Samples.Shape);
        FiniteProblem problem = context.Mdp.Problem;
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

    /// <summary>Cotangent of the leader's policy, (S, L), where it acts.</summary>
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
            engine.Scale(Samples, null, _weights, leaderDiscount, leaderDiscount, perEpisode: true);
            engine.GatherValues(Samples, policy, Critic.Q, StepPlace.Next, StepOperation.Multiply, _weights);
            engine.Gather(Samples, engine.Probabilities, StepPlace.Entry, StepOperation.Divide, _weights);
            engine.Scatter(Samples, _weights, StepPlace.Entry, Entries);
        }

        if (_direct.Initial is not null)
        {
            engine.Fill(_direct.Initial, 0);
            engine.Scale(Samples, null, _weights, perEpisode: true);
            engine.GatherValues(Samples, policy, Critic.Q, StepPlace.Start, StepOperation.Multiply, _weights);
            engine.Gather(Samples, mdp.Initial, StepPlace.Start, StepOperation.Divide, _weights);
            engine.Scatter(Samples, _weights, StepPlace.Start, _direct.Initial);
        }

        if (LeaderPolicy is not null)
        {
            engine.Fill(StateWeights!, 0);
            CountVisits(StepPlace.State, StateWeights!);
            engine.LeaderActionMeans(policy, Critic.Q, entropy: false, LeaderPolicy);
            engine.ScaleByState(LeaderPolicy, StateWeights!, LeaderPolicy, accumulate: false);
        }

        mdp.Pullback(_direct, Direct);
    }

    /// <summary>Takes the samples into the critic.</summary>
    protected virtual void Learn() => Critic.Learn();

    /// <summary>Accumulates the cotangent of l.</summary>
    /// <param name="visits">(S, A) for each instance, zeros.</param>
    protected virtual void CountVisits(DeviceArray visits) => CountVisits(StepPlace.Pair, visits);

    /// <summary>Adds γ_L^{t_j}/N_e where the steps stand.</summary>
    private void CountVisits(StepPlace place, DeviceArray target)
    {
        Context.Mdp.Engine.Scale(Samples, null, _weights, discount: Context.Mdp.Problem.LeaderDiscount, perEpisode: true);
        Context.Mdp.Engine.Scatter(Samples, _weights, place, target);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        Critic.Dispose();
        _rows.Dispose();
        _weights.Dispose();
        Entries?.Dispose();
        _direct.Initial?.Dispose();
        StateWeights?.Dispose();
        LeaderPolicy?.Dispose();
    }
}
