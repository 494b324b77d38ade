using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>What samples say: each instance's in the order of streams and times.</summary>
internal sealed partial class OpenClEngine
{
    private readonly SmallVector<double> _powers;
    private readonly SmallVector<double> _stepSizes;
    private DeviceMemory? _visitSums;
    private DeviceMemory? _visitCounts;
    private DeviceMemory? _returns;
    private double[] _powersOnHost = [1];
    private double _powersOf = double.NaN;

    public override void LearnActionValues(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double discount, ReadOnlySpan<double> steps, double traceDecay)
    {
        CheckLength(steps.Length, Leaders, "step sizes", "leader");
        Run(WithSamples("learn", rollouts, discount)
            .With(Read(policy, ArrayKind.StateAction)).With(Written(q, ArrayKind.StateAction)).With(discount)
            .With(_stepSizes.Set(steps)).With(Options.InstancesPerLeader).With(traceDecay));
    }

    public override void AverageReturns(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double discount)
    {
        PrepareVisits();
        Run(WithSamples("average_returns", rollouts, discount)
            .With(Read(policy, ArrayKind.StateAction)).With(Written(q, ArrayKind.StateAction)).With(discount).With(_visitSums).With(_visitCounts));
    }

    public override void CovarianceTraces(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double discount, double leaderDiscount, bool averageVisits, DeviceArray target)
    {
        if (averageVisits) PrepareVisits();
        Run(WithSamples("traces", rollouts, leaderDiscount)
            .With(Read(policy, ArrayKind.StateAction)).With(Read(q, ArrayKind.StateAction)).With(Temperatures).With(discount)
            .With(averageVisits ? _visitSums : null).With(averageVisits ? _visitCounts : null).With(Written(target, ArrayKind.StateAction)));
    }

    public override void TransitionTraces(RolloutBuffer rollouts, DeviceArray v, double discount, DeviceArray target) =>
        Run(WithSamples("transition_traces", rollouts, _powersOf).With(_model.Exact).With(Read(v, ArrayKind.State)).With(discount).With(Written(target, ArrayKind.Entry)));

    public override void DiscountedVisits(RolloutBuffer rollouts, double leaderDiscount, DeviceArray target) =>
        Run(WithSamples("visits", rollouts, leaderDiscount).With(Written(target, ArrayKind.StateAction)));

    public override void DirectTransitionScores(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double leaderDiscount, DeviceArray target) =>
        Run(WithSamples("transition_scores", rollouts, leaderDiscount).With(_model.Exact)
            .With(Read(policy, ArrayKind.StateAction)).With(Read(q, ArrayKind.StateAction)).With(leaderDiscount).With(Written(target, ArrayKind.Entry)));

    public override void StartScores(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray initial, DeviceArray target) =>
        Run(WithSamples("start_scores", rollouts, _powersOf)
            .With(Read(policy, ArrayKind.StateAction)).With(Read(q, ArrayKind.StateAction)).With(Read(initial, ArrayKind.State)).With(Written(target, ArrayKind.State)));

    public override void MeanReturns(RolloutBuffer rollouts, double leaderDiscount, Span<double> result)
    {
        CheckLength(result.Length, Instances, "results", "instance");
        Run(WithSamples("returns", rollouts, leaderDiscount).With(Scratch(ref _returns, 8L * Instances, "returns")));
        Queue.Read(_returns!, 0, result);
    }

    private void Run(OpenClKernel kernel) => Queue.Run(kernel, Instances);

    /// <summary>A kernel with the transitions and the record of <c>kernels/samples.cl</c>; powers of the discount where it looks at any.</summary>
    private OpenClKernel WithSamples(string name, RolloutBuffer rollouts, double discount)
    {
        OpenClRollouts buffer = Checked(rollouts);
        int longest = Math.Min(rollouts.Shape.EpisodeLimit, rollouts.Shape.Steps);
        if (!discount.Equals(_powersOf) || _powersOnHost.Length < longest)
        {
            if (_powersOnHost.Length < longest) _powersOnHost = new double[longest];
            _powersOnHost[0] = 1;
            for (int t = 1; t < _powersOnHost.Length; t++) _powersOnHost[t] = _powersOnHost[t - 1] * discount;
            _powersOf = discount;
            _powers.Set(_powersOnHost);
        }

        return WithModel("samples", name)
            .With(buffer.Shape.Streams).With(buffer.Shape.Steps).With(buffer.Integers).With(buffer.Numbers).With(buffer.Ends).With(buffer.Episodes).With(_powers.Memory);
    }

    /// <summary>Tables of visits, zero between calls: 12 bytes a state and action of each instance.</summary>
    private void PrepareVisits()
    {
        if (_visitSums is not null) return;
        long rows = Values * Actions;
        DeviceMemory sums = Own(Context.Allocate(8 * rows, "tables of visits"));
        _visitCounts = Own(Context.Allocate(4 * rows, "tables of visits"));
        Queue.Fill(sums, 0.0);
        Queue.Fill(_visitCounts, 0);
        _visitSums = sums;
    }
}
