using FastHyper.Backends;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.LinearQuadratic;
using FastHyper.Hypergradients.SupportPoints;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>Where a leader who acts has the follower's values from.</summary>
public enum FollowerValuesKind
{
    /// <summary>It knows them.</summary>
    Known,

    /// <summary>Fitted to observed states, actions and follower's rewards.</summary>
    Fitted,
}

/// <summary>
/// The Boltzmann-covariance hypergradient from on-policy rollouts (Kudo, Tanabe, Wachi and Akimoto, arXiv 2603.14867):
/// response = E[Σ_k γ_L^{t_k} Â_L(s_k,a_k)/τ · Σ_{j≥k} γ^{j−k} ∂r_j]. The sums are swapped, so that each sample carries
/// one weight, the trace e_j = u_j + γ e_{j−1}; time O(samples · A) and memory O(S·A), whatever the number of leader
/// parameters, and one pullback. In a Markov game the leader's policy takes the place of r: the trace that arrives in s weighs
/// Σ_a ∂f(a|s) V(s,a), with the follower's V known or fitted.
/// </summary>
[Options]
public sealed partial record BcHgEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "bc-hg";

    /// <inheritdoc/>
    public bool PlaysGames => true;

    /// <summary>Samples of each iteration.</summary>
    [Inline]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Sampling;

    /// <summary>Where the leader's advantage Â_L comes from.</summary>
    public CriticOptions Critic { get; init; } = new();

    /// <summary>Whether u_k is averaged over the visits of its (s,a), as published.</summary>
    public bool AverageVisits { get; init; } = true;

    /// <summary>In a game, where the leader has the follower's values from.</summary>
    public FollowerValuesKind FollowerValues { get; init; }

    /// <summary>In a game, how the follower's values are fitted: by sarsa, expected-sarsa or lstd.</summary>
    [OnlyWith(nameof(FollowerValues), FollowerValuesKind.Fitted)]
    public CriticOptions FollowerCritic { get; init; } = new() { Kind = CriticKind.ExpectedSarsa };

    /// <summary>How traces go over continuous states.</summary>
    public ContinuousTraces Continuous { get; init; } = new();

    private bool Fits => FollowerValues == FollowerValuesKind.Fitted;

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">The follower's values are to be fitted where the leader does not act.</exception>
    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (QuadraticGradient.TryBind(context, new QuadraticOptions(Name, QuadraticResponse.Traces, Critic.Kind,
            Traces: Continuous)) is { } quadratic)
            return quadratic;
        if (PointGradient.TryBind(context, new PointOptions(Name, PointTerm.Traces, Critic, Traces: Continuous)) is { } points)
            return points;
        if (Fits && context.Mdp.Problem.LeaderActions == 0)
            throw new InvalidInputException(
                $"bc-hg: values of the follower fitted, which the gradient of {context.Mdp.Problem.Name} does not need; expected a Markov "
                    + "game, or known ones");
        return new CovarianceTraces(context, this);
    }

    private sealed class CovarianceTraces(EstimationContext context, BcHgEstimator options)
        : TracedGradient(context, options.Critic.Bind(context), followerValues: FollowerValuesOf(context, options))
    {
        private static FittedFollowerValues? FollowerValuesOf(EstimationContext context, BcHgEstimator options) =>
            options.Fits ? new FittedFollowerValues(context, options.FollowerCritic) : null;

        protected override void WriteTraces(DeviceArray traces)
        {
            Engine engine = Context.Mdp.Engine;
            FiniteProblem problem = Context.Mdp.Problem;
            engine.Advantages(Samples, Context.Response.Policy, Critic.Q, traces);
            engine.Scale(Samples, traces, traces, discount: problem.LeaderDiscount, perTemperature: true);
            if (options.AverageVisits) engine.AverageVisits(Samples, traces, VisitMean.Pair, traces);
            engine.Scan(Samples, traces, new Recursion(problem.Discount), traces);
        }
    }
}
