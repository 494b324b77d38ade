using FastHyper.Backends.OpenCl.Buffers;
using FastHyper.Backends.OpenCl.Devices;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Arrays of one number a step (<c>kernels/steps.cl</c>).</summary>
internal sealed partial class OpenClEngine
{
    // Steps of a stream that a work-item scans, where streams do not fill the device.
    private const int StepsInStretch = 64;
    private const int ManyStreams = 1 << 13;

    // Groups that share the targets of few instances; each looks at every step, which takes a device of many groups.
    private const int GroupsOfScatters = 64;
    private readonly SmallVector<double> _powers;
    private readonly SmallVector<double> _stepSizes;
    private DeviceMemory? _visitSums;
    private DeviceMemory? _visitCounts;
    private DeviceMemory? _scales;
    private double[] _powersOnHost = [1];
    private double _powersOf = double.NaN;

    // Of an instance's steps a group takes as many at a time; each is compared with those before it, which only lanes that
    // run side by side do for nothing.
    private int StepsAtOnce => Context.Device.Kind == OpenClDeviceKind.Cpu && !Context.GroupSizeIsGiven ? 1 : Context.GroupSize;

    private int GroupsOfInstance => StepsAtOnce == 1 ? 1 : Math.Max(1, GroupsOfScatters / Instances);

    protected override DeviceArray AllocateStepsCore(RolloutShape shape)
    {
        int length = shape.Streams * shape.Steps;
        return Keep(new OpenClArray(this, ArrayKind.Step, length, Zeros(8L * length * Instances, "an array of steps"), shape));
    }

    protected override void GatherCore(
        RolloutBuffer rollouts, DeviceArray? table, StepPlace place, StepOperation operation, DeviceArray target)
    {
        OpenClRollouts record = Checked(rollouts);
        OpenClKernel kernel = place == StepPlace.Step
            ? Kernel("steps", "gather_steps").With((ulong)record.Length).With(Steps(table))
            : WithSteps("gather", record).With(table is null ? null : Read(table, KindOf(place))).With(_model.Exact).With((int)place);
        Queue.Run(kernel.With((int)operation).With(Written(target, ArrayKind.Step)), record.Length);
    }

