using FastHyper.Backends.OpenCl.Buffers;
using FastHyper.Backends.OpenCl.Devices;

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

    // Of an instance's steps a group takes as many at a time; each is compared with those before it, which only lanes that
    // run side by side do for nothing.
    private int StepsAtOnce => Context.Device.Kind == OpenClDeviceKind.Cpu && !Context.GroupSizeIsGiven ? 1 : Context.GroupSize;

    public override void LearnActionValues(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, TemporalDifference target, ReadOnlySpan<double> steps, double traceDecay)
    {
        target.Require(traceDecay);
        CheckLength(steps.Length, Leaders, "step sizes", "leader");
        DeviceMemory pi = Read(policy, ArrayKind.StateAction), table = Written(q, ArrayKind.StateAction), sizes = _stepSizes.Set(steps);
        if (traceDecay == 0)
        {
            Queue.Run(
                WithSamples("critics", "learn_steps", rollouts, _powersOf).With(pi).With(table).With((int)target.Bootstrap).With(EntropyOf(target)).With(target.Discount)
                    .With(sizes).With(Options.InstancesPerLeader),
                Instances);
            return;
        }

        Queue.Run(
            WithSamples("critics", "trace_returns", rollouts, _powersOf).With(pi).With(table).With((int)target.Bootstrap).With(target.Discount).With(traceDecay),
            rollouts.Trajectories);
        RunInOrder(WithSamples("critics", "learn_traces", rollouts, _powersOf).With(table).With(sizes).With(Options.InstancesPerLeader));
    }

    public override void AverageReturns(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double discount)
    {
        DeviceMemory pi = Read(policy, ArrayKind.StateAction), table = Written(q, ArrayKind.StateAction);
        Queue.Run(WithSamples("critics", "trace_returns", rollouts, discount).With(pi).With(table).With((int)Bootstrap.Expected).With(discount).With(1.0), rollouts.Trajectories);
        SumVisits(rollouts, discount);
        Queue.Run(WithSamples("critics", "average_visits", rollouts, discount).With(_visitSums).With(_visitCounts).With(table), StepsOf(rollouts));
        ClearVisits(rollouts, discount);
    }

    public override void CovarianceTraces(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double discount, double leaderDiscount, VisitAveraging averaging, DeviceArray target)
    {
        DeviceMemory pi = Read(policy, ArrayKind.StateAction), table = Read(q, ArrayKind.StateAction), to = Written(target, ArrayKind.StateAction);
        bool averaged = averaging != VisitAveraging.None, visited = averaging == VisitAveraging.AllCentredByState;
        if (visited)
        {
            Queue.Run(WithSamples("traces", "look_up", rollouts, leaderDiscount).With(table), StepsOf(rollouts));
            SumVisits(rollouts, leaderDiscount);
        }

        Queue.Run(
            WithSamples("traces", "weigh_steps", rollouts, leaderDiscount).With(pi).With(table).With(Temperatures)
                .With(visited ? _visitSums : null).With(visited ? _visitCounts : null),
            StepsOf(rollouts));
        if (visited) ClearVisits(rollouts, leaderDiscount);
        if (averaged) SumVisits(rollouts, leaderDiscount);
        Queue.Run(
            WithSamples("traces", "trace_weights", rollouts, leaderDiscount).With(averaged ? _visitSums : null).With(averaged ? _visitCounts : null)
                .With(averaging >= VisitAveraging.PairsCentredByState ? 1 : 0).With(discount),
            rollouts.Trajectories);
        RunInOrder(WithSamples("traces", "add_traces", rollouts, leaderDiscount).With(to));
        if (averaged) ClearVisits(rollouts, leaderDiscount);
    }

    public override void TransitionTraces(RolloutBuffer rollouts, DeviceArray v, double discount, DeviceArray target) => RunInOrder(
        WithSamples("traces", "transition_traces", rollouts, _powersOf).With(_model.Exact).With(Read(v, ArrayKind.State)).With(discount).With(Written(target, ArrayKind.Entry)));

    public override void ArrivalTraces(RolloutBuffer rollouts, double discount, DeviceArray target) =>
        RunInOrder(WithSamples("traces", "arrival_traces", rollouts, _powersOf).With(discount).With(Written(target, ArrayKind.State)));

    public override void DiscountedVisits(RolloutBuffer rollouts, double leaderDiscount, DeviceArray target)
    {
        ArgumentNullException.ThrowIfNull(target);
        bool ofStates = target.Kind == ArrayKind.State;
        RunInOrder(WithSamples("traces", "visits", rollouts, leaderDiscount).With(ofStates ? 1 : 0).With(Written(target, ofStates ? ArrayKind.State : ArrayKind.StateAction)));
    }

    public override void DirectTransitionScores(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, double leaderDiscount, DeviceArray target) => RunInOrder(
        WithSamples("traces", "transition_scores", rollouts, leaderDiscount).With(_model.Exact)
            .With(Read(policy, ArrayKind.StateAction)).With(Read(q, ArrayKind.StateAction)).With(leaderDiscount).With(Written(target, ArrayKind.Entry)));

    public override void StartScores(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray initial, DeviceArray target) => RunInOrder(
        WithSamples("traces", "start_scores", rollouts, _powersOf)
            .With(Read(policy, ArrayKind.StateAction)).With(Read(q, ArrayKind.StateAction)).With(Read(initial, ArrayKind.State)).With(Written(target, ArrayKind.State)));

    public override void MeanReturns(RolloutBuffer rollouts, double leaderDiscount, Span<double> result)
    {
        CheckLength(result.Length, Instances, "results", "instance");
        Queue.Run(WithSamples("traces", "returns", rollouts, leaderDiscount).With(Scratch(ref _returns, 8L * Instances, "returns")), Instances);
        Queue.Read(_returns!, 0, result);
    }

    private static long StepsOf(RolloutBuffer rollouts) => (long)rollouts.Trajectories * rollouts.Shape.Steps;

    /// <summary>Runs a kernel with a group for each instance, which takes its steps in order.</summary>
    private void RunInOrder(OpenClKernel kernel) => Queue.RunGroups(kernel.WithLocal(8L * StepsAtOnce).WithLocal(8L * StepsAtOnce), Instances, groupSize: StepsAtOnce);

    private void SumVisits(RolloutBuffer rollouts, double discount)
    {
        PrepareVisits();
        RunInOrder(WithSamples("critics", "sum_visits", rollouts, discount).With(_visitSums).With(_visitCounts));
    }

    private void ClearVisits(RolloutBuffer rollouts, double discount) =>
        Queue.Run(WithSamples("critics", "clear_visits", rollouts, discount).With(_visitSums).With(_visitCounts), StepsOf(rollouts));

    /// <summary>What tells a critic that it learns the follower's values: the temperatures of their entropy.</summary>
    private DeviceMemory? EntropyOf(TemporalDifference target) => target.Of == ValuesOf.Follower ? Temperatures : null;

    /// <summary>A kernel with the transitions and the record of <c>kernels/records.cl</c>; powers of the discount where it looks at any.</summary>
    private OpenClKernel WithSamples(string file, string name, RolloutBuffer rollouts, double discount)
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

        return WithModel(file, name)
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
