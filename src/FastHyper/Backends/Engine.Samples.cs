namespace FastHyper.Backends;

/// <summary>Rollouts, and critics whose every step looks at what those before it have learnt.</summary>
public abstract partial class Engine
{
    // 33 bytes a step: 280 GiB, more than anyone means to ask for.
    private const long MaxSteps = 1L << 33;

    /// <summary>What a row may fall short of one by, before draws beyond its sum end episodes: what rounding has taken from it.</summary>
    internal double RoundingDeficit => Options is { Precision: Precision.F32, OwnTransitions: true } ? 1e-5 : 1e-9;

    /// <summary>Allocates a buffer for rollouts.</summary>
    /// <param name="shape">What is rolled out each time.</param>
    /// <exception cref="InvalidInputException">The shape is empty, or there are more steps than can be counted.</exception>
    public RolloutBuffer AllocateRollouts(RolloutShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Streams < 1 || shape.Steps < 1 || shape.EpisodeLimit < 1)
        {
            throw new InvalidInputException(
                $"rollouts: {shape.Streams} streams of {shape.Steps} steps, episodes of {shape.EpisodeLimit}; expected at least 1 of each");
        }

        long streams = (long)shape.Streams * Instances;
        if (streams > int.MaxValue || streams > MaxSteps / shape.Steps || shape.Streams > int.MaxValue / shape.Steps)
        {
            throw new InvalidInputException(
                $"rollouts: {shape.Streams} streams of {shape.Steps} steps for each of {Instances} instances; " +
                $"expected at most {int.MaxValue} steps of each and {MaxSteps} in all");
        }

        return AllocateRolloutsCore(shape);
    }

    /// <summary>Draws episodes under the policy from the initial distribution, with the draws of (seed, iteration).</summary>
    /// <param name="rollouts">Filled.</param>
    /// <param name="policy">π, (S, A).</param>
    /// <param name="initial">μ, (S).</param>
    /// <param name="reward">r, (S, A).</param>
    /// <param name="leaderReward">l, (S, A).</param>
    /// <param name="seeds">Key of each leader (leaders).</param>
    /// <param name="iteration">Leader iteration, a word of the counter.</param>
    public abstract void Rollout(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray initial, DeviceArray reward, DeviceArray leaderReward,
        ReadOnlySpan<ulong> seeds, uint iteration);

    /// <summary>
    /// Temporal-difference learning of Q over the rollouts, in the order of streams and time, in place: towards the reward plus the
    /// discount times what <paramref name="target"/> says follows, as steps come. The last step of a cut episode bootstraps with
    /// Σ_b π(b|s') Q(s',b), or with greedy values where the target says so.
    /// </summary>
    /// <param name="rollouts">The samples.</param>
    /// <param name="policy">π, (S, A).</param>
    /// <param name="q">Q, (S, A), updated.</param>
    /// <param name="target">Whose values, and what follows a step.</param>
    /// <param name="steps">Step size α of each leader (leaders).</param>
    /// <exception cref="ArgumentException">The target is not defined, or there are not as many step sizes as leaders.</exception>
    internal void LearnActionValues(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, ReadOnlySpan<double> steps)
    {
        target.Require();
        RequireLength(steps.Length, Leaders, "step sizes", "leader");
        LearnActionValuesCore(rollouts, policy, q, target, steps);
    }

    /// <summary>
    /// Tabular LSTD: the q with q(s,a) = mean over the visits of (s,a) of the reward plus γ Σ_b π(b|s') q(s',b); unvisited pairs keep
    /// their value. Found by sweeps over the samples, O(samples · A) each, which shrink the error by γ; no matrix is formed. A solve ends
    /// by proof: the residual of what was found, measured afresh, is within the tolerance, or no sweep lessens it and rounding explains it.
    /// </summary>
    /// <param name="rollouts">The samples, of any policy.</param>
    /// <param name="policy">π, (S, A).</param>
    /// <param name="q">Q, (S, A), where the sweeps start, updated.</param>
    /// <param name="target">Whose values, and γ; bootstrapped with expectations, whatever it says.</param>
    /// <param name="tolerance">Of the largest residual, relative to the largest value.</param>
    /// <param name="maxSweeps">Sweeps at the most.</param>
    /// <param name="found">What each instance came to (instances), written; one without a proof keeps the last sweep's values.</param>
    /// <exception cref="OperationCanceledException">The <see cref="Monitor"/> asked for an end.</exception>
    internal void SolveActionValues(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, double tolerance, int maxSweeps,
        Span<SampledSolve> found)
    {
        RequireLength(found.Length, Instances, "results", "instance");
        SolveActionValuesCore(rollouts, policy, q, target, tolerance, maxSweeps, found);
        Monitor.Cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Allocates a buffer for rollouts of a shape that has been checked.</summary>
    protected abstract RolloutBuffer AllocateRolloutsCore(RolloutShape shape);

    /// <summary><see cref="LearnActionValues"/> with arguments that have been checked.</summary>
    protected abstract void LearnActionValuesCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, ReadOnlySpan<double> steps);

    /// <summary><see cref="SolveActionValues"/> with arguments that have been checked.</summary>
    private protected abstract void SolveActionValuesCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, double tolerance, int maxSweeps,
        Span<SampledSolve> found);
}
