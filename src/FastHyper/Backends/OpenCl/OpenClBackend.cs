using FastHyper.Backends.OpenCl.Buffers;
using FastHyper.Backends.OpenCl.Devices;
using FastHyper.Backends.OpenCl.Engines;
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

    /// <summary>Bytes of the device's memory that its engines hold.</summary>
    internal long Allocated => _context.Allocated;

    /// <summary>Bytes that they may hold.</summary>
    internal long Limit
    {
        get => _context.Limit;
        set => _context.Limit = value;
    }

    /// <inheritdoc/>
    public override Engine CreateEngine(Transitions transitions, EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(transitions);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Leaders < 1 || options.InstancesPerLeader < 1)
            throw new InvalidInputException(
                $"engine: {options.Leaders} leaders of {options.InstancesPerLeader} instances; expected at least 1 of each");
        if (options.Layout == EngineLayout.States && options.Instances > 1)
            throw new InvalidInputException($"engine: {options.Instances} instances with states as lanes; expected 1");
        return new OpenClEngine(_context, transitions, options);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _context.Dispose();
    }
}
