using System.Runtime.InteropServices;

namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>The C functions of OpenCL 1.2 that this project calls, as the Khronos headers declare them.</summary>
internal static unsafe partial class Native
{
    private const string Library = "OpenCL";

    static Native() => NativeLibrary.SetDllImportResolver(
        typeof(Native).Assembly,
        static (name, _, _) => name == Library && RuntimeLibrary.TryLoad(out nint handle) ? handle : 0);

    [LibraryImport(Library)]
    public static partial int clGetPlatformIDs(uint entries, nint* platforms, uint* count);

    [LibraryImport(Library)]
    public static partial int clGetPlatformInfo(nint platform, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(Library)]
    public static partial int clGetDeviceIDs(nint platform, ulong type, uint entries, nint* devices, uint* count);

    [LibraryImport(Library)]
    public static partial int clGetDeviceInfo(nint device, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(Library)]
    public static partial nint clCreateContext(nint* properties, uint count, nint* devices, nint notify, nint data, int* error);

    [LibraryImport(Library)]
    public static partial int clReleaseContext(nint context);

    [LibraryImport(Library)]
    public static partial nint clCreateCommandQueue(ContextHandle context, nint device, ulong properties, int* error);

    [LibraryImport(Library)]
    public static partial int clReleaseCommandQueue(nint queue);

    [LibraryImport(Library)]
    public static partial nint clCreateBuffer(ContextHandle context, ulong flags, nuint size, void* host, int* error);

    [LibraryImport(Library)]
    public static partial int clReleaseMemObject(nint memory);

    [LibraryImport(Library)]
    public static partial nint clCreateProgramWithSource(ContextHandle context, uint count, byte** strings, nuint* lengths, int* error);

    [LibraryImport(Library)]
    public static partial nint clCreateProgramWithBinary(ContextHandle context, uint count, nint* devices, nuint* lengths, byte** binaries, int* status, int* error);

    [LibraryImport(Library)]
    public static partial int clBuildProgram(ProgramHandle program, uint count, nint* devices, byte* options, nint notify, nint data);

    [LibraryImport(Library)]
    public static partial int clGetProgramInfo(ProgramHandle program, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(Library)]
    public static partial int clGetProgramBuildInfo(ProgramHandle program, nint device, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(Library)]
    public static partial int clReleaseProgram(nint program);

    [LibraryImport(Library)]
    public static partial nint clCreateKernel(ProgramHandle program, byte* name, int* error);

    [LibraryImport(Library)]
    public static partial int clReleaseKernel(nint kernel);

    [LibraryImport(Library)]
    public static partial int clSetKernelArg(KernelHandle kernel, uint index, nuint size, void* value);

    [LibraryImport(Library)]
    public static partial int clGetKernelWorkGroupInfo(KernelHandle kernel, nint device, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(Library)]
    public static partial int clEnqueueNDRangeKernel(QueueHandle queue, KernelHandle kernel, uint dimensions, nuint* offset, nuint* global, nuint* local, uint waits, nint* waitList, nint* written);

    [LibraryImport(Library)]
    public static partial int clEnqueueReadBuffer(QueueHandle queue, MemoryHandle memory, uint blocking, nuint offset, nuint size, void* host, uint waits, nint* waitList, nint* written);

    [LibraryImport(Library)]
    public static partial int clEnqueueWriteBuffer(QueueHandle queue, MemoryHandle memory, uint blocking, nuint offset, nuint size, void* host, uint waits, nint* waitList, nint* written);

    [LibraryImport(Library)]
    public static partial int clEnqueueCopyBuffer(QueueHandle queue, MemoryHandle source, MemoryHandle target, nuint sourceOffset, nuint targetOffset, nuint size, uint waits, nint* waitList, nint* written);

    [LibraryImport(Library)]
    public static partial int clEnqueueFillBuffer(QueueHandle queue, MemoryHandle memory, void* pattern, nuint patternSize, nuint offset, nuint size, uint waits, nint* waitList, nint* written);

    [LibraryImport(Library)]
    public static partial int clFlush(QueueHandle queue);

    [LibraryImport(Library)]
    public static partial int clFinish(QueueHandle queue);

    [LibraryImport(Library)]
    public static partial int clWaitForEvents(uint count, nint* events);

    [LibraryImport(Library)]
    public static partial int clGetEventProfilingInfo(EventHandle timed, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(Library)]
    public static partial int clReleaseEvent(nint released);
}
