using FastHyper.Problems.Continuous;

namespace FastHyper.Outside;

/// <summary>
/// A problem of a user with a continuous state: whoever lives in a room heats it (1) or not (0); the leader insulates it and prices heat.
/// </summary>
public sealed class Room() : ContinuousProblem(
    "my-room", new ContinuousShape([-10], [10], Actions: 2, StepNormals: 1, StartUniforms: 1), [0.5, 0.2], 0.9, 0.9, 0.3)
{
    /// <inheritdoc/>
    public override bool ControlsTransitions => true;

    /// <inheritdoc/>
    public override void Start(SampleSpans uniforms, SampleSpans states)
    {
        for (int k = 0; k < states.Count; k++) states[0][k] = (8 * uniforms[0][k]) - 4;
    }

    /// <inheritdoc/>
    public override void Step(ReadOnlySpan<double> settings, StepSpans steps)
    {
        Span<double> cold = steps.States[0], noise = steps.Noise[0], next = steps.Next[0];
        double leak = Math.Exp(-settings[0] * settings[0]);
        for (int k = 0; k < steps.Count; k++)
        {
            int heats = steps.Actions[k];
            next[k] = cold[k] + (leak * (-5 - cold[k]) / 4) + (1.5 * heats) + noise[k];
            steps.Reward[k] = -(0.1 * cold[k] * cold[k]) - (settings[1] * heats);
            steps.LeaderReward[k] = (settings[1] * heats) - (0.2 * settings[0] * settings[0]) - (0.05 * cold[k] * cold[k]);
        }
    }

    /// <inheritdoc/>
    public override void Pullback(ReadOnlySpan<double> x, int context, StepSpans steps, StepWeights weights, Span<double> gradient)
    {
        Span<double> cold = steps.States[0], inNext = weights.Next[0];
        double inLeak = -2 * x[0] * Math.Exp(-x[0] * x[0]);
        for (int k = 0; k < steps.Count; k++)
        {
            gradient[0] += (inNext[k] * inLeak * (-5 - cold[k]) / 4) - (0.4 * x[0] * weights.LeaderReward[k]);
            gradient[1] += steps.Actions[k] * (weights.LeaderReward[k] - weights.Reward[k]);
        }
    }
}