    protected override void GatherValuesCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, StepPlace place, StepOperation operation, DeviceArray target,
        bool greedy)
    {
        OpenClKernel kernel = WithSteps("gather_values", Checked(rollouts)).With(Rows(policy)).With(Rows(q));
        Run(kernel.With((int)place).With(greedy ? 1 : 0).With((int)operation).With(Written(target, ArrayKind.Step)), rollouts);
    }

    protected override void AdvantagesCore(RolloutBuffer rollouts, DeviceArray policy, DeviceArray q, DeviceArray target)
    {
        OpenClKernel kernel = WithSteps("advantages", Checked(rollouts)).With(Rows(policy)).With(Rows(q));
        Run(kernel.With(Written(target, ArrayKind.Step)), rollouts);
    }

    protected override void ScaleCore(
        RolloutBuffer rollouts, DeviceArray? source, DeviceArray target, double factor, double discount, bool perTemperature,
        bool perEpisode)
    {
        OpenClRollouts record = Checked(rollouts);
        DeviceMemory scales = Scales(record, factor, perTemperature, perEpisode);
        DeviceMemory? powers = discount == 1 ? null : Powers(discount, Math.Min(record.Shape.EpisodeLimit, record.Shape.Steps));
        Run(WithSteps("scale", record).With(Steps(source)).With(powers).With(scales).With(Written(target, ArrayKind.Step)), record);
    }

    protected override void AverageVisitsCore(RolloutBuffer rollouts, DeviceArray source, VisitMean mean, DeviceArray target)
    {
        OpenClRollouts record = Checked(rollouts);
        PrepareVisits();
        int same = mean == VisitMean.ShareLessState ? 1 : 0, ofSteps = mean == VisitMean.StepLessState ? 1 : 0;
        OpenClKernel sum = WithSteps("sum_visits", record).With(Steps(source)).With(same).With(GroupsOfInstance);
        RunInOrder(sum.With(_visitSums).With(_visitCounts));
        OpenClKernel average = WithSteps("average_visits", record).With(Steps(source)).With(ofSteps).With(mean == VisitMean.Pair ? 0 : 1);
        Run(average.With(_visitSums).With(_visitCounts).With(Written(target, ArrayKind.Step)), record);
        Run(WithSteps("clear_visits", record).With(_visitSums).With(_visitCounts), record);
    }

    protected override void ScanCore(
        RolloutBuffer rollouts, DeviceArray? source, in Recursion recursion, DeviceArray target, DeviceArray? ratios, DeviceArray? values)
    {
        OpenClRollouts record = Checked(rollouts);
        int steps = record.Shape.Steps, stretch = record.Trajectories >= ManyStreams ? steps : Math.Min(steps, StepsInStretch);
        Queue.Run(
            WithSteps("scan", record).With(Steps(source)).With(Steps(ratios)).With(Steps(values))
                .With(recursion.Discount).With(recursion.Decay).With(recursion.Initial).With(recursion.MaxRatio)
                .With(recursion.Backwards ? 1 : 0).With(recursion.Exclusive ? 1 : 0).With(stretch).With(Written(target, ArrayKind.Step)),
            (long)record.Trajectories * ((steps + stretch - 1) / stretch));
    }

    protected override void ScatterCore(
        RolloutBuffer rollouts, DeviceArray source, StepPlace place, DeviceArray target, double factor, bool perEpisode, ScatterMode mode,
        ReadOnlySpan<double> steps)
    {
        OpenClRollouts record = Checked(rollouts);
        DeviceMemory? sizes = mode == ScatterMode.Approach ? _stepSizes.Set(steps) : null;
        DeviceMemory shares = Scales(record, factor, perTemperature: false, perEpisode);
        OpenClKernel kernel = WithSteps("scatter", record).With(Steps(source)).With(shares).With((int)place).With((int)mode);
        RunInOrder(kernel.With(sizes).With(Options.InstancesPerLeader).With(GroupsOfInstance).With(Written(target, KindOf(place))));
    }

    protected override void ScatterActionsCore(
        RolloutBuffer rollouts, DeviceArray policy, DeviceArray weights, DeviceArray target, double factor, bool perEpisode,
        DeviceArray? taken, DeviceArray? slopes, DeviceArray? q)
    {
        OpenClRollouts record = Checked(rollouts);
        DeviceMemory shares = Scales(record, factor, perTemperature: false, perEpisode);
        OpenClKernel kernel = WithSteps("scatter_actions", record).With(Rows(policy)).With(Steps(weights)).With(Steps(taken));
        kernel.With(Steps(slopes)).With(q is null ? null : Rows(q)).With(Temperatures).With(shares).With(GroupsOfInstance);
        RunInOrder(kernel.With(Written(target, ArrayKind.StateAction)));
    }

    protected override void MeanOverEpisodesCore(RolloutBuffer rollouts, DeviceArray a, DeviceArray b, Span<double> result)
    {
        OpenClRollouts record = Checked(rollouts);
        int parts = PartsOf(record.Shape.Streams * record.Shape.Steps);
        DeviceMemory sums = Sums(ref _sums, parts, Instances);
        OpenClKernel products = WithSteps("sum_step_products", record).With(parts).With(Steps(a)).With(Steps(b)).With(sums);
        Queue.Run(products, (long)parts * Instances);
        DeviceMemory total = Total("sum_parts", sums, parts, Instances);
        Queue.Run(WithSteps("episode_means", record).With(total), Instances);
        Queue.Read(total, 0, result);
    }

    private DeviceMemory? Steps(DeviceArray? array) => array is null ? null : Read(array, ArrayKind.Step);

    private DeviceMemory Rows(DeviceArray array) => Read(array, ArrayKind.StateAction);

    /// <summary>Runs a kernel with a work-item for each step.</summary>
    private void Run(OpenClKernel kernel, RolloutBuffer rollouts) => Queue.Run(kernel, (long)rollouts.Trajectories * rollouts.Shape.Steps);

    /// <summary>Runs a kernel with groups for each instance, which take its steps in order.</summary>
    private void RunInOrder(OpenClKernel kernel)
    {
        kernel.WithLocal(8L * StepsAtOnce).WithLocal(8L * StepsAtOnce);
        Queue.RunGroups(kernel, (long)Instances * GroupsOfInstance, groupSize: StepsAtOnce);
    }

    /// <summary>A kernel with the transitions and the record of <c>kernels/records.cl</c>.</summary>
    private OpenClKernel WithSteps(string name, OpenClRollouts record, string file = "steps") => WithModel(file, name)
        .With(record.Shape.Streams).With(record.Shape.Steps).With(record.Integers).With(record.Ends).With(record.Episodes);

    private DeviceMemory Scales(OpenClRollouts record, double factor, bool perTemperature, bool perEpisode)
    {
        DeviceMemory scales = Scratch(ref _scales, 8L * Instances, "scales");
        OpenClKernel kernel = WithSteps("scales", record).With(perTemperature ? Temperatures : null).With(factor);
        Queue.Run(kernel.With(perEpisode ? 1 : 0).With(scales), Instances);
        return scales;
    }

    /// <summary>γ^t, each by a multiplication of the one before.</summary>
    private DeviceMemory Powers(double discount, int count)
    {
        if (discount.Equals(_powersOf) && _powersOnHost.Length >= count) return _powers.Memory;
        if (_powersOnHost.Length < count) _powersOnHost = new double[count];
        _powersOnHost[0] = 1;
        for (int t = 1; t < _powersOnHost.Length; t++) _powersOnHost[t] = _powersOnHost[t - 1] * discount;
        _powersOf = discount;
        return _powers.Set(_powersOnHost);
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
