using System.Runtime.InteropServices;

namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>The OpenCL loader of this machine. Linux run-time packages ship <c>libOpenCL.so.1</c> without its plain name.</summary>
internal static class RuntimeLibrary
{
    /// <summary>What the loader is called here, the likeliest name first.</summary>
    public static IReadOnlyList<string> Names { get; } =
        OperatingSystem.IsWindows() ? ["OpenCL.dll"]
        : OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"]
        : ["libOpenCL.so.1", "libOpenCL.so"];

    private static readonly Lazy<nint> s_handle = new(() => TryLoad(Names, out nint handle) ? handle : 0);

    /// <summary>Whether there is a loader.</summary>
    public static bool IsPresent => s_handle.Value != 0;

    /// <summary>Loads it once; false where there is none.</summary>
    public static bool TryLoad(out nint handle)
    {
        handle = s_handle.Value;
        return handle != 0;
    }

    /// <summary>Loads the first of some libraries that is there.</summary>
    public static bool TryLoad(IEnumerable<string> names, out nint handle)
    {
        foreach (string name in names)
            if (NativeLibrary.TryLoad(name, out handle)) return true;
        handle = 0;
        return false;
    }
}
