using System.Runtime.InteropServices;

namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>An object of the OpenCL runtime that is released once.</summary>
internal abstract class ClHandle : SafeHandle
{
    private static long s_live;

    protected ClHandle(nint handle)
        : base(0, ownsHandle: true)
    {
        SetHandle(handle);
        Interlocked.Increment(ref s_live);
    }

    /// <summary>Objects that were created and not released yet, in this process.</summary>
    public static long Live => Interlocked.Read(ref s_live);

    public override bool IsInvalid => handle == 0;

    /// <summary>The bare pointer, for calls that take it by address; the caller keeps the object reachable.</summary>
    public nint Pointer => handle;

    protected abstract int Release();

    protected sealed override bool ReleaseHandle()
    {
        Interlocked.Decrement(ref s_live);
        return Release() == 0;
    }
}

/// <summary>A <c>cl_context</c>.</summary>
internal sealed class ContextHandle(nint pointer) : ClHandle(pointer)
{
    protected override int Release() => CL.Api.ReleaseContext(handle);
}

/// <summary>A <c>cl_command_queue</c>.</summary>
internal sealed class QueueHandle(nint pointer) : ClHandle(pointer)
{
    protected override int Release() => CL.Api.ReleaseCommandQueue(handle);
}

/// <summary>A <c>cl_mem</c>.</summary>
internal sealed class MemoryHandle(nint pointer) : ClHandle(pointer)
{
    protected override int Release() => CL.Api.ReleaseMemObject(handle);
}

/// <summary>A <c>cl_program</c>.</summary>
internal sealed class ProgramHandle(nint pointer) : ClHandle(pointer)
{
    protected override int Release() => CL.Api.ReleaseProgram(handle);
}

/// <summary>A <c>cl_kernel</c>.</summary>
internal sealed class KernelHandle(nint pointer) : ClHandle(pointer)
{
    protected override int Release() => CL.Api.ReleaseKernel(handle);
}
