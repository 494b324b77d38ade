using System.Text.RegularExpressions;
using Codes = Silk.NET.OpenCL.ErrorCodes;

namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>Error codes of the runtime.</summary>
internal static partial class ErrorCodes
{
    public const int Success = (int)Codes.Success;
    public const int DeviceNotFound = (int)Codes.DeviceNotFound;
    public const int DeviceNotAvailable = (int)Codes.DeviceNotAvailable;
    public const int MemObjectAllocationFailure = (int)Codes.MemObjectAllocationFailure;
    public const int OutOfResources = (int)Codes.OutOfResources;
    public const int OutOfHostMemory = (int)Codes.OutOfHostMemory;
    public const int InvalidCommandQueue = (int)Codes.InvalidCommandQueue;
    public const int InvalidOperation = (int)Codes.InvalidOperation;
    public const int InvalidBufferSize = (int)Codes.InvalidBufferSize;
    public const int PlatformNotFound = (int)Codes.PlatformNotFoundKhr;

    /// <summary>The name that the Khronos headers give a code, or the number where it has none.</summary>
    public static string Name(int code) =>
        Enum.GetName((Codes)code) is string name ? $"CL_{BeforeWord().Replace(name, "_").ToUpperInvariant()}" : $"error {code}";

    /// <summary>Where Silk.NET's names have a capital, and those of the headers an underscore.</summary>
    [GeneratedRegex("(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])")]
    private static partial Regex BeforeWord();
}
