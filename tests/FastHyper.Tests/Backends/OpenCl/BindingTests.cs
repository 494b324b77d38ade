using System.Runtime.CompilerServices;
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
        using QueueHandle queue = CL.CreateCommandQueue(context, device.Id);
        using ProgramHandle program = CL.CreateProgramWithSource(context, Source);
        CL.BuildProgram(program, device.Id, "-cl-std=CL1.2");
        using KernelHandle kernel = CL.CreateKernel(program, "twice");
        using MemoryHandle memory = CL.CreateBuffer(context, 4 * 100);
        CL.EnqueueFillBuffer(queue, memory, 21, 4 * 100);
        CL.SetKernelArg(kernel, 0, memory.Pointer);
        CL.SetKernelArg(kernel, 1, 99);
        CL.EnqueueNdrangeKernel(queue, kernel, 128, 1, 64);
        int[] found = new int[100];
        fixed (int* first = found) CL.EnqueueReadBuffer(queue, memory, blocking: true, 0, 400, first);
        Assert.All(found[..99], x => Assert.Equal(42, x));
        Assert.Equal(21, found[99]);
    }

    /// <summary>Ten thousand objects, of each kind; the first of a round are released, the others dropped.</summary>
    [Fact]
    public void TenThousandObjectsLeaveNothingBehind()
    {
        OpenClDevice device = OpenClRequired.Device();
        long before = OpenClRequired.LiveHandles();
        Create(250);
        Assert.Equal(before, OpenClRequired.LiveHandles());

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Create(int rounds)
        {
            using ContextHandle context = CL.CreateContext(device.Id);
            using ProgramHandle program = CL.CreateProgramWithSource(context, Source);
            CL.BuildProgram(program, device.Id, "-cl-std=CL1.2");
            for (int round = 0; round < rounds; round++)
            {
                ClHandle[] objects = [.. Enumerable.Range(0, 8).SelectMany(_ => (ClHandle[])
                [
                    CL.CreateBuffer(context, 64), CL.CreateKernel(program, "twice"), CL.CreateCommandQueue(context, device.Id),
                    CL.CreateProgramWithSource(context, Source), CL.CreateContext(device.Id),
                ])];
                Assert.True(ClHandle.Live >= before + 2 + objects.Length);
                foreach (ClHandle released in objects[..20]) released.Dispose();
            }
        }
    }

    [Fact]
    public void ADisposedObjectIsRefusedAndOneInUseIsReleasedAfterwards()
    {
        OpenClDevice device = OpenClRequired.Device();
        long before = OpenClRequired.LiveHandles();
        using ContextHandle context = CL.CreateContext(device.Id);
        using (Held held = new(context))
        {
            context.Dispose();
            Assert.Equal(before + 1, ClHandle.Live);
            Assert.NotEqual(0, (nint)held);
        }

        Assert.Equal(before, ClHandle.Live);
        Assert.Throws<ObjectDisposedException>(() => CL.CreateBuffer(context, 64));
    }

    [Fact]
    public void FailuresNameTheFunctionAndTheCode()
    {
        OpenClDevice device = OpenClRequired.Device();
        using ContextHandle context = CL.CreateContext(device.Id);
        long before = OpenClRequired.LiveHandles();
        string message = Assert.Throws<OpenClException>(() => CL.CreateBuffer(context, 0)).Message;
        Assert.Equal("OpenCL: clCreateBuffer failed with CL_INVALID_BUFFER_SIZE", message);
        using ProgramHandle program = CL.CreateProgramWithSource(context, Source);
        CL.BuildProgram(program, device.Id, "");
        Assert.Contains(
            "CL_INVALID_KERNEL_NAME for 'thrice'", Assert.Throws<OpenClException>(() => CL.CreateKernel(program, "thrice")).Message,
            StringComparison.Ordinal);
        Assert.Equal(before + 1, ClHandle.Live);
    }

    [Fact]
    public void ACodeWithoutANameIsItsNumber() => Assert.Equal("error -4711", ErrorCodes.Name(-4711));

    [Fact]
    public void CodesHaveTheNamesOfTheHeaders() => Assert.Equal(
        [
            "CL_SUCCESS", "CL_DEVICE_NOT_FOUND", "CL_MEM_OBJECT_ALLOCATION_FAILURE", "CL_MISALIGNED_SUB_BUFFER_OFFSET",
            "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST", "CL_KERNEL_ARG_INFO_NOT_AVAILABLE", "CL_INVALID_HOST_PTR",
            "CL_INVALID_GL_OBJECT", "CL_INVALID_BUFFER_SIZE", "CL_PLATFORM_NOT_FOUND_KHR", "CL_INVALID_D3D10_DEVICE_KHR",
            "CL_INVALID_SPEC_ID",
        ],
        ((int[])[0, -1, -4, -13, -14, -19, -37, -60, -61, -1001, -1002, -71]).Select(ErrorCodes.Name));

    [Fact]
    public void AnAbsentLibraryIsAnAnswer()
    {
        using RuntimeLibrary absent = new(["libNoSuchOpenCL.so.7", "libNoSuchOpenCL.so"]);
        Assert.False(absent.IsPresent);
        string message = Assert.Throws<OpenClException>(() => absent.GetProcAddress("clFinish")).Message;
        Assert.Equal("OpenCL: libNoSuchOpenCL.so.7 was not found", message);
    }

    [Fact]
    public void AFunctionThatALibraryLacksIsNamed()
    {
        OpenClRequired.Device();
        using RuntimeLibrary library = new(["libNoSuchOpenCL.so.7", .. RuntimeLibrary.Names]);
        Assert.NotEqual(0, library.GetProcAddress("clFinish"));
        string message = Assert.Throws<OpenClException>(() => library.GetProcAddress("clNoSuchFunction")).Message;
        Assert.Matches("^OpenCL: [^ ]+ has no clNoSuchFunction; expected OpenCL 1.2$", message);
    }
}
