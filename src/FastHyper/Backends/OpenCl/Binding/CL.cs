using System.Text;

namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>
/// OpenCL by the names of Silk.NET.OpenCL's members: failures are exceptions, and what is created is a handle that
/// releases itself. All may be called by several threads at once, except <see cref="SetKernelArg{T}"/> on one kernel.
/// </summary>
internal static unsafe partial class CL
{
    /// <summary>All platforms; none where there is no runtime, or no driver to it.</summary>
    public static nint[] GetPlatformIDs()
    {
        if (!RuntimeLibrary.IsPresent) return [];
        uint count = 0;
        int code = Native.clGetPlatformIDs(0, null, &count);
        if (code == ErrorCodes.PlatformNotFound || count == 0) return [];
        OpenClException.ThrowIfFailed(code, "clGetPlatformIDs");
        nint[] platforms = new nint[count];
        fixed (nint* first = platforms) OpenClException.ThrowIfFailed(Native.clGetPlatformIDs(count, first, null), "clGetPlatformIDs");
        return platforms;
    }

    public static string GetPlatformInfo(nint platform, PlatformInfo name)
    {
        nuint size = 0;
        OpenClException.ThrowIfFailed(Native.clGetPlatformInfo(platform, (uint)name, 0, null, &size), "clGetPlatformInfo");
        byte[] text = new byte[size];
        fixed (byte* first = text) OpenClException.ThrowIfFailed(Native.clGetPlatformInfo(platform, (uint)name, size, first, null), "clGetPlatformInfo");
        return Text(text);
    }

    /// <summary>A platform's devices of some kinds, or none.</summary>
    public static nint[] GetDeviceIDs(nint platform, DeviceType type)
    {
        uint count = 0;
        int code = Native.clGetDeviceIDs(platform, (ulong)type, 0, null, &count);
        if (code == ErrorCodes.DeviceNotFound || count == 0) return [];
        OpenClException.ThrowIfFailed(code, "clGetDeviceIDs");
        nint[] devices = new nint[count];
        fixed (nint* first = devices) OpenClException.ThrowIfFailed(Native.clGetDeviceIDs(platform, (ulong)type, count, first, null), "clGetDeviceIDs");
        return devices;
    }

    public static string GetDeviceInfo(nint device, DeviceInfo name)
    {
        nuint size = 0;
        OpenClException.ThrowIfFailed(Native.clGetDeviceInfo(device, (uint)name, 0, null, &size), "clGetDeviceInfo");
        byte[] text = new byte[size];
        fixed (byte* first = text) OpenClException.ThrowIfFailed(Native.clGetDeviceInfo(device, (uint)name, size, first, null), "clGetDeviceInfo");
        return Text(text);
    }

    /// <summary>A number of a device, of the size that the standard gives it.</summary>
    public static T GetDeviceInfo<T>(nint device, DeviceInfo name)
        where T : unmanaged
    {
        T value = default;
        OpenClException.ThrowIfFailed(Native.clGetDeviceInfo(device, (uint)name, (nuint)sizeof(T), &value, null), "clGetDeviceInfo");
        return value;
    }

    public static ContextHandle CreateContext(nint device)
    {
        int code = 0;
        nint context = Native.clCreateContext(null, 1, &device, 0, 0, &code);
        OpenClException.ThrowIfFailed(code, "clCreateContext");
        return new ContextHandle(context);
    }

    public static QueueHandle CreateCommandQueue(ContextHandle context, nint device, CommandQueueProperties properties)
    {
        int code = 0;
        nint queue = Native.clCreateCommandQueue(context, device, (ulong)properties, &code);
        OpenClException.ThrowIfFailed(code, "clCreateCommandQueue");
        return new QueueHandle(queue);
    }

    public static MemoryHandle CreateBuffer(ContextHandle context, MemFlags flags, long bytes)
    {
        int code = 0;
        nint memory = Native.clCreateBuffer(context, (ulong)flags, (nuint)bytes, null, &code);
        OpenClException.ThrowIfFailed(code, "clCreateBuffer");
        return new MemoryHandle(memory);
    }

    public static void EnqueueReadBuffer(QueueHandle queue, MemoryHandle memory, bool blocking, long offset, long bytes, void* host) =>
        OpenClException.ThrowIfFailed(Native.clEnqueueReadBuffer(queue, memory, blocking ? 1u : 0, (nuint)offset, (nuint)bytes, host, 0, null, null), "clEnqueueReadBuffer");

    public static void EnqueueWriteBuffer(QueueHandle queue, MemoryHandle memory, bool blocking, long offset, long bytes, void* host) =>
        OpenClException.ThrowIfFailed(Native.clEnqueueWriteBuffer(queue, memory, blocking ? 1u : 0, (nuint)offset, (nuint)bytes, host, 0, null, null), "clEnqueueWriteBuffer");

    public static void EnqueueCopyBuffer(QueueHandle queue, MemoryHandle source, MemoryHandle target, long sourceOffset, long targetOffset, long bytes) =>
        OpenClException.ThrowIfFailed(Native.clEnqueueCopyBuffer(queue, source, target, (nuint)sourceOffset, (nuint)targetOffset, (nuint)bytes, 0, null, null), "clEnqueueCopyBuffer");

    /// <summary>Repeats a pattern over a buffer, whose bytes are a multiple of its size.</summary>
    public static void EnqueueFillBuffer<T>(QueueHandle queue, MemoryHandle memory, T pattern, long bytes)
        where T : unmanaged =>
        OpenClException.ThrowIfFailed(Native.clEnqueueFillBuffer(queue, memory, &pattern, (nuint)sizeof(T), 0, (nuint)bytes, 0, null, null), "clEnqueueFillBuffer");

    public static void Flush(QueueHandle queue) => OpenClException.ThrowIfFailed(Native.clFlush(queue), "clFlush");

    public static void Finish(QueueHandle queue) => OpenClException.ThrowIfFailed(Native.clFinish(queue), "clFinish");

    private static string Text(byte[] text) => Encoding.UTF8.GetString(text).TrimEnd('\0').Trim();
}
