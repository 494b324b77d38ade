using FastHyper.Problems.Continuous;

namespace FastHyper.Tests.Problems.Continuous;

/// <summary>
/// A smooth problem of d dimensions for tests: s' = s + 0.3 (u − 1)(1 + x₀ s) − 0.1 s + 0.2 x₁ + 0.3 ξ for three actions u, in which all
/// that can be wrong can be made so.
/// </summary>
internal sealed class Drifting(int dimensions, DiscretisationOptions? grid = null, double discount = 0.8, double leaderDiscount = 0.7)
    : ContinuousProblem(
    "drifting", new ContinuousShape([.. Enumerable.Repeat(-2.0, dimensions)], [.. Enumerable.Repeat(2.0, dimensions)], 3, dimensions,
        dimensions),
    [0.3, -0.2, 0.5], discount, leaderDiscount, 0.4)
{
    /// <summary>What the step writes in the place of its first reward.</summary>
    public double? Wrong { get; init; }

    /// <summary>The output, both rewards first, of which the pullback leaves a part out.</summary>
    public int WrongPart { get; init; } = -1;

    /// <summary>How far from the middle starts are at the most.</summary>
    public double StartWidth { get; init; } = 1;

    /// <summary>What steps are multiplied by.</summary>
    public double Pace { get; init; } = 1;

    public override bool ControlsTransitions => true;

    public override DiscretisationOptions Discretisation => grid ?? new DiscretisationOptions { Points = [17], Nodes = 3, Starts = 4 };

    public override void Start(SampleSpans uniforms, SampleSpans states)
    {
        for (int d = 0; d < dimensions; d++)
            for (int k = 0; k < states.Count; k++) states[d][k] = StartWidth * ((2 * uniforms[d][k]) - 1);
    }

    public override void Step(ReadOnlySpan<double> settings, StepSpans steps)
    {
        for (int k = 0; k < steps.Count; k++)
        {
            int action = steps.Actions[k];
            double cost = 0;
            for (int d = 0; d < dimensions; d++)
            {
                double s = steps.States[d][k];
                double moved = (0.3 * (action - 1) * (1 + (settings[0] * s))) - (0.1 * s) + (0.2 * settings[1]) + (0.3 * steps.Noise[d][k]);
                steps.Next[d][k] = s + (Pace * moved);
                cost += s * s;
            }

            steps.Reward[k] = Wrong ?? (-cost + (settings[2] * action));
            steps.LeaderReward[k] = Math.Cos(steps.States[0][k]) - (settings[2] * settings[2]) - (0.1 * settings[0] * action);
            steps.Ends[k] = steps.States[0][k] > 1.9;
        }
    }

    public override void Pullback(ReadOnlySpan<double> x, int context, StepSpans steps, StepWeights weights, Span<double> gradient)
    {
        for (int k = 0; k < steps.Count; k++)
        {
            int action = steps.Actions[k];
            for (int d = 0; d < dimensions; d++)
            {
                gradient[0] += Pace * weights.Next[d][k] * 0.3 * (action - 1) * steps.States[d][k];
                gradient[1] += Pace * weights.Next[d][k] * (WrongPart == 2 + d ? 0 : 0.2);
            }

            gradient[0] -= 0.1 * action * weights.LeaderReward[k];
            gradient[2] += (WrongPart == 0 ? 0 : action * weights.Reward[k]) - (WrongPart == 1 ? 0 : 2 * x[2] * weights.LeaderReward[k]);
        }
    }
}
