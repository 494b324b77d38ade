using FastHyper.Backends;
using FastHyper.Hypergradients.Critics;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// BC-HG with less variance from the same environment steps: actions in expectation, and the rollouts of the last
/// iterations used again with importance weights. O((1 + reuse) · samples · A) time, O((1 + reuse) · S·A) memory, one pullback.
/// </summary>
/// <remarks>
/// <para>
/// <b>Expectation.</b> The response part is E[Σ_j (u_j + γ e_{j−1}) ∂r(s_j,a_j)]. Given what came before a_j, the leader knows
/// its distribution, and u(s_j,b) of every b from the critic; so the term is replaced by its conditional mean
/// Σ_b π(b|s_j) (u(s_j,b) + γ e_{j−1}) ∂r(s_j,b). The difference is a control variate of mean zero for any critic: nothing is
/// biased, and the variance never grows (Rao–Blackwell). The same holds for ∂l.
/// </para>
/// <para>
/// <b>Reuse.</b> A past iteration's steps followed its policy β. The term of u_k and ∂r(s_j,·) depends on the actions
/// a_0 … a_{j−1}, and so has the weight Π_{i&lt;j} π/β(a_i|s_i) (per decision; the action a_j is in expectation already).
/// Carried in the trace: e_j = ρ_j (p_{j−1} u_j + γ e_{j−1}), p_j = ρ_j p_{j−1}. For fixed π and β that is unbiased; but the
/// present x was reached by way of those samples, which costs a bias of the order of a leader step, as in all reuse. ρ is cut at
/// <see cref="Clip"/>: where it cuts, later terms lose the share 1 − clip·β/π of their weight, a bias towards the early
/// steps of an episode, which vanishes as the leader's steps do, since then ρ → 1. The present batch always has ρ = 1.
/// </para>
/// <para>
/// Past steps are drawn again from their names (seed, iteration) and the policies of those iterations, which are kept,
/// so that a checkpoint needs no samples; their leader's rewards are those of the present x. Past batches teach the critic
/// as well, where it is one that needs no weights (<see cref="CriticKind.ExpectedSarsa"/>).
/// </para>
/// </remarks>
[Options]
public sealed partial record BcHgVrEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "bc-hg-vr";

    /// <summary>Samples of each iteration.</summary>
    [Inline]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Sampling;

    /// <summary>Where the leader's advantage Â_L comes from.</summary>
    public CriticOptions Critic { get; init; } = new() { Kind = CriticKind.ExpectedSarsa };

    /// <summary>Past iterations whose rollouts are used again.</summary>
    [Range(Min = 0)]
    public int Reuse { get; init => field = InRange.Of<BcHgVrEstimator>(value); } = 8;

    /// <summary>Largest importance ratio of one step.</summary>
    [Range(Min = 1, OrInfinity = true)]
    public double Clip { get; init => field = InRange.Of<BcHgVrEstimator>(value); } = 2;

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        FiniteProblem problem = context.Mdp.Problem;
        if (Reuse > 0 && (problem.ControlsTransitions || problem.ControlsInitial))
            throw new InvalidInputException(
                $"bc-hg-vr: reuse = {Reuse}; expected 0, for the leader of {problem.Name} controls transitions or the start");
        if (Reuse > 0 && context.Mdp.ContextMode == ContextMode.Drawn && problem.ContextProbabilities.Count > 1)
            throw new InvalidInputException($"bc-hg-vr: reuse = {Reuse}; expected 0, for {problem.Name} draws a context in each iteration");
        return new ReusingGradient(context, this);
    }

    private sealed class ReusingGradient : TracedGradient
    {
        private readonly BcHgVrEstimator _options;
        private readonly RolloutBuffer? _past;
        private readonly DeviceArray[] _policies;
        private readonly DeviceArray _ones;
        private readonly DeviceArray _ratios;
        private readonly DeviceArray _weights;
        private readonly DeviceArray _slopes;
        private readonly DeviceArray _before;

        public ReusingGradient(EstimationContext context, BcHgVrEstimator options)
            : base(context, options.Critic.Bind(context))
        {
            Engine engine = context.Mdp.Engine;
            _options = options;
            _past = options.Reuse > 0 ? engine.AllocateRollouts(options.Sampling.ToShape()) : null;
            _policies = [.. Enumerable.Range(0, options.Reuse).Select(_ => engine.Allocate(ArrayKind.StateAction))];
            _ones = engine.Allocate(ArrayKind.State);
            engine.Fill(_ones, 1);
            DeviceArray Steps() => engine.AllocateSteps(Samples.Shape);
            (_ratios, _weights, _slopes, _before) = (Steps(), Steps(), Steps(), Steps());
        }

        public override IEnumerable<(string Name, DeviceArray Array)> State =>
            [.. base.State, .. _policies.Select((policy, i) => ($"past_policy_{i}", policy))];

        protected override void EstimateParts()
        {
            base.EstimateParts();
            if (_policies.Length > 0)
                Context.Mdp.Engine.ScaleByState(Context.Response.Policy, _ones, PolicyOf(Context.Draws.Iteration), accumulate: false);
        }

        protected override void Learn()
        {
            for (uint back = Critic.LearnsFromPast ? Past : 0; back > 0; back--)
            {
                Recall(back);
                Critic.LearnFromPast(_past!);
            }

            base.Learn();
        }

        protected override void CountVisits(DeviceArray visits)
        {
            for (uint back = Past; back > 0; back--)
            {
                Recall(back);
                AddExpectations(_past!, PolicyOf(Context.Draws.Iteration - back), visits);
            }

            AddExpectations(Samples, Context.Response.Policy, visits);
        }

        /// <summary>Past iterations that there are.</summary>
        private uint Past => Math.Min(Context.Draws.Iteration, (uint)_policies.Length);

        private DeviceArray PolicyOf(uint iteration) => _policies[iteration % _policies.Length];

        /// <summary>The steps of a past iteration, with the rewards of the present x.</summary>
        private void Recall(uint back)
        {
            Mdp mdp = Context.Mdp;
            uint iteration = Context.Draws.Iteration - back;
            mdp.Monitor.Check("past iterations left", back);
            mdp.Engine.Rollout(_past!, PolicyOf(iteration), mdp.Initial, mdp.Reward, mdp.LeaderReward, Context.Draws.Seeds, iteration);
        }

        /// <summary>
        /// Adds π(b|s_j) (w_j A_L(s_j,b)/τ + γ e_{j−1}) to the cotangent of r(s_j,b) and π(b|s_j) w_j to that of l(s_j,b), for every b;
        /// w_j = γ_L^{t_j} p_{j−1}.
        /// </summary>
        private void AddExpectations(RolloutBuffer samples, DeviceArray behaviour, DeviceArray visits)
        {
            Engine engine = Context.Mdp.Engine;
            DeviceArray policy = Context.Response.Policy;
            double share = 1.0 / (1 + Past);
            engine.Gather(samples, policy, StepPlace.Pair, StepOperation.Write, _ratios);
            engine.Gather(samples, behaviour, StepPlace.Pair, StepOperation.Divide, _ratios);
            engine.Scan(samples, null, new Recursion(1) { Initial = 1, MaxRatio = _options.Clip, Exclusive = true }, _weights, _ratios);
            engine.Scale(samples, _weights, _weights, discount: Context.Mdp.Problem.LeaderDiscount);
            WriteTakenWeights(samples, policy);
            engine.Scan(samples, _slopes, Carried with { Exclusive = true }, _before, _ratios);
            engine.ScatterActions(samples, policy, _before, Rows, share, perEpisode: true, slopes: _weights, q: Critic.Q);
            engine.ScatterActions(samples, policy, _weights, visits, share, perEpisode: true);
        }

        /// <summary>e_j = ρ_j (u_j + γ e_{j−1}).</summary>
        private Recursion Carried => new(Context.Mdp.Problem.Discount) { MaxRatio = _options.Clip };

        /// <summary>u_j = w_j A_L(s_j,a_j)/τ.</summary>
        private void WriteTakenWeights(RolloutBuffer samples, DeviceArray policy)
        {
            Engine engine = Context.Mdp.Engine;
            engine.Advantages(samples, policy, Critic.Q, _slopes);
            engine.Gather(samples, _weights, StepPlace.Step, StepOperation.Multiply, _slopes);
            engine.Scale(samples, _slopes, _slopes, perTemperature: true);
        }

        /// <summary>Those of the present samples, which came last.</summary>
        protected override void WriteTraces(DeviceArray traces) => Context.Mdp.Engine.Scan(Samples, _slopes, Carried, traces, _ratios);

        /// <summary>Done with the visits.</summary>
        protected override void AddRewards(DeviceArray traces) { }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _past?.Dispose();
            foreach (DeviceArray array in (ReadOnlySpan<DeviceArray>)[_ones, _ratios, _weights, _slopes, _before]) array.Dispose();
            foreach (DeviceArray policy in _policies) policy.Dispose();
        }
    }
}
