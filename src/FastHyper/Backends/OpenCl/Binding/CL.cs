using Silk.NET.OpenCL;
using static FastHyper.Backends.OpenCl.Binding.OpenClException;
using Api = Silk.NET.OpenCL.CL;

namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>
/// OpenCL 1.2 by Silk.NET.OpenCL, and by the names of its members: failures are exceptions, and what is created is a handle
/// that releases itself. All may be called by several threads at once, except <see cref="SetKernelArg{T}"/> on one kernel.
/// </summary>
internal static unsafe partial class CL
{
    private static readonly RuntimeLibrary s_library = new(RuntimeLibrary.Names);

    /// <summary>The bare functions.</summary>
    public static Api Api { get; } = new(s_library);

    /// <summary>Whether this machine has an OpenCL loader.</summary>
    public static bool IsPresent => s_library.IsPresent;

    /// <summary>All platforms; none where there is no runtime, or no driver to it.</summary>
    public static nint[] GetPlatformIDs()
    {
        if (!IsPresent) return [];
        uint count = 0;
        int code = Api.GetPlatformIDs(0, null, &count);
        if (code == ErrorCodes.PlatformNotFound || count == 0) return [];
        ThrowIfFailed(code, "clGetPlatformIDs");
        nint[] platforms = new nint[count];
        fixed (nint* first = platforms) ThrowIfFailed(Api.GetPlatformIDs(count, first, null), "clGetPlatformIDs");
        return platforms;
    }

    /// <summary>A platform's devices, of every kind.</summary>
    public static nint[] GetDeviceIDs(nint platform)
    {
        uint count = 0;
        int code = Api.GetDeviceIDs(platform, DeviceType.All, 0, null, &count);
        if (code == ErrorCodes.DeviceNotFound || count == 0) return [];
        ThrowIfFailed(code, "clGetDeviceIDs");
        nint[] devices = new nint[count];
        fixed (nint* first = devices) ThrowIfFailed(Api.GetDeviceIDs(platform, DeviceType.All, count, first, null), "clGetDeviceIDs");
        return devices;
    }

    public static ContextHandle CreateContext(nint device)
    {
        int code = 0;
        nint context = Api.CreateContext(null, 1, &device, null, null, &code);
        ThrowIfFailed(code, "clCreateContext");
        return new ContextHandle(context);
    }

    /// <summary>A queue that works its commands off in order.</summary>
    public static QueueHandle CreateCommandQueue(ContextHandle context, nint device)
    {
        using Held inside = new(context);
        int code = 0;
        nint queue = Api.CreateCommandQueue(inside, device, CommandQueueProperties.None, &code);
        ThrowIfFailed(code, "clCreateCommandQueue");
        return new QueueHandle(queue);
    }

    /// <summary>Memory that kernels read and write.</summary>
    public static MemoryHandle CreateBuffer(ContextHandle context, long bytes)
    {
        using Held inside = new(context);
        int code = 0;
        nint memory = Api.CreateBuffer(inside, MemFlags.ReadWrite, (nuint)bytes, null, &code);
        ThrowIfFailed(code, "clCreateBuffer");
        return new MemoryHandle(memory);
    }

    public static void EnqueueReadBuffer(QueueHandle queue, MemoryHandle memory, bool blocking, long offset, long bytes, void* host)
    {
        using Held on = new(queue), from = new(memory);
        ThrowIfFailed(Api.EnqueueReadBuffer(on, from, blocking, (nuint)offset, (nuint)bytes, host, 0, null, null), "clEnqueueReadBuffer");
    }

    public static void EnqueueWriteBuffer(QueueHandle queue, MemoryHandle memory, bool blocking, long offset, long bytes, void* host)
    {
        using Held on = new(queue), to = new(memory);
        ThrowIfFailed(Api.EnqueueWriteBuffer(on, to, blocking, (nuint)offset, (nuint)bytes, host, 0, null, null), "clEnqueueWriteBuffer");
    }

    /// <summary>Copies the first bytes of a buffer to another.</summary>
    public static void EnqueueCopyBuffer(QueueHandle queue, MemoryHandle source, MemoryHandle target, long bytes)
    {
        using Held on = new(queue), from = new(source), to = new(target);
        ThrowIfFailed(Api.EnqueueCopyBuffer(on, from, to, 0, 0, (nuint)bytes, 0, null, null), "clEnqueueCopyBuffer");
    }

    /// <summary>Repeats a pattern over a buffer, whose bytes are a multiple of its size.</summary>
    public static void EnqueueFillBuffer<T>(QueueHandle queue, MemoryHandle memory, T pattern, long bytes)
        where T : unmanaged
    {
        using Held on = new(queue), to = new(memory);
        ThrowIfFailed(Api.EnqueueFillBuffer(on, to, &pattern, (nuint)sizeof(T), 0, (nuint)bytes, 0, null, null), "clEnqueueFillBuffer");
    }

    public static void Finish(QueueHandle queue)
    {
        using Held on = new(queue);
        ThrowIfFailed(Api.Finish(on), "clFinish");
    }
}
