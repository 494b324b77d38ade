using FastHyper.Backends.OpenCl.Binding;
using FastHyper.Backends.OpenCl.Devices;

namespace FastHyper.Tests.Backends.OpenCl;

[Collection(nameof(Alone))]
public class BindingTests
{
    private const string Source = "__kernel void twice(__global int* x, int count) { int i = get_global_id(0); if (i < count) x[i] *= 2; }";

    [Fact]
    public unsafe void AKernelComputesAndItsResultComesBack()
    {
        OpenClDevice device = OpenClRequired.Device();
        using ContextHandle context = CL.CreateContext(device.Id);
        using QueueHandle queue = CL.CreateCommandQueue(context, device.Id, CommandQueueProperties.None);
        using ProgramHandle program = CL.CreateProgramWithSource(context, Source);
        CL.BuildProgram(program, device.Id, "-cl-std=CL1.2");
        using KernelHandle kernel = CL.CreateKernel(program, "twice");
        using MemoryHandle memory = CL.CreateBuffer(context, MemFlags.ReadWrite, 4 * 100);
        CL.EnqueueFillBuffer(queue, memory, 21, 4 * 100);
        CL.SetKernelArg(kernel, 0, memory.Pointer);
        CL.SetKernelArg(kernel, 1, 99);
        CL.EnqueueNdrangeKernel(queue, kernel, 128, 1, 64);
        int[] found = new int[100];
        fixed (int* first = found) CL.EnqueueReadBuffer(queue, memory, blocking: true, 0, 400, first);
        Assert.All(found[..99], x => Assert.Equal(42, x));
        Assert.Equal(21, found[99]);
    }

    [Fact]
    public void ThousandsOfObjectsLeaveNothingBehind()
    {
        OpenClDevice device = OpenClRequired.Device();
        using ContextHandle context = CL.CreateContext(device.Id);
        using ProgramHandle program = CL.CreateProgramWithSource(context, Source);
        CL.BuildProgram(program, device.Id, "-cl-std=CL1.2");
        long before = OpenClRequired.LiveHandles();
        for (int i = 0; i < 2000; i++)
        {
            using MemoryHandle memory = CL.CreateBuffer(context, MemFlags.ReadWrite, 64);
            using KernelHandle kernel = CL.CreateKernel(program, "twice");
            using QueueHandle queue = CL.CreateCommandQueue(context, device.Id, CommandQueueProperties.None);
            Assert.Equal(before + 3, ClHandle.Live);
        }

        Assert.Equal(before, ClHandle.Live);
    }

    [Fact]
    public void FailuresNameTheFunctionAndTheCode()
    {
        OpenClDevice device = OpenClRequired.Device();
        using ContextHandle context = CL.CreateContext(device.Id);
        long before = OpenClRequired.LiveHandles();
        Assert.Equal("OpenCL: clCreateBuffer failed with CL_INVALID_BUFFER_SIZE", Assert.Throws<OpenClException>(() => CL.CreateBuffer(context, MemFlags.ReadWrite, 0)).Message);
        using ProgramHandle program = CL.CreateProgramWithSource(context, Source);
        CL.BuildProgram(program, device.Id, "");
        Assert.Contains("CL_INVALID_KERNEL_NAME for 'thrice'", Assert.Throws<OpenClException>(() => CL.CreateKernel(program, "thrice")).Message, StringComparison.Ordinal);
        Assert.Equal(before + 1, ClHandle.Live);
    }

    [Fact]
    public void ACodeWithoutANameIsItsNumber() => Assert.Equal("error -4711", ErrorCodes.Name(-4711));

    [Fact]
    public void AnAbsentLibraryIsAnAnswer()
    {
        Assert.False(RuntimeLibrary.TryLoad(["libNoSuchOpenCL.so.7"], out nint handle));
        Assert.Equal(0, handle);
    }
}
