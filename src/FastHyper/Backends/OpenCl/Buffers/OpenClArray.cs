namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>A device array in a device's memory, the instances (or leaders) of each number side by side.</summary>
internal sealed class OpenClArray : DeviceArray
{
    public OpenClArray(Engine owner, ArrayKind kind, int length, DeviceMemory memory, RolloutShape? shape = null)
        : base(owner, kind, length, shape) => Memory = memory;

    public DeviceMemory Memory { get; private set; }

    /// <summary>Raised by every write, so that what is derived from the array can be kept until it changes.</summary>
    public int Version { get; set; }

    /// <summary>Exchanges the memory of two arrays of the same kind.</summary>
    public void Swap(OpenClArray other)
    {
        (Memory, other.Memory) = (other.Memory, Memory);
        Version++;
        other.Version++;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) Memory.Dispose();
    }
}
