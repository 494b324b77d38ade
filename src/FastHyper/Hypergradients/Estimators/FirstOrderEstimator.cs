using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Hypergradients.SupportPoints;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// A first-order estimate of the return's hypergradient, where leader and follower discount alike: the leader pays the follower ε of its
/// own reward, or charges it. With V_± the follower's soft values for r ± ε l and (dπ)_± its discounted visits then,
/// <code>∇F = lim (∇ₓV_+ − ∇ₓV_−)/2ε,   ∇ₓV_± = (∂(r ± ε l))ᵀ(dπ)_± + (∂P)ᵀ γ (dπ)_± ⊗ V_± + (∂μ)ᵀ V_±</code>
/// Two responses and their visits, by the model or by rollouts with the same draws; no critic and no adjoint. Its bias is O(ε²), the
/// variance of rollouts O(1/ε²) where the draws do not cancel. O(two follower solves + samples) time, O(S·A) memory.
/// </summary>
[Options]
public sealed partial record FirstOrderEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "first-order";

    /// <summary>Samples of each iteration, half of them of either response; null where <see cref="Model"/> tells the visits.</summary>
    [Inline, OnlyWith(nameof(Model), false)]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Model ? null : Sampling;

    /// <inheritdoc/>
    public bool SamplesItself => true;

    /// <summary>Whether visits are the exact ones, by the model.</summary>
    public bool Model { get; init; }

    /// <summary>
    /// ε, in units of follower's reward by leader's; 0.3 by default, for rollouts; with the model 1e-5 is as good as exact.
    /// </summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Payment { get; init => field = InRange.Of<FirstOrderEstimator>(value); } = 0.3;

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">The discounts differ, or x controls transitions that rollouts do not tell of.</exception>
    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Instances is UngriddedInstances ungridded)
        {
            RequireOneDiscount(ungridded.Problem);
            return new PointPayments(context, ungridded, Payment, Half(Sampling));
        }

        FiniteProblem problem = context.Mdp.Problem;
        RequireOneDiscount(problem);
        if (!Model && (problem.ControlsTransitions || problem.ControlsInitial))
            throw new InvalidInputException(
                $"estimator: 'first-order' from rollouts where the leader of {problem.Name} controls transitions or the start; expected "
                    + "model = true");
        return new Payments(context, this);
    }

    private static void RequireOneDiscount(Problem problem)
    {
        if (problem.Discount != problem.LeaderDiscount)
            throw new InvalidInputException(
                $"estimator: 'first-order' needs one discount: gamma = {problem.Discount}, gamma_leader = {problem.LeaderDiscount} in "
                    + $"{problem.Name}; expected equal ones");
    }

    private static SamplingOptions Half(SamplingOptions sampling)
    {
        int each = sampling.Steps / 2 / sampling.Streams * sampling.Streams;
        return each >= 1 ? sampling with { Steps = each } : throw new InvalidInputException(
            $"sampling: {sampling.Steps} steps in {sampling.Streams} streams; expected at least two steps in each, for two responses");
    }

    private sealed class Payments : Hypergradient
    {
        // Differences divide what solves leave by 2ε.
        private const double ModelTolerance = 1e-14;
        private readonly double _payment;
        private readonly SolvedFollower _paid;
        private readonly SolvedFollower _charged;
        private readonly LinearSolves? _solves;
        private readonly EpisodeSampler? _sampler;
        private readonly DeviceArray? _steps;
        private readonly DeviceArray _ones;
        private readonly DeviceArray _factor;
        private readonly DeviceArray _saved;
        private readonly DeviceArray _visited;
        private readonly DeviceArray _reward;
        private readonly DeviceArray _leaderReward;
        private readonly DeviceArray _visits;
        private readonly DeviceArray _otherVisits;
        private readonly DeviceArray? _entries;
        private readonly DeviceArray? _initial;
        private readonly Cotangents _direct;
        private readonly Cotangents _response;
        private readonly Cotangents _moved;
        private readonly DeviceArray[] _source = new DeviceArray[1];
        private readonly double[] _coefficients;

        public Payments(EstimationContext context, FirstOrderEstimator options)
            : base(context)
        {
            Mdp mdp = context.Mdp;
            Engine engine = mdp.Engine;
            _payment = options.Payment;
            SolveOptions solve = options.Model
                ? context.Response.Options with { Tolerance = ModelTolerance * Math.Min(1, mdp.Problem.Temperature) }
                : context.Response.Options;
            _paid = SolvedFollower.Create(mdp, solve);
            _charged = SolvedFollower.Create(mdp, solve);
            if (options.Model) _solves = new LinearSolves(mdp, solve);
            else _sampler = new EpisodeSampler(mdp, Half(options.Sampling));
            _steps = _sampler is null ? null : engine.AllocateSteps(_sampler.Buffer.Shape);
            _ones = engine.Allocate(ArrayKind.State);
            engine.Fill(_ones, 1);
            _factor = engine.Allocate(ArrayKind.State);
            _saved = engine.Allocate(ArrayKind.StateAction);
            _visited = engine.Allocate(ArrayKind.StateAction);
            _reward = engine.Allocate(ArrayKind.StateAction);
            _leaderReward = engine.Allocate(ArrayKind.StateAction);
            _visits = engine.Allocate(ArrayKind.State);
            _otherVisits = engine.Allocate(ArrayKind.State);
            if (mdp.Problem.ControlsTransitions) _entries = engine.Allocate(ArrayKind.Entry);
            if (mdp.Problem.ControlsInitial) _initial = engine.Allocate(ArrayKind.State);
            _direct = new Cotangents(null, _leaderReward, null, null);
            _response = new Cotangents(_reward, null, null, null);
            _moved = new Cotangents(null, null, _entries, _initial);
            _coefficients = new double[engine.Instances];
        }

        public override IEnumerable<(string Name, DeviceArray Array)> State =>
        [
            .. _paid.State.Select(s => ("paid_" + s.Name, s.Array)), .. _charged.State.Select(s => ("charged_" + s.Name, s.Array)),
            .. _solves is null ? [] : (ReadOnlySpan<(string, DeviceArray)>)[("paid_visits", _visits), ("charged_visits", _otherVisits)],
        ];

        public override IEnumerable<(string Name, ILinearProofs Solves)> Solves => _solves is null ? [] : [("visits", _solves)];

        protected override void EstimateParts()
        {
            Mdp mdp = Context.Mdp;
            Scale(mdp.Reward, 1, _saved, accumulate: false);
            Respond(_paid, 1, _visits);
            Respond(_charged, -1, _otherVisits);
            Scale(_saved, 1, mdp.Reward, accumulate: false);
            mdp.Pullback(_direct, Direct);
            mdp.Pullback(_response, Response);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _paid.Dispose();
            _charged.Dispose();
            _solves?.Dispose();
            _sampler?.Dispose();
            foreach (DeviceArray? array in (DeviceArray?[])[
                _ones, _factor, _steps, _saved, _visited, _reward, _leaderReward, _visits, _otherVisits, _entries, _initial])
                array?.Dispose();
        }

        /// <summary>Adds a response's share of both cotangents, the first one's in place of what was there.</summary>
        private void Respond(SolvedFollower follower, int sign, DeviceArray visits)
        {
            Mdp mdp = Context.Mdp;
            Engine engine = mdp.Engine;
            double discount = mdp.Problem.Discount, share = sign / (2 * _payment);
            Scale(_saved, 1, mdp.Reward, accumulate: false);
            Scale(mdp.LeaderReward, sign * _payment, mdp.Reward, accumulate: true);
            follower.Solve();
            follower.ThrowIfUnsolved();
            if (_solves is not null)
            {
                _solves.Adjoint(visits, follower.Policy, mdp.Initial, discount);
                engine.ScaleByState(follower.Policy, visits, _visited, accumulate: false);
            }
            else
            {
                _sampler!.Sample(follower, Context.Draws.Seeds, Context.Draws.Iteration);
                engine.Fill(_visited, 0);
                engine.Scale(_sampler.Buffer, null, _steps!, discount: discount);
                engine.Scatter(_sampler.Buffer, _steps!, StepPlace.Pair, _visited, perEpisode: true);
            }

            Scale(_visited, share, _reward, accumulate: sign < 0);
            Scale(_visited, 0.5, _leaderReward, accumulate: sign < 0);
            if (_entries is not null) engine.EntryCotangent(_visited, follower.V, discount * share, _entries);
            if (_initial is not null)
            {
                _source[0] = follower.V;
                _coefficients.AsSpan().Fill(share);
                engine.Combine(_source, _coefficients, _initial);
            }

            if (_entries is not null || _initial is not null) mdp.Pullback(_moved, Response);
        }

        /// <summary>target = factor · rows, or added to it.</summary>
        private void Scale(DeviceArray rows, double factor, DeviceArray target, bool accumulate)
        {
            Engine engine = Context.Mdp.Engine;
            if (factor != 1) engine.Fill(_factor, factor);
            engine.ScaleByState(rows, factor == 1 ? _ones : _factor, target, accumulate);
        }
    }
}
