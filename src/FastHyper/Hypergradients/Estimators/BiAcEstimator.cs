using FastHyper.Hypergradients.Critics;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// Bi-level actor-critic for Markov games (Zhang et al., arXiv 1909.03510): the leader's critic is learned towards its best action in
/// the next state given what the follower answers there, l + γ_L max_a' Σ_b' g(b'|s',a') Q(s',a',b'), and its policy, which there is
/// greedy, climbs the critic by Σ_j γ_L^{t_j} Σ_a Q(s_j,a) ∂f(a|s_j). How the follower's answers change with the policy is left out, and
/// so there is no response part. O(samples · L·A) time, O(S·L·A) memory.
/// </summary>
[Options]
public sealed partial record BiAcEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "bi-ac";

    /// <inheritdoc/>
    public bool PlaysGames => true;

    /// <summary>Samples of each iteration.</summary>
    [Inline]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Sampling;

    /// <summary>The leader's critic.</summary>
    public CriticOptions Critic { get; init; } = new() { Kind = CriticKind.Stackelberg };

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">The leader does not act.</exception>
    public Hypergradient Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Mdp.Problem.LeaderActions == 0)
            throw new InvalidInputException($"bi-ac: the leader of {context.Mdp.Problem.Name} does not act; expected a Markov game");
        return new SampledDirect(context, Critic.Bind(context));
    }
}
