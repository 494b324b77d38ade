using FastHyper.Backends;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.LinearQuadratic;
using FastHyper.Hypergradients.SupportPoints;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>How the starts of episodes count in an estimate.</summary>
public enum StartsKind
{
    /// <summary>As they were drawn.</summary>
    Sampled,

    /// <summary>By their distribution: what is drawn then tells of the dynamics alone.</summary>
    Expected,
}

/// <summary>
/// The hypergradient through the fixed point of a fit, from on-policy rollouts: with features φ and u_k = γ_L^{t_k} Â_L(s_k,a_k)/τ,
/// <code>c = (1/N_e) Σ_k u_k (φ_k − Σ_b π φ(s_k,b)),   (ΦᵀD(Φ − γ P̂ Ψ) + ρI)ᵀ z = c,   e_k = D_k φ_k·z</code>
/// and the response is Σ_k e_k ∂r(s_k,a_k): one weight a sample, as BC-HG's trace, of which this is the λ = 0 form. Its bias is what the
/// features cannot hold of the follower's values' derivatives, and vanishes with samples where they can. O(samples + S·A·k² + k³) time.
/// </summary>
[Options]
public sealed partial record FittedEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "fitted";

    /// <summary>Samples of each iteration.</summary>
    [Inline]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Sampling;

    /// <summary>φ; the problem's own by default.</summary>
    [Key("features")]
    public FeatureFamilyOptions FeatureFamily { get; init; } = new();

    /// <summary>φ in the place of <see cref="FeatureFamily"/>; null (the default) for that.</summary>
    [OnlyInCode]
    public FeatureRows? Features { get; init; }

    /// <summary>
    /// Where the leader's advantage Â_L comes from; by default LSTD-Q, with the same features where it has none of its own.
    /// </summary>
    public CriticOptions Critic { get; init; } = new() { Kind = CriticKind.LstdQ };

    /// <summary>ρ of the fit, beside mean squares of features; 1e-6 by default.</summary>
    [Range(Min = 0)]
    public double Ridge { get; init => field = InRange.Of<FittedEstimator>(value); } = 1e-6;

    /// <summary>Over continuous states, whether episodes' starts count as drawn, or by their distribution.</summary>
    public StartsKind Starts { get; init; }

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">There are no features.</exception>
    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (QuadraticGradient.TryBind(context, new QuadraticOptions(Name, QuadraticResponse.Fitted, Critic.Kind,
            Starts == StartsKind.Expected)) is { } quadratic)
            return quadratic;
        if (PointGradient.TryBind(context, new PointOptions(Name, PointTerm.Fitted, Critic, FeatureFamily, Ridge)) is { } points
            && Starts == StartsKind.Sampled)
            return points;
        if (Starts == StartsKind.Expected)
            throw new InvalidInputException(
                $"fitted: starts expected on {context.Instances.Problem.Name}; expected a problem of " +
                $"continuous states with quadratic rewards, or sampled ones");
        FeatureRows features = Features ?? FeatureFamily.RowsOf(context.Mdp.Problem);
        bool shares = Critic.Features is null && Critic.FeatureFamily.Kind == FeatureKind.Problem;
        CriticOptions critic = shares ? Critic with { Features = features } : Critic;
        return new FittedTraces(context, critic.Bind(context), features, Ridge);
    }

    private sealed class FittedTraces : TracedGradient
    {
        private readonly SampledFit _fit;
        private readonly DeviceArray _table;
        private readonly double[] _vectors;

        public FittedTraces(EstimationContext context, Critic critic, FeatureRows features, double ridge)
            : base(context, critic)
        {
            _fit = new SampledFit(context.Mdp, Samples, features, ridge);
            _table = context.Mdp.Engine.Allocate(ArrayKind.StateAction);
            _vectors = new double[context.Mdp.Engine.Instances * features.Count];
        }

        // Traces are shares of the mean that c is.
        protected override bool MeansOverEpisodes => false;

        protected override void WriteTraces(DeviceArray traces)
        {
            Engine engine = Context.Mdp.Engine;
            FiniteProblem problem = Context.Mdp.Problem;
            DeviceArray policy = Context.Response.Policy;
            engine.Advantages(Samples, policy, Critic.Q, traces);
            engine.Scale(Samples, traces, traces, discount: problem.LeaderDiscount, perTemperature: true, perEpisode: true);
            // u_k to its own action, and from all of its state's by their probabilities: the cotangent of Q, centred.
            engine.Fill(_table, 0);
            engine.Scatter(Samples, traces, StepPlace.Pair, _table);
            engine.ScatterActions(Samples, policy, traces, _table, factor: -1);
            engine.FeatureSums(_fit.Features, _table, weighted: false, _vectors);
            _fit.Write(policy, problem.Discount);
            _fit.Solve(_vectors, transposed: true, "the fit");
            engine.FeatureValues(_fit.Features, _vectors, weighted: false, _table);
            engine.Scale(Samples, null, traces, _fit.Share);
            engine.Gather(Samples, _table, StepPlace.Pair, StepOperation.Multiply, traces);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _fit.Dispose();
                _table.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
