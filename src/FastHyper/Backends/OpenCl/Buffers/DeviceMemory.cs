using FastHyper.Backends.OpenCl.Binding;

namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>Memory of a device that counts in its context until it is freed.</summary>
internal sealed class DeviceMemory(OpenClContext context, MemoryHandle handle, long bytes) : IDisposable
{
    private int _disposed;

    public MemoryHandle Handle { get; } = handle;

    /// <summary>Its size.</summary>
    public long Bytes { get; } = bytes;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        Handle.Dispose();
        context.Freed(Bytes);
    }
}
