using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace FastHyper.Native;

/// <summary>The functions of <c>fasthyper.h</c>, which says what they do. No exception leaves them.</summary>
internal static unsafe partial class Exports
{
    private const int AbiVersion = 2;

    // Constants that live as long as the library.
    private static readonly byte* s_version = Constant(Version());
    private static readonly byte* s_build = Constant(Build());

    [UnmanagedCallersOnly(EntryPoint = "fh_abi_version", CallConvs = [typeof(CallConvCdecl)])]
    public static int GetAbiVersion() => AbiVersion;

    [UnmanagedCallersOnly(EntryPoint = "fh_version", CallConvs = [typeof(CallConvCdecl)])]
    public static byte* GetVersion() => s_version;

    [UnmanagedCallersOnly(EntryPoint = "fh_build", CallConvs = [typeof(CallConvCdecl)])]
    public static byte* GetBuild() => s_build;

    [UnmanagedCallersOnly(EntryPoint = "fh_last_error", CallConvs = [typeof(CallConvCdecl)])]
    public static byte* GetLastError() => Status.Text;

    [UnmanagedCallersOnly(EntryPoint = "fh_free", CallConvs = [typeof(CallConvCdecl)])]
    public static int Free(nint handle)
    {
        try
        {
            Handles.Free(handle);
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_backend_create", CallConvs = [typeof(CallConvCdecl)])]
    public static int CreateBackend(byte* name, int threads, int laneBits, nint* backend)
    {
        try
        {
            Out(backend) = 0;
            *backend = Handles.Add(new Device(name is null ? "cpu" : Models.Text(name), threads, laneBits));
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_backend_description", CallConvs = [typeof(CallConvCdecl)])]
    public static int DescribeBackend(nint backend, byte* text, long size)
    {
        try
        {
            Copy(Handles.Get<Device>(backend).Backend.Description, text, size);
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "fh_backend_watch", CallConvs = [typeof(CallConvCdecl)])]
    public static int WatchBackend(nint backend, delegate* unmanaged<void*, byte*, int> watch, void* user, int milliseconds)
    {
        try
        {
            Handles.Get<Device>(backend).Watch(watch, user, milliseconds);
            return Status.Done;
        }
        catch (Exception e)
        {
            return Status.Of(e);
        }
    }

    private static ref T Out<T>(T* place)
        where T : unmanaged
    {
        if (place is null) throw new InvalidInputException("null for a result; expected an address");
        return ref *place;
    }

    /// <summary>Copies text with a zero at its end, cut where there is no room for more.</summary>
    private static void Copy(string text, byte* target, long size)
    {
        if (target is null || size < 1) throw new InvalidInputException($"text: {size} bytes of room; expected at least 1");
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = (int)Math.Min(bytes.Length, size - 1);
        bytes.AsSpan(0, length).CopyTo(new Span<byte>(target, length));
        target[length] = 0;
    }

    private static byte* Constant(string text) => (byte*)Marshal.StringToCoTaskMemUTF8(text);

    private static string Version() => typeof(WorkMonitor).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>The widest lanes that this build has code for, and that the processor has.</summary>
    private static string Build() => Avx512F.IsSupported ? "avx-512" : Vector256.IsHardwareAccelerated ? "avx2" : "scalar";
}
