using System.Globalization;
using FastHyper.Backends.OpenCl.Binding;
using FastHyper.Backends.OpenCl.Devices;
using FastHyper.Backends.OpenCl.Programs;

namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>One device with its programs, and how much of its memory is taken.</summary>
internal sealed class OpenClContext : IDisposable
{
    private long _allocated;

    /// <summary>Opens a device.</summary>
    /// <param name="device">Which.</param>
    /// <param name="cache">Where program binaries are kept.</param>
    /// <param name="groupSize">Work-items of a group, a power of two; 0 for what suits the device.</param>
    /// <exception cref="InvalidInputException">The device has no float64.</exception>
    public OpenClContext(OpenClDevice device, BinaryCache cache, int groupSize)
    {
        if (!device.HasFloat64)
            throw new InvalidInputException(
                $"backend: OpenCL device {device.Index} ({device.Name}) has no fp64; expected a device that computes in float64, as sums "
                    + "and parameters do in every precision");
        Device = device;
        Limit = device.GlobalMemory;
        GroupSizeIsGiven = groupSize != 0;
        GroupSize = Math.Min(groupSize == 0 ? 128 : groupSize, device.LargestWorkGroup);
        Handle = CL.CreateContext(device.Id);
        Programs = new ProgramLibrary(Handle, device, cache);
        Models = new TransitionsPool(this);
    }

    public OpenClDevice Device { get; }

    public ContextHandle Handle { get; }

    public ProgramLibrary Programs { get; }

    /// <summary>Transitions, shared by engines.</summary>
    public TransitionsPool Models { get; }

    /// <summary>Work-items of a group. No result depends on it.</summary>
    public int GroupSize { get; }

    /// <summary>Whether somebody chose the size of groups.</summary>
    public bool GroupSizeIsGiven { get; }

    /// <summary>Bytes that may be allocated in all: what the device has.</summary>
    public long Limit { get; set; }

    /// <summary>Bytes of all memory that was allocated and not freed.</summary>
    public long Allocated => Interlocked.Read(ref _allocated);

    /// <summary>Allocates memory, of what nobody knows.</summary>
    /// <param name="bytes">How much; 8 are taken at the least.</param>
    /// <param name="what">What it is for, in a word or two.</param>
    /// <exception cref="InsufficientMemoryException">The device has too little.</exception>
    public DeviceMemory Allocate(long bytes, string what)
    {
        bytes = Math.Max(bytes, 8);
        if (bytes > Device.LargestArray) throw TooLittle(bytes, what, $"at most {Bytes(Device.LargestArray)} in one array");
        long allocated = Interlocked.Add(ref _allocated, bytes);
        try
        {
            if (allocated > Limit) throw TooLittle(bytes, what, Left(bytes));
            return new DeviceMemory(this, CL.CreateBuffer(Handle, bytes), bytes);
        }
        catch (Exception e)
        {
            Freed(bytes);
            if (e is OpenClException { IsMemory: true }) throw TooLittle(bytes, what, Left(bytes));
            throw;
        }
    }

    /// <summary>What a failed command means: most often that memory, which drivers take at its first use, is not there.</summary>
    public Exception Explain(OpenClException e) => e.Code switch
    {
        ErrorCodes.MemObjectAllocationFailure or ErrorCodes.OutOfHostMemory => new InsufficientMemoryException(
            $"OpenCL device {Device.Index} ({Device.Name}) is out of memory ({e.Function}: {ErrorCodes.Name(e.Code)}): {Bytes(Allocated)} "
                + $"needed in all, {Bytes(Device.GlobalMemory)} there"),
        ErrorCodes.OutOfResources or ErrorCodes.DeviceNotAvailable or ErrorCodes.InvalidCommandQueue => new OpenClException(
            $"OpenCL device {Device.Index} ({Device.Name}) was lost or ran out of resources ({e.Function}: {ErrorCodes.Name(e.Code)}); "
                + $"{Bytes(Allocated)} of its {Bytes(Device.GlobalMemory)} were in use",
            e.Function,
            e.Code),
        _ => e,
    };

    public void Dispose()
    {
        Models.Dispose();
        Programs.Dispose();
        Handle.Dispose();
    }

    internal void Freed(long bytes) => Interlocked.Add(ref _allocated, -bytes);

    private static string Bytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes");

    private string Left(long bytes) => $"{Bytes(Math.Max(0, Limit - Allocated + bytes))} of {Bytes(Limit)} are left";

    private InsufficientMemoryException TooLittle(long bytes, string what, string there) =>
        new($"OpenCL device {Device.Index} ({Device.Name}) is out of memory: {Bytes(bytes)} needed for {what}; {there}");
}
