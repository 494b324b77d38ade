using FastHyper.Backends.OpenCl.Binding;

namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>A kernel of one engine, given its arguments one after the other.</summary>
internal sealed class OpenClKernel(KernelHandle handle) : IDisposable
{
    private int _given;

    /// <summary>Memory; null where the kernel does not look at it.</summary>
    public OpenClKernel With(DeviceMemory? memory)
    {
        CL.SetKernelArg(handle, _given++, memory?.Handle.Pointer ?? 0);
        return this;
    }

    /// <summary>An <c>int</c>.</summary>
    public OpenClKernel With(int value)
    {
        CL.SetKernelArg(handle, _given++, value);
        return this;
    }

    /// <summary>A <c>uint</c>.</summary>
    public OpenClKernel With(uint value)
    {
        CL.SetKernelArg(handle, _given++, value);
        return this;
    }

    /// <summary>A <c>ulong</c>.</summary>
    public OpenClKernel With(ulong value)
    {
        CL.SetKernelArg(handle, _given++, value);
        return this;
    }

    /// <summary>A <c>double</c>.</summary>
    public OpenClKernel With(double value)
    {
        CL.SetKernelArg(handle, _given++, value);
        return this;
    }

    /// <summary>Memory that a work-group shares.</summary>
    public OpenClKernel WithLocal(long bytes)
    {
        CL.SetKernelArgLocal(handle, _given++, bytes);
        return this;
    }

    /// <summary>The kernel with all its arguments; the next ones begin anew.</summary>
    public KernelHandle Take()
    {
        _given = 0;
        return handle;
    }

    /// <summary>Begins anew.</summary>
    public void Forget() => _given = 0;

    public void Dispose() => handle.Dispose();
}
