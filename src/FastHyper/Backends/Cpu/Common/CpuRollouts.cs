namespace FastHyper.Backends.Cpu.Common;

/// <summary>Rollouts in host memory: 33 bytes a step (state, action, slot, time, two rewards, end).</summary>
internal sealed unsafe class CpuRollouts : RolloutBuffer
{
    private readonly NativeArray<int> _integers;
    private readonly CpuArray<double> _reward;
    private readonly CpuArray<double> _leaderReward;
    private readonly NativeArray<StepEnd> _ends;

    public CpuRollouts(Engine owner, RolloutShape shape, int instances)
        : base(shape, instances)
    {
        Owner = owner;
        Length = (long)shape.Steps * Trajectories;
        _integers = new NativeArray<int>(4 * Length);
        _reward = CpuArray<double>.OfSteps(owner, shape, Length);
        _leaderReward = CpuArray<double>.OfSteps(owner, shape, Length);
        _ends = new NativeArray<StepEnd>(Length);
        Episodes = new int[Trajectories];
    }

    public Engine Owner { get; }

    public long Length { get; }

    public int* State => _integers.Pointer;

    public int* Action => _integers.Pointer + Length;

    public int* Slot => _integers.Pointer + (2 * Length);

    public int* Time => _integers.Pointer + (3 * Length);

    public override DeviceArray Reward => _reward;

    public override DeviceArray LeaderReward => _leaderReward;

    public double* Rewards => _reward.Pointer;

    public double* LeaderRewards => _leaderReward.Pointer;

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
            new Span<double>(Rewards, n).ToArray(),
            new Span<double>(LeaderRewards, n).ToArray(),
            new Span<int>(Time, n).ToArray(),
            new Span<StepEnd>(End, n).ToArray());
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _integers.Dispose();
        _reward.Dispose();
        _leaderReward.Dispose();
        _ends.Dispose();
    }
}
