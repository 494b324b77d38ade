namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>Rollouts on a device: 33 bytes a step (state, action, slot, time, two rewards, end), and 8 for its trace.</summary>
internal sealed class OpenClRollouts : RolloutBuffer
{
    private readonly DeviceMemories _memories;

    public OpenClRollouts(DeviceMemories memories, RolloutShape shape, int instances)
        : base(shape, instances)
    {
        _memories = memories;
        Length = (long)shape.Steps * Trajectories;
        Integers = memories.Allocate(16 * Length, "states and actions of rollouts");
        Numbers = memories.Allocate(24 * Length, "rewards of rollouts");
        Ends = memories.Allocate(Length, "ends of rollouts");
        Episodes = memories.Allocate(4L * Trajectories, "episodes of rollouts");
    }

    public OpenClQueue Queue => _memories.Queue;

    public long Length { get; }

    /// <summary>State, action, slot and time, one array after the other.</summary>
    public DeviceMemory Integers { get; }

    /// <summary>Reward, leader reward and trace, one array after the other.</summary>
    public DeviceMemory Numbers { get; }

    public DeviceMemory Ends { get; }

    /// <summary>Episodes begun in each stream.</summary>
    public DeviceMemory Episodes { get; }

    public bool IsDisposed { get; private set; }

    public override RolloutRecord Download()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new RolloutRecord(Part<int>(Integers, 0), Part<int>(Integers, 1), Part<int>(Integers, 2), Part<double>(Numbers, 0), Part<double>(Numbers, 1), Part<int>(Integers, 3), Part<StepEnd>(Ends, 0));
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        IsDisposed = true;
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
