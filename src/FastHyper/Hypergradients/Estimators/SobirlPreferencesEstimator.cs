using FastHyper.Backends;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// Model-free SoBiRL on comparisons of segments (Yang, Gao and Yuan, arXiv 2405.19697, its RLHF task): the gradient of
/// <see cref="BradleyTerryObjective"/> from rollouts,
/// <code>E[∂l(d₁,d₂)] + (1/τ) E[l(d₁,d₂) Σ_{d ∈ {d₁,d₂}} Σ_t (∂Q(s_t,a_t) − ∂V(s_t))],   ∂Q(s,a) = E[Σ_j γ^j ∂r(s_j,a_j)],</code>
/// with all pairs of the segments of one batch, and ∂Q from another of as many steps: l and what follows (s_t,a_t) in the
/// same segment vary together. Unbiased but for pairs (s,a) that the other batch does not visit, and for what is left of
/// an episode that is cut. On the host: O(N²) for N segments, O(steps) for the rest; no Jacobian is formed.
/// </summary>
[Options]
public sealed partial record SobirlPreferencesEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "sobirl";

    /// <summary>
    /// Steps of each batch in an iteration, and where an episode of the other batch is cut; streams are the estimator's own.
    /// </summary>
    [Inline]
    public BatchOptions Sampling { get; init; } = new();

    /// <inheritdoc/>
    IObjective? IHypergradientEstimator.Objective => new BradleyTerryObjective { Segment = Segment };

    /// <summary>Steps of a segment, H.</summary>
    [OnlyInCode, Range(Min = 1)]
    public int Segment { get; init => field = InRange.Of<SobirlPreferencesEstimator>(value); } = 3;

    private int Segments => Sampling.Steps / Segment;

    /// <summary>A stream for each segment.</summary>
    SamplingOptions? IHypergradientEstimator.Sampling =>
        new() { Steps = Math.Max(1, Segments) * Segment, Streams = Math.Max(1, Segments), EpisodeLimit = Segment };

    /// <inheritdoc/>
    public long EnvironmentSteps => ((long)Segments * Segment) + ((long)OtherStreams * OtherLength);

    // Those of the other batch.
    private int OtherLength => Math.Min(Sampling.EpisodeLimit, Sampling.Steps);

    private int OtherStreams => Sampling.Steps / OtherLength;

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">There are too few segments, or the leader controls more than rewards.</exception>
    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Mdp.Problem.RequireRewards(Name);
        FiniteProblem problem = context.Mdp.Problem;
        if (Segments < 3)
            throw new InvalidInputException(
                $"sobirl: {Sampling.Steps} steps for segments of {Segment}; expected enough for at least 3 segments of at least 1 step");
        if (problem.ControlsTransitions || problem.ControlsInitial)
            throw new InvalidInputException(
                $"sobirl: the leader of {problem.Name} controls transitions or starts; expected one that controls rewards only");
        SamplingOptions other = new() { Steps = OtherStreams * OtherLength, Streams = OtherStreams, EpisodeLimit = OtherLength };
        return new Sampled(context, new EpisodeSampler(context.Mdp, other));
    }

    private sealed class Sampled : Hypergradient
    {
        private readonly EpisodeSampler _after;
        private readonly SampledSegments _segments;
        private readonly FirstVisits _visits;
        private readonly Cotangents _direct;
        private readonly Cotangents _response;
        private readonly double[] _policy;
        private readonly double[] _first;
        private readonly double[] _second;

        public Sampled(EstimationContext context, EpisodeSampler after)
            : base(context)
        {
            Engine engine = context.Mdp.Engine;
            int rows = engine.States * engine.Actions;
            _after = after;
            _segments = new SampledSegments(context.Sampler!.Buffer.Shape);
            _visits = new FirstVisits(after.Buffer.Shape, rows);
            _direct = new Cotangents(engine.Allocate(ArrayKind.StateAction), engine.Allocate(ArrayKind.StateAction), null, null);
            _response = new Cotangents(engine.Allocate(ArrayKind.StateAction), null, null, null);
            (_policy, _first, _second) = (new double[rows], new double[rows], new double[rows]);
        }

        protected override void EstimateParts()
        {
            Mdp mdp = Context.Mdp;
            Engine engine = mdp.Engine;
            _after.Sample(Context.Response, Context.Draws.OtherSeeds, Context.Draws.Iteration);
            RolloutRecord segments = Context.Sampler!.Buffer.Download(), after = _after.Buffer.Download();
            for (int i = 0; i < engine.Instances; i++)
            {
                _segments.Read(segments, i, engine.Instances, engine.Actions);
                _segments.Compare(mdp.Monitor);
                _segments.Direct(_first, _second);
                engine.Upload(_direct.Reward!, i, _first);
                engine.Upload(_direct.LeaderReward!, i, _second);

                engine.Download(Context.Response.Policy, i, _policy);
                _segments.Scores(_policy, engine.Actions, mdp.Temperatures[i], _first);
                _second.AsSpan().Clear();
                _visits.Trace(after, i, engine.Instances, engine.Actions, mdp.Problem.Discount, _first, _second);
                engine.Upload(_response.Reward!, i, _second);
            }

            mdp.Pullback(_direct, Direct);
            mdp.Pullback(_response, Response);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            _after.Dispose();
            _direct.Reward!.Dispose();
            _direct.LeaderReward!.Dispose();
            _response.Reward!.Dispose();
        }
    }
}
