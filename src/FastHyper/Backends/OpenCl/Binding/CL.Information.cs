using System.Text;
using CommunityToolkit.HighPerformance.Buffers;
using Silk.NET.OpenCL;
using static FastHyper.Backends.OpenCl.Binding.OpenClException;

namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>What platforms and devices tell of themselves.</summary>
internal static unsafe partial class CL
{
    /// <summary>Asks for the bytes of an answer, or for their number.</summary>
    private delegate int Question(nuint size, void* value, nuint* needed);

    public static string GetPlatformName(nint platform) => GetPlatformInfo(platform, PlatformInfo.Name);

    public static string GetPlatformVersion(nint platform) => GetPlatformInfo(platform, PlatformInfo.Version);

    public static string GetDeviceName(nint device) => GetDeviceInfo(device, DeviceInfo.Name);

    public static string GetDeviceVendor(nint device) => GetDeviceInfo(device, DeviceInfo.Vendor);

    /// <summary>The OpenCL that a device speaks.</summary>
    public static string GetDeviceVersion(nint device) => GetDeviceInfo(device, DeviceInfo.Version);

    public static string GetDriverVersion(nint device) => GetDeviceInfo(device, DeviceInfo.DriverVersion);

    /// <summary>Names of extensions, with spaces between.</summary>
    public static string GetDeviceExtensions(nint device) => GetDeviceInfo(device, DeviceInfo.Extensions);

    public static bool IsGpu(nint device) => GetDeviceInfo<DeviceType>(device, DeviceInfo.Type).HasFlag(DeviceType.Gpu);

    public static bool IsCpu(nint device) => GetDeviceInfo<DeviceType>(device, DeviceInfo.Type).HasFlag(DeviceType.Cpu);

    public static int GetComputeUnits(nint device) => (int)GetDeviceInfo<uint>(device, DeviceInfo.MaxComputeUnits);

    /// <summary>Bytes of memory.</summary>
    public static long GetGlobalMemory(nint device) => (long)GetDeviceInfo<ulong>(device, DeviceInfo.GlobalMemSize);

    /// <summary>Bytes of the largest buffer.</summary>
    public static long GetLargestBuffer(nint device) => (long)GetDeviceInfo<ulong>(device, DeviceInfo.MaxMemAllocSize);

    /// <summary>Bytes that a work-group shares.</summary>
    public static long GetLocalMemory(nint device) => (long)GetDeviceInfo<ulong>(device, DeviceInfo.LocalMemSize);

    /// <summary>Work-items of the largest work-group.</summary>
    public static int GetLargestWorkGroup(nint device) => (int)GetDeviceInfo<nuint>(device, DeviceInfo.MaxWorkGroupSize);

    private static string GetPlatformInfo(nint platform, PlatformInfo name) =>
        Text("clGetPlatformInfo", (size, value, needed) => Api.GetPlatformInfo(platform, name, size, value, needed));

    private static string GetDeviceInfo(nint device, DeviceInfo name) =>
        Text("clGetDeviceInfo", (size, value, needed) => Api.GetDeviceInfo(device, name, size, value, needed));

    /// <summary>A number, of the size that the standard gives it.</summary>
    private static T GetDeviceInfo<T>(nint device, DeviceInfo name)
        where T : unmanaged
    {
        T value = default;
        ThrowIfFailed(Api.GetDeviceInfo(device, name, (nuint)sizeof(T), &value, null), "clGetDeviceInfo");
        return value;
    }

    private static string Text(string function, Question question)
    {
        nuint size = 0;
        ThrowIfFailed(question(0, null, &size), function);
        using SpanOwner<byte> text = SpanOwner<byte>.Allocate((int)size);
        fixed (byte* first = text.Span) ThrowIfFailed(question(size, first, null), function);
        return Encoding.UTF8.GetString(text.Span).TrimEnd('\0').Trim();
    }
}
