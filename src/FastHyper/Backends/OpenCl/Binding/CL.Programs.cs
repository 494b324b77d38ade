using System.Text;
using Silk.NET.OpenCL;
using static FastHyper.Backends.OpenCl.Binding.OpenClException;

namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>Programs, kernels, and starting them.</summary>
internal static unsafe partial class CL
{
    public static ProgramHandle CreateProgramWithSource(ContextHandle context, string source)
    {
        using Held inside = new(context);
        byte[] text = Encoding.UTF8.GetBytes(source);
        int code = 0;
        fixed (byte* first = text)
        {
            byte* start = first;
            nuint length = (nuint)text.Length;
            nint program = Api.CreateProgramWithSource(inside, 1, &start, &length, &code);
            ThrowIfFailed(code, "clCreateProgramWithSource");
            return new ProgramHandle(program);
        }
    }

    public static ProgramHandle CreateProgramWithBinary(ContextHandle context, nint device, ReadOnlySpan<byte> binary)
    {
        using Held inside = new(context);
        int code = 0, status = 0;
        fixed (byte* first = binary)
        {
            byte* start = first;
            nuint length = (nuint)binary.Length;
            nint program = Api.CreateProgramWithBinary(inside, 1, &device, &length, &start, &status, &code);
            ThrowIfFailed(code, "clCreateProgramWithBinary");
            ProgramHandle handle = new(program);
            if (status == ErrorCodes.Success) return handle;
            handle.Dispose();
            throw new OpenClException("clCreateProgramWithBinary", status);
        }
    }

    public static void BuildProgram(ProgramHandle program, nint device, string options)
    {
        using Held built = new(program);
        fixed (byte* first = Encoding.UTF8.GetBytes(options + '\0'))
            ThrowIfFailed(Api.BuildProgram(built, 1, &device, first, null, null), "clBuildProgram");
    }

    /// <summary>What the compiler said.</summary>
    public static string GetBuildLog(ProgramHandle program, nint device)
    {
        using Held built = new(program);
        nint pointer = built;
        return Text(
            "clGetProgramBuildInfo",
            (size, value, needed) => Api.GetProgramBuildInfo(pointer, device, ProgramBuildInfo.BuildLog, size, value, needed));
    }

    /// <summary>The binary of a program that was built for one device; empty where the runtime keeps none.</summary>
    public static byte[] GetProgramBinary(ProgramHandle program)
    {
        using Held built = new(program);
        nuint length = 0;
        ThrowIfFailed(Api.GetProgramInfo(built, ProgramInfo.BinarySizes, (nuint)sizeof(nuint), &length, null), "clGetProgramInfo");
        byte[] binary = new byte[length];
        if (length == 0) return binary;
        fixed (byte* first = binary)
        {
            byte* start = first;
            ThrowIfFailed(Api.GetProgramInfo(built, ProgramInfo.Binaries, (nuint)sizeof(byte*), &start, null), "clGetProgramInfo");
        }

        return binary;
    }

    public static KernelHandle CreateKernel(ProgramHandle program, string name)
    {
        using Held built = new(program);
        int code = 0;
        fixed (byte* first = Encoding.UTF8.GetBytes(name + '\0'))
        {
            nint kernel = Api.CreateKernel(built, first, &code);
            if (code != ErrorCodes.Success)
                throw new OpenClException(
                    $"OpenCL: clCreateKernel failed with {ErrorCodes.Name(code)} for '{name}'", "clCreateKernel", code);
            return new KernelHandle(kernel);
        }
    }

    public static void SetKernelArg<T>(KernelHandle kernel, int index, T value)
        where T : unmanaged =>
        SetKernelArg(kernel, index, sizeof(T), &value);

    /// <summary>Gives a kernel memory of its work-groups' own.</summary>
    public static void SetKernelArgLocal(KernelHandle kernel, int index, long bytes) => SetKernelArg(kernel, index, bytes, null);

    /// <summary>Starts a kernel over (width, height) work-items in groups of (<paramref name="local"/>, 1).</summary>
    public static void EnqueueNdrangeKernel(QueueHandle queue, KernelHandle kernel, long width, long height, int local)
    {
        using Held on = new(queue), started = new(kernel);
        nuint* global = stackalloc nuint[2] { (nuint)width, (nuint)height };
        nuint* group = stackalloc nuint[2] { (nuint)local, 1 };
        uint dimensions = height == 1 ? 1u : 2;
        ThrowIfFailed(Api.EnqueueNdrangeKernel(on, started, dimensions, null, global, group, 0, null, null), "clEnqueueNDRangeKernel");
    }

    private static void SetKernelArg(KernelHandle kernel, int index, long bytes, void* value)
    {
        using Held given = new(kernel);
        ThrowIfFailed(Api.SetKernelArg(given, (uint)index, (nuint)bytes, value), "clSetKernelArg");
    }
}
