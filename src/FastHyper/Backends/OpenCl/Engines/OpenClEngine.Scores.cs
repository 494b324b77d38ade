namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>What samples say to one work-item an instance (<c>kernels/scores.cl</c>).</summary>
internal sealed partial class OpenClEngine
{
    public override void SolveActionValues(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, double tolerance, int maximalSweeps)
    {
        PrepareVisits();
        Queue.Run(
            WithSamples("scores", "solve_values", rollouts, _powersOf)
                .With(Read(policy, ArrayKind.StateAction)).With(Written(q, ArrayKind.StateAction)).With(EntropyOf(target)).With(target.Discount)
                .With(tolerance).With(maximalSweeps).With(_visitSums).With(_visitCounts),
            Instances);
    }

    public override void TransferredTraces(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray visits, double discount, DeviceArray target)
    {
        PrepareVisits();
        Queue.Run(
            WithSamples("scores", "transferred_traces", rollouts, _powersOf)
                .With(Read(policy, ArrayKind.StateAction)).With(Read(q, ArrayKind.StateAction)).With(Read(visits, ArrayKind.StateAction)).With(Temperatures)
                .With(discount).With(_visitSums).With(_visitCounts).With(Written(target, ArrayKind.StateAction)),
            Instances);
    }

    public override void ExpectedTraces(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray behaviour, DeviceArray q, double discount, double leaderDiscount,
        double clip, double scale, DeviceArray target, DeviceArray visits) => Queue.Run(
        WithSamples("scores", "expected_traces", rollouts, leaderDiscount)
            .With(Read(policy, ArrayKind.StateAction)).With(Read(behaviour, ArrayKind.StateAction)).With(Read(q, ArrayKind.StateAction)).With(Temperatures)
            .With(discount).With(clip).With(scale).With(Written(target, ArrayKind.StateAction)).With(Written(visits, ArrayKind.StateAction)),
        Instances);

    public override void TrajectoryScores(RolloutBuffer rollouts, DeviceArray policy, double discount, double leaderDiscount, DeviceArray target) => Queue.Run(
        WithSamples("scores", "trajectory_scores", rollouts, leaderDiscount)
            .With(Read(policy, ArrayKind.StateAction)).With(Temperatures).With(discount).With(leaderDiscount).With(Written(target, ArrayKind.StateAction)),
        Instances);
}
