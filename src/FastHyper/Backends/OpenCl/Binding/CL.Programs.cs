using System.Text;

namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>Programs, kernels, and starting them.</summary>
internal static unsafe partial class CL
{
    public static ProgramHandle CreateProgramWithSource(ContextHandle context, string source)
    {
        byte[] text = Encoding.UTF8.GetBytes(source);
        int code = 0;
        fixed (byte* first = text)
        {
            byte* start = first;
            nuint length = (nuint)text.Length;
            nint program = Native.clCreateProgramWithSource(context, 1, &start, &length, &code);
            OpenClException.ThrowIfFailed(code, "clCreateProgramWithSource");
            return new ProgramHandle(program);
        }
    }

    public static ProgramHandle CreateProgramWithBinary(ContextHandle context, nint device, ReadOnlySpan<byte> binary)
    {
        int code = 0, status = 0;
        fixed (byte* first = binary)
        {
            byte* start = first;
            nuint length = (nuint)binary.Length;
            nint program = Native.clCreateProgramWithBinary(context, 1, &device, &length, &start, &status, &code);
            OpenClException.ThrowIfFailed(code, "clCreateProgramWithBinary");
            ProgramHandle handle = new(program);
            if (status == ErrorCodes.Success) return handle;
            handle.Dispose();
            throw new OpenClException("clCreateProgramWithBinary", status);
        }
    }

    public static void BuildProgram(ProgramHandle program, nint device, string options)
    {
        byte[] text = Encoding.UTF8.GetBytes(options + '\0');
        fixed (byte* first = text) OpenClException.ThrowIfFailed(Native.clBuildProgram(program, 1, &device, first, 0, 0), "clBuildProgram");
    }

    public static string GetProgramBuildInfo(ProgramHandle program, nint device, ProgramBuildInfo name)
    {
        nuint size = 0;
        OpenClException.ThrowIfFailed(Native.clGetProgramBuildInfo(program, device, (uint)name, 0, null, &size), "clGetProgramBuildInfo");
        byte[] text = new byte[size];
        fixed (byte* first = text) OpenClException.ThrowIfFailed(Native.clGetProgramBuildInfo(program, device, (uint)name, size, first, null), "clGetProgramBuildInfo");
        return Text(text);
    }

    /// <summary>The binary of a program that was built for one device; empty where the runtime keeps none.</summary>
    public static byte[] GetProgramBinary(ProgramHandle program)
    {
        nuint length = 0;
        OpenClException.ThrowIfFailed(Native.clGetProgramInfo(program, (uint)ProgramInfo.BinarySizes, (nuint)sizeof(nuint), &length, null), "clGetProgramInfo");
        byte[] binary = new byte[length];
        if (length == 0) return binary;
        fixed (byte* first = binary)
        {
            byte* start = first;
            OpenClException.ThrowIfFailed(Native.clGetProgramInfo(program, (uint)ProgramInfo.Binaries, (nuint)sizeof(byte*), &start, null), "clGetProgramInfo");
        }

        return binary;
    }

    public static KernelHandle CreateKernel(ProgramHandle program, string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(name + '\0');
        int code = 0;
        fixed (byte* first = text)
        {
            nint kernel = Native.clCreateKernel(program, first, &code);
            if (code != ErrorCodes.Success) throw new OpenClException($"OpenCL: clCreateKernel failed with {ErrorCodes.Name(code)} for '{name}'", "clCreateKernel", code);
            return new KernelHandle(kernel);
        }
    }

    public static void SetKernelArg<T>(KernelHandle kernel, int index, T value)
        where T : unmanaged =>
        OpenClException.ThrowIfFailed(Native.clSetKernelArg(kernel, (uint)index, (nuint)sizeof(T), &value), "clSetKernelArg");

    /// <summary>Gives a kernel memory of its work-groups' own.</summary>
    public static void SetKernelArgLocal(KernelHandle kernel, int index, long bytes) =>
        OpenClException.ThrowIfFailed(Native.clSetKernelArg(kernel, (uint)index, (nuint)bytes, null), "clSetKernelArg");

    public static nuint GetKernelWorkGroupInfo(KernelHandle kernel, nint device, KernelWorkGroupInfo name)
    {
        nuint value = 0;
        OpenClException.ThrowIfFailed(Native.clGetKernelWorkGroupInfo(kernel, device, (uint)name, (nuint)sizeof(nuint), &value, null), "clGetKernelWorkGroupInfo");
        return value;
    }

    /// <summary>Starts a kernel over (width, height) work-items in groups of (<paramref name="local"/>, 1).</summary>
    public static void EnqueueNdrangeKernel(QueueHandle queue, KernelHandle kernel, long width, long height, int local)
    {
        nuint* global = stackalloc nuint[2] { (nuint)width, (nuint)height };
        nuint* group = stackalloc nuint[2] { (nuint)local, 1 };
        OpenClException.ThrowIfFailed(Native.clEnqueueNDRangeKernel(queue, kernel, height == 1 ? 1u : 2, null, global, group, 0, null, null), "clEnqueueNDRangeKernel");
    }

    /// <summary>The same, with the event of its end: for queues that take times.</summary>
    public static EventHandle EnqueueTimedNdrangeKernel(QueueHandle queue, KernelHandle kernel, long width, long height, int local)
    {
        nuint* global = stackalloc nuint[2] { (nuint)width, (nuint)height };
        nuint* group = stackalloc nuint[2] { (nuint)local, 1 };
        nint written = 0;
        OpenClException.ThrowIfFailed(Native.clEnqueueNDRangeKernel(queue, kernel, height == 1 ? 1u : 2, null, global, group, 0, null, &written), "clEnqueueNDRangeKernel");
        return new EventHandle(written);
    }

    public static void WaitForEvents(EventHandle awaited)
    {
        nint pointer = awaited.Pointer;
        OpenClException.ThrowIfFailed(Native.clWaitForEvents(1, &pointer), "clWaitForEvents");
        GC.KeepAlive(awaited);
    }

    /// <summary>A time of a command, in nanoseconds of the device's clock.</summary>
    public static ulong GetEventProfilingInfo(EventHandle timed, ProfilingInfo name)
    {
        ulong value = 0;
        OpenClException.ThrowIfFailed(Native.clGetEventProfilingInfo(timed, (uint)name, sizeof(ulong), &value, null), "clGetEventProfilingInfo");
        return value;
    }
}
