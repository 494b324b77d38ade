namespace FastHyper.Backends.Cpu.Common;

/// <summary>A device array in host memory.</summary>
internal sealed unsafe class CpuArray<T> : DeviceArray
    where T : unmanaged
{
    private NativeArray<T> _memory;

    public CpuArray(Engine owner, ArrayKind kind, int length, long capacity, RolloutShape? shape = null)
        : base(owner, kind, length, shape) => _memory = new NativeArray<T>(capacity);

    /// <summary>An array of one number a step.</summary>
    public static CpuArray<T> OfSteps(Engine owner, RolloutShape shape, long capacity) =>
        new(owner, ArrayKind.Step, shape.Streams * shape.Steps, capacity, shape);

    /// <summary>The numbers; null once disposed.</summary>
    public T* Pointer => _memory.Pointer;

    public long Capacity => _memory.Length;

    /// <summary>Raised by every upload and fill, so that what is derived from the array can be kept until it changes.</summary>
    public int Version { get; set; }

    /// <summary>Exchanges the memory of two arrays of the same kind.</summary>
    public void Swap(CpuArray<T> other)
    {
        (_memory, other._memory) = (other._memory, _memory);
        Version++;
        other.Version++;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _memory.Dispose();
    }
}
