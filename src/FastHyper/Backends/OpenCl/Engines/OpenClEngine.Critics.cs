using CommunityToolkit.HighPerformance.Buffers;
using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Critics with one work-item an instance (<c>kernels/critics.cl</c>).</summary>
internal sealed partial class OpenClEngine
{
    private DeviceMemory? _solved;

    protected override void LearnActionValuesCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, ReadOnlySpan<double> steps) => Queue.Run(
        WithSteps("learn_steps", Checked(rollouts), "critics").With(Rewards(rollouts, target))
            .With(Rows(policy)).With(Written(q, ArrayKind.StateAction)).With((int)target.Bootstrap).With(EntropyOf(target))
            .With(target.Discount).With(_stepSizes.Set(steps)).With(Options.InstancesPerLeader),
        Instances);

    private protected override void SolveActionValuesCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, double tolerance, int maxSweeps,
        Span<SampledSolve> found)
    {
        PrepareVisits();
        double rounding = SampledSolve.Rounding(tolerance, Options.Precision, (long)rollouts.Shape.Steps * rollouts.Shape.Streams);
        Queue.Run(
            WithSteps("solve_values", Checked(rollouts), "critics").With(Rewards(rollouts, target)).With(Rows(policy))
                .With(Written(q, ArrayKind.StateAction)).With(EntropyOf(target)).With(target.Discount)
                .With(SampledSolve.Held(tolerance, Options.Precision)).With(rounding).With(maxSweeps)
                .With(_visitSums).With(_visitCounts).With(Scratch(ref _solved, 32L * Instances, "solves over samples")),
            Instances);
        using SpanOwner<double> numbers = SpanOwner<double>.Allocate(4 * Instances);
        Queue.Read(_solved!, 0, numbers.Span);
        for (int i = 0; i < found.Length; i++)
        {
            ReadOnlySpan<double> one = numbers.Span.Slice(4 * i, 4);
            found[i] = new SampledSolve(one[0], one[1], (int)one[2], one[3] > 0);
        }
    }

    private DeviceMemory Rewards(RolloutBuffer rollouts, TemporalDifference target) =>
        Read(target.Of == ValuesOf.Leader ? rollouts.LeaderReward : rollouts.Reward, ArrayKind.Step);

    /// <summary>What tells a critic that it learns the follower's values: the temperatures of their entropy.</summary>
    private DeviceMemory? EntropyOf(TemporalDifference target) => target.Of == ValuesOf.Follower ? Temperatures : null;
}
