using FastHyper.Backends;
using FastHyper.Hypergradients.Critics;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// HPGD (Thoma et al., arXiv 2406.01575) with Monte-Carlo tables: response = E[Σ_k γ_L^{t_k} Â_L(s_k,a_k)/τ · ∂̂A(s_k,a_k)],
/// ∂̂A the visit-averaged Σ_{j≥k} γ^{j−k} ∂r_j centred by state, and Â_L the visit-averaged leader return of (s,a) less that
/// of s. Both are changes of the weights, and so no Jacobian is formed:
/// O(samples · A) time, O(S·A) memory. Two biases shrink as one over the visits of a state: a pair that is the only one of its state
/// carries no weight at all; and returns and ∂̂A of the same steps vary together, which adds their covariance/τ. The second is three times
/// the gradient itself on a random MDP of 10 × 3 with 200 steps, and 8 % of it with 20 000.
/// </summary>
[Options]
public sealed partial record HpgdEstimator : IHypergradientEstimator
{
    /// <inheritdoc/>
    public string Name => "hpgd";

    /// <inheritdoc/>
    public bool PlaysGames => true;

    /// <summary>Samples of each iteration.</summary>
    [Inline]
    public SamplingOptions Sampling { get; init; } = new();

    SamplingOptions? IHypergradientEstimator.Sampling => Sampling;

    /// <summary>
    /// Where the leader's advantage Â_L comes from: visit averages of returns as published, or a table less its mean under π.
    /// </summary>
    public CriticOptions Critic { get; init; } = new() { Kind = CriticKind.AverageReturns };

    /// <inheritdoc/>
    public Hypergradient Bind(EstimationContext context) =>
        new CentredTraces(context, Critic.Bind(context), Critic.Kind == CriticKind.AverageReturns);

    /// <summary>Covariance traces with u_k averaged over the visits of its pair, less its mean over those of its state.</summary>
    /// <param name="context">What the estimator looks at.</param>
    /// <param name="critic">The leader's action values.</param>
    /// <param name="samplesBaseline">Whether the baseline within u_k is a mean over visits, too, rather than Σ_b π q.</param>
    internal sealed class CentredTraces(EstimationContext context, Critic critic, bool samplesBaseline) : TracedGradient(context, critic)
    {
        protected override void WriteTraces(DeviceArray traces)
        {
            Engine engine = Context.Mdp.Engine;
            FiniteProblem problem = Context.Mdp.Problem;
            if (samplesBaseline)
            {
                engine.Gather(Samples, Critic.Q, StepPlace.Pair, StepOperation.Write, traces);
                engine.AverageVisits(Samples, traces, VisitMean.StepLessState, traces);
            }
            else
            {
                engine.Advantages(Samples, Context.Response.Policy, Critic.Q, traces);
            }

            engine.Scale(Samples, traces, traces, discount: problem.LeaderDiscount, perTemperature: true);
            engine.AverageVisits(Samples, traces, VisitMean.PairLessState, traces);
            engine.Scan(Samples, traces, new Recursion(problem.Discount), traces);
        }
    }
}
