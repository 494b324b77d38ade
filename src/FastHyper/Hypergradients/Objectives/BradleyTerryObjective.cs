using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Objectives;

/// <summary>
/// The likelihood of preferences between pairs of segments of H steps, both from the follower's policy, as in SoBiRL's RLHF task
/// (Yang, Gao and Yuan, arXiv 2405.19697): of d₁ and d₂ a judge prefers d₁ with probability q = σ(R*(d₁) − R*(d₂)), and
/// <code>f(x, π) = E_{d₁,d₂ ~ π}[q log σ(Δ) + (1 − q) log σ(−Δ)],   Δ = R(d₁) − R(d₂),   R(d) = Σ_t r(s_t,a_t; x)</code>
/// is the Bradley–Terry log-likelihood of the follower's reward r. The hidden reward, R* = Σ_t l(s_t,a_t), is the leader's own.
/// Exact, by enumeration of all segments that start from μ, on the host: O(T²) for T of them, O(T H) memory.
/// </summary>
[Options]
public sealed partial record BradleyTerryObjective : IObjective
{
    /// <summary>Segments at the most, for each instance: 8 million pairs.</summary>
    public const int MostSegments = 4096;

    /// <inheritdoc/>
    public string Name => "bradley-terry";

    /// <summary>Steps of a segment, H.</summary>
    [Range(Min = 1)]
    public int Segment { get; init => field = InRange.Of<BradleyTerryObjective>(value); } = 3;

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">There are too many segments, or the leader controls more than rewards.</exception>
    public Objective Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Mdp.Problem.ControlsTransitions || context.Mdp.Problem.ControlsInitial)
            throw new InvalidInputException(
                $"bradley-terry: the leader of {context.Mdp.Problem.Name} controls transitions or starts; expected one that controls "
                    + "rewards only");
        context.Mdp.Problem.RequireRewards("bradley-terry");
        return new Likelihood(context, Segment);
    }

    private sealed class Likelihood(EstimationContext context, int steps) : Objective
    {
        private readonly Engine _engine = context.Mdp.Engine;
        private readonly DeviceArray _reward = context.Mdp.Engine.Allocate(ArrayKind.StateAction);
        private readonly DeviceArray _truth = context.Mdp.Engine.Allocate(ArrayKind.StateAction);
        private readonly SegmentTable _segments = new(context.Mdp, steps);
        private readonly double[] _instances = new double[context.Mdp.Engine.Instances];
        private readonly double[] _initial = new double[context.Mdp.Engine.States];
        private readonly double[] _own = context.Mdp.Engine.Probabilities is null
            ? []
            : new double[context.Mdp.Problem.Transitions.Matrix.EntryCount];
        private readonly double[][] _rows =
            [.. Enumerable.Range(0, 6).Select(_ => new double[context.Mdp.Engine.States * context.Mdp.Engine.Actions])];
        private Cotangents? _direct;

        public override DeviceArray PolicyCotangent { get; } = context.Mdp.Engine.Allocate(ArrayKind.StateAction);

        public override Cotangents Direct => _direct ??= new Cotangents(_reward, _truth, null, null);

        public override void Evaluate(Span<double> values)
        {
            for (int i = 0; i < _engine.Instances; i++)
            {
                (double[] policy, double[] reward, double[] truth) = (_rows[0], _rows[1], _rows[2]);
                _engine.Download(context.Response.Policy, i, policy);
                _engine.Download(context.Mdp.Reward, i, reward);
                _engine.Download(context.Mdp.LeaderReward, i, truth);
                _engine.Download(context.Mdp.Initial, i, _initial);
                if (_engine.Probabilities is not null) _engine.Download(_engine.Probabilities, i, _own);
                _segments.Enumerate(_initial, policy, _engine.Probabilities is null ? context.Mdp.Problem.Transitions.Matrix.Values : _own);
                _instances[i] = _segments.LogLikelihood(policy, reward, truth, _rows[3], _rows[4], _rows[5]);
                _engine.Upload(PolicyCotangent, i, _rows[3]);
                _engine.Upload(_reward, i, _rows[4]);
                _engine.Upload(_truth, i, _rows[5]);
            }

            context.Mdp.AverageContexts(_instances, values);
        }

        protected override void Dispose(bool disposing)
        {
            if (!disposing) return;
            _reward.Dispose();
            _truth.Dispose();
            PolicyCotangent.Dispose();
        }
    }
}
