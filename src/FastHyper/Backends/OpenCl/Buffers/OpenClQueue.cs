using FastHyper.Backends.OpenCl.Binding;

namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>
/// The queue of one engine, which works its commands off in order. It counts what goes between host and device, and knows
/// which commands have surely ended: all that came before the last one that the host waited for.
/// </summary>
internal sealed unsafe class OpenClQueue(OpenClContext context) : IDisposable
{
    private readonly QueueHandle _queue = CL.CreateCommandQueue(context.Handle, context.Device.Id);

    public OpenClContext Context { get; } = context;

    /// <summary>Copies between host and device, either way.</summary>
    public long Transfers { get; private set; }

    /// <summary>Bytes of those.</summary>
    public long TransferredBytes { get; private set; }

    /// <summary>Kernels started.</summary>
    public long Launches { get; private set; }

    /// <summary>Times that the host waited for the device.</summary>
    public long Waits { get; private set; }

    /// <summary>Number of the last command.</summary>
    public long Enqueued { get; private set; }

    /// <summary>Number of the last command that is known to have ended.</summary>
    public long Ended { get; private set; }

    /// <summary>Copies to the host, and waits.</summary>
    public void Read<T>(DeviceMemory memory, long offset, Span<T> host)
        where T : unmanaged
    {
        if (host.IsEmpty) return;
        try
        {
            fixed (T* first = host) CL.EnqueueReadBuffer(
                _queue, memory.Handle, blocking: true, offset, (long)host.Length * sizeof(T), first);
        }
        catch (OpenClException e)
        {
            throw Context.Explain(e);
        }

        Count((long)host.Length * sizeof(T));
        Waited();
    }

    /// <summary>Copies from the host, and waits.</summary>
    public void Write<T>(DeviceMemory memory, long offset, ReadOnlySpan<T> host)
        where T : unmanaged
    {
        if (host.IsEmpty) return;
        fixed (T* first = host) Write(memory, offset, first, (long)host.Length * sizeof(T), blocking: true);
        Waited();
    }

    /// <summary>Copies from memory of the host that stays as it is until the command has ended.</summary>
    public void Write(DeviceMemory memory, long offset, void* host, long bytes, bool blocking = false)
    {
        try
        {
            CL.EnqueueWriteBuffer(_queue, memory.Handle, blocking, offset, bytes, host);
        }
        catch (OpenClException e)
        {
            throw Context.Explain(e);
        }

        Count(bytes);
    }

    /// <summary>Sets every number of the memory.</summary>
    public void Fill<T>(DeviceMemory memory, T value)
        where T : unmanaged
    {
        try
        {
            CL.EnqueueFillBuffer(_queue, memory.Handle, value, memory.Bytes / sizeof(T) * sizeof(T));
        }
        catch (OpenClException e)
        {
            throw Context.Explain(e);
        }

        Enqueued++;
    }

    /// <summary>Copies on the device.</summary>
    public void Copy(DeviceMemory source, DeviceMemory target, long bytes)
    {
        if (bytes == 0) return;
        try
        {
            CL.EnqueueCopyBuffer(_queue, source.Handle, target.Handle, bytes);
        }
        catch (OpenClException e)
        {
            throw Context.Explain(e);
        }

        Enqueued++;
    }

    /// <summary>Starts a kernel over (width, height) work-items or somewhat more: kernels look where they are.</summary>
    public void Run(OpenClKernel kernel, long width, long height = 1) =>
        RunGroups(kernel, (width + Context.GroupSize - 1) / Context.GroupSize, height);

    /// <summary>Starts a kernel over whole groups, of the context's size or one that is given.</summary>
    public void RunGroups(OpenClKernel kernel, long groups, long height = 1, int groupSize = 0)
    {
        if (groupSize == 0) groupSize = Context.GroupSize;
        if (groups == 0 || height == 0)
        {
            kernel.Forget();
            return;
        }

        try
        {
            CL.EnqueueNdrangeKernel(_queue, kernel.Take(), groups * groupSize, height, groupSize);
        }
        catch (OpenClException e)
        {
            throw Context.Explain(e);
        }

        Launches++;
        Enqueued++;
    }

    /// <summary>Waits for everything.</summary>
    public void Finish()
    {
        try
        {
            CL.Finish(_queue);
        }
        catch (OpenClException e)
        {
            throw Context.Explain(e);
        }

        Waited();
    }

    /// <summary>Waits before memory is freed; a device that was lost has nothing left to wait for.</summary>
    public void TryFinish()
    {
        if (Ended == Enqueued) return;
        try
        {
            CL.Finish(_queue);
        }
        catch (OpenClException)
        {
            // What failed was told by the command that was waited for.
        }

        Waited();
    }

    public void Dispose() => _queue.Dispose();

    private void Count(long bytes)
    {
        Transfers++;
        TransferredBytes += bytes;
        Enqueued++;
    }

    private void Waited()
    {
        Waits++;
        Ended = Enqueued;
    }
}
