using FastHyper.Backends.OpenCl.Buffers;
using FastHyper.Backends.OpenCl.Devices;
using FastHyper.Backends.OpenCl.Programs;

namespace FastHyper.Backends.OpenCl;

/// <summary>
/// One OpenCL device. Everything between the leader's parameters and its next ones stays on it. The same seed gives the
/// same bits on the same device and driver; other devices agree to rounding, and draw the same samples from the same policy.
/// </summary>
public sealed class OpenClBackend : Backend
{
    private readonly OpenClContext _context;

    /// <summary>Opens a device.</summary>
    /// <param name="selector">Nothing for the first (a GPU before others), a number, or a part of a name.</param>
    /// <exception cref="InvalidInputException">There is no runtime, no such device, or it has no float64.</exception>
    public OpenClBackend(string selector = "")
        : this(OpenClDevices.Find(selector))
    {
    }

    /// <summary>Opens a device.</summary>
    /// <param name="device">One of <see cref="OpenClDevices.All"/>.</param>
    /// <exception cref="InvalidInputException">It has no float64.</exception>
    public OpenClBackend(OpenClDevice device)
        : this(device, new BinaryCache(BinaryCache.DefaultFolder()), 0)
    {
    }

    internal OpenClBackend(OpenClDevice device, BinaryCache cache, int groupSize)
    {
        ArgumentNullException.ThrowIfNull(device);
        Device = device;
        _context = new OpenClContext(device, cache, groupSize);
    }

    /// <summary>The device.</summary>
    public OpenClDevice Device { get; }

    /// <inheritdoc/>
    public override string Name => "opencl";

    /// <inheritdoc/>
    public override string Description => $"OpenCL {Device.Index}, {Device}";

    /// <inheritdoc/>
    public override Engine CreateEngine(Transitions transitions, EngineOptions options) =>
        throw new InvalidOperationException("engines on OpenCL devices are not there yet");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _context.Dispose();
    }
}
