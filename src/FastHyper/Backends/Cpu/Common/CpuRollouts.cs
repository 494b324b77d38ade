namespace FastHyper.Backends.Cpu.Common;

/// <summary>Rollouts in host memory: 33 bytes a step (state, action, slot, time, two rewards, end), and 8 for its trace.</summary>
internal sealed unsafe class CpuRollouts : RolloutBuffer
{
    private readonly NativeArray<int> _integers;
    private readonly NativeArray<double> _numbers;
    private readonly NativeArray<StepEnd> _ends;

    public CpuRollouts(RolloutShape shape, int instances)
        : base(shape, instances)
    {
        Length = (long)shape.Steps * Trajectories;
        _integers = new NativeArray<int>(4 * Length);
        _numbers = new NativeArray<double>(3 * Length);
        _ends = new NativeArray<StepEnd>(Length);
        Episodes = new int[Trajectories];
    }

    public long Length { get; }

    public int* State => _integers.Pointer;

    public int* Action => _integers.Pointer + Length;

    public int* Slot => _integers.Pointer + (2 * Length);

    public int* Time => _integers.Pointer + (3 * Length);

    public double* Reward => _numbers.Pointer;

    public double* LeaderReward => _numbers.Pointer + Length;

    public double* Trace => _numbers.Pointer + (2 * Length);

    public StepEnd* End => _ends.Pointer;

    /// <summary>Episodes begun in each stream.</summary>
    public int[] Episodes { get; }

    /// <summary>Episodes begun in all streams of an instance.</summary>
    public int EpisodesOf(int instance)
    {
        int sum = 0;
        for (int w = 0; w < Shape.Streams; w++) sum += Episodes[(instance * Shape.Streams) + w];
        return sum;
    }

    public override RolloutRecord Download()
    {
        int n = checked((int)Length);
        return new RolloutRecord(
            new Span<int>(State, n).ToArray(),
            new Span<int>(Action, n).ToArray(),
            new Span<int>(Slot, n).ToArray(),
            new Span<double>(Reward, n).ToArray(),
            new Span<double>(LeaderReward, n).ToArray(),
            new Span<int>(Time, n).ToArray(),
            new Span<StepEnd>(End, n).ToArray());
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _integers.Dispose();
        _numbers.Dispose();
        _ends.Dispose();
    }
}
