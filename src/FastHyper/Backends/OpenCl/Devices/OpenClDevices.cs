using System.Globalization;
using FastHyper.Backends.OpenCl.Binding;

namespace FastHyper.Backends.OpenCl.Devices;

/// <summary>The OpenCL devices of this machine. No runtime, or no device, is an answer and not a failure.</summary>
public static class OpenClDevices
{
    // One thread looks while others wait: drivers set themselves up when they are first asked, and some take it ill to be
    // asked by two threads at once.
    private static readonly Lazy<DeviceSurvey> s_all = new(
        () => DeviceSurvey.Of(CL.GetPlatformIDs, CL.GetPlatformName, CL.GetDeviceIDs, Describe));

    /// <summary>Where there is no device: how to get one, in one line.</summary>
    public static string HowToGetOne => CL.IsPresent
        ? "the OpenCL loader is installed, but no driver offers a device; install the GPU's driver, or PoCL for the processor (Debian: "
            + "pocl-opencl-icd)"
        : $"no OpenCL runtime is installed ({RuntimeLibrary.Names[0]} was not found); install the GPU's driver and the OpenCL loader "
            + "(Debian: ocl-icd-libopencl1), or PoCL for the processor (Debian: pocl-opencl-icd)";

    /// <summary>All devices, platform by platform; none where there is no runtime. They are looked for once.</summary>
    public static IReadOnlyList<OpenClDevice> All() => s_all.Value.Devices;

    /// <summary>
    /// Drivers and devices that failed when they were asked what they are, a line each; the others are in <see cref="All"/>.
    /// </summary>
    public static IReadOnlyList<string> Failures() => s_all.Value.Failures;

    /// <summary>The device of a selector: nothing for the first (a GPU before others), a number, or a part of a name.</summary>
    /// <param name="selector">What follows <c>opencl:</c>; empty for none.</param>
    /// <exception cref="InvalidInputException">There is no such device.</exception>
    public static OpenClDevice Find(string selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        if (All().Count == 0 && Failures().Count > 0)
            throw new InvalidInputException($"backend: no OpenCL device: {string.Join("; ", Failures())}");
        return Find(All(), selector);
    }

    internal static OpenClDevice Find(IReadOnlyList<OpenClDevice> devices, string selector)
    {
        if (devices.Count == 0) throw new InvalidInputException($"backend: {HowToGetOne}");
        if (selector.Length == 0) return devices.FirstOrDefault(device => device.Kind == OpenClDeviceKind.Gpu) ?? devices[0];
        OpenClDevice? found = int.TryParse(selector, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? devices.FirstOrDefault(device => device.Index == index)
            : devices.FirstOrDefault(
                device => $"{device.Name} {device.Platform} {device.Vendor}".Contains(selector, StringComparison.OrdinalIgnoreCase));
        return found ?? throw new InvalidInputException(
            $"backend: no OpenCL device '{OneLine.Value(selector)}'; expected a number or a part of a name of "
                + $"{string.Join(", ", devices.Select(device => $"{device.Index} ({device.Name})"))}");
    }

    private static OpenClDevice Describe(int index, nint platform, nint device) => new()
    {
        Index = index,
        Id = device,
        Platform = CL.GetPlatformName(platform),
        PlatformVersion = CL.GetPlatformVersion(platform),
        Name = CL.GetDeviceName(device),
        Vendor = CL.GetDeviceVendor(device),
        Version = CL.GetDeviceVersion(device),
        Driver = CL.GetDriverVersion(device),
        Kind = CL.IsGpu(device) ? OpenClDeviceKind.Gpu : CL.IsCpu(device) ? OpenClDeviceKind.Cpu : OpenClDeviceKind.Accelerator,
        ComputeUnits = CL.GetComputeUnits(device),
        GlobalMemory = CL.GetGlobalMemory(device),
        LargestArray = CL.GetLargestBuffer(device),
        LocalMemory = CL.GetLocalMemory(device),
        LargestWorkGroup = CL.GetLargestWorkGroup(device),
        HasFloat64 = CL.GetDeviceExtensions(device).Contains("cl_khr_fp64", StringComparison.Ordinal),
    };
}
