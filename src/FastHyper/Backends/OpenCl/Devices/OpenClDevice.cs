namespace FastHyper.Backends.OpenCl.Devices;

/// <summary>What an OpenCL device is built as.</summary>
public enum OpenClDeviceKind
{
    /// <summary>A processor, driven through OpenCL.</summary>
    Cpu,

    /// <summary>A graphics processor.</summary>
    Gpu,

    /// <summary>Something else.</summary>
    Accelerator,
}

/// <summary>An OpenCL device of this machine, as it describes itself.</summary>
public sealed class OpenClDevice
{
    /// <summary>Its number among all devices of all platforms, as in <c>opencl:1</c>.</summary>
    public required int Index { get; init; }

    /// <summary>Platform (driver family) that it belongs to.</summary>
    public required string Platform { get; init; }

    /// <summary>Version of the platform.</summary>
    public required string PlatformVersion { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Vendor.</summary>
    public required string Vendor { get; init; }

    /// <summary>Version of OpenCL.</summary>
    public required string Version { get; init; }

    /// <summary>Version of the driver.</summary>
    public required string Driver { get; init; }

    /// <summary>What it is built as.</summary>
    public required OpenClDeviceKind Kind { get; init; }

    /// <summary>Compute units.</summary>
    public required int ComputeUnits { get; init; }

    /// <summary>Bytes of memory.</summary>
    public required long GlobalMemory { get; init; }

    /// <summary>Bytes of the largest array.</summary>
    public required long LargestArray { get; init; }

    /// <summary>Bytes that a work-group shares.</summary>
    public required long LocalMemory { get; init; }

    /// <summary>Work-items of the largest work-group.</summary>
    public required int LargestWorkGroup { get; init; }

    /// <summary>Whether it computes in float64.</summary>
    public required bool HasFloat64 { get; init; }

    /// <summary>The runtime's name for it, which stays the same while the process lives.</summary>
    internal nint Id { get; init; }

    /// <summary>What it is, in words.</summary>
    public override string ToString() =>
        $"{Name} ({Platform}), {Kind.ToString().ToLowerInvariant()}, {ComputeUnits} compute units, {GlobalMemory / (double)(1L << 30):F1} "
            + $"GiB, {(HasFloat64 ? "fp64" : "no fp64")}, driver {Driver}";
}
