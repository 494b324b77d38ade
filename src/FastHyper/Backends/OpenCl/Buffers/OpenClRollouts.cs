namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>Rollouts on a device: 33 bytes a step (state, action, slot, time, two rewards, end).</summary>
internal sealed class OpenClRollouts : RolloutBuffer
{
    private readonly DeviceMemories _memories;
    private readonly OpenClArray _reward;
    private readonly OpenClArray _leaderReward;

    public OpenClRollouts(Engine owner, DeviceMemories memories, RolloutShape shape, int instances)
        : base(shape, instances)
    {
        _memories = memories;
        Length = (long)shape.Steps * Trajectories;
        Integers = memories.Allocate(16 * Length, "states and actions of rollouts");
        _reward = Rewards();
        _leaderReward = Rewards();
        Ends = memories.Allocate(Length, "ends of rollouts");
        Episodes = memories.Allocate(4L * Trajectories, "episodes of rollouts");

        OpenClArray Rewards() =>
            new(owner, ArrayKind.Step, shape.Streams * shape.Steps, memories.Allocate(8 * Length, "rewards of rollouts"), shape);
    }

    public OpenClQueue Queue => _memories.Queue;

    public long Length { get; }

    /// <summary>State, action, slot and time, one array after the other.</summary>
    public DeviceMemory Integers { get; }

    public override DeviceArray Reward => _reward;

    public override DeviceArray LeaderReward => _leaderReward;

    public DeviceMemory Ends { get; }

    /// <summary>Episodes begun in each stream.</summary>
    public DeviceMemory Episodes { get; }

    public bool IsDisposed { get; private set; }

    public override RolloutRecord Download()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new RolloutRecord(
            Part<int>(Integers, 0), Part<int>(Integers, 1), Part<int>(Integers, 2), Part<double>(_reward.Memory, 0),
            Part<double>(_leaderReward.Memory, 0), Part<int>(Integers, 3), Part<StepEnd>(Ends, 0));
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        IsDisposed = true;
        _reward.Dispose();
        _leaderReward.Dispose();
        _memories.Dispose();
    }

    private unsafe T[] Part<T>(DeviceMemory memory, int index)
        where T : unmanaged
    {
        T[] numbers = new T[checked((int)Length)];
        Queue.Read<T>(memory, index * Length * sizeof(T), numbers);
        return numbers;
    }
}
