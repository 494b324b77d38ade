using System.Runtime.InteropServices;
using Silk.NET.Core.Contexts;

namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>
/// The OpenCL loader of this machine, in which Silk.NET finds the functions that it binds; its own search takes 200 ms a
/// process. Linux run-time packages ship <c>libOpenCL.so.1</c> without its plain name.
/// </summary>
internal sealed class RuntimeLibrary : INativeContext
{
    private readonly string _name;
    private readonly nint _handle;

    /// <summary>Loads the first of some libraries that is there.</summary>
    public RuntimeLibrary(IReadOnlyList<string> names)
    {
        _name = names[0];
        foreach (string name in names)
        {
            if (!NativeLibrary.TryLoad(name, out _handle)) continue;
            _name = name;
            break;
        }
    }

    /// <summary>What the loader is called here, the likeliest name first.</summary>
    public static IReadOnlyList<string> Names { get; } =
        OperatingSystem.IsWindows() ? ["OpenCL.dll"]
        : OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"]
        : ["libOpenCL.so.1", "libOpenCL.so"];

    /// <summary>Whether there is a loader.</summary>
    public bool IsPresent => _handle != 0;

    public bool TryGetProcAddress(string proc, out nint addr, int? slot = null)
    {
        addr = 0;
        return IsPresent && NativeLibrary.TryGetExport(_handle, proc, out addr);
    }

    /// <exception cref="OpenClException">There is no loader, or one of an older OpenCL.</exception>
    public nint GetProcAddress(string proc, int? slot = null) => TryGetProcAddress(proc, out nint address)
        ? address
        : throw new OpenClException(
            $"OpenCL: {_name} {(IsPresent ? $"has no {proc}; expected OpenCL 1.2" : "was not found")}", proc, ErrorCodes.InvalidOperation);

    /// <summary>Nothing: drivers do not expect to be unloaded.</summary>
    public void Dispose()
    {
    }
}
