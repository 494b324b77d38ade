using System.Runtime.InteropServices;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>
/// Zeroed memory outside the managed heap, aligned to a cache line (large arrays: to a 2 MiB page). Large arrays take memory as
/// they are written.
/// </summary>
internal sealed unsafe partial class NativeArray<T> : IDisposable
    where T : unmanaged
{
    private const nuint HugePage = 2 << 20;
    private const nuint CacheLine = 64;
    private void* _block;

    public NativeArray(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        nuint bytes = checked((nuint)length * (nuint)sizeof(T));
        bool huge = bytes >= 2 * HugePage;
        nuint alignment = huge ? HugePage : CacheLine;
        try
        {
            _block = NativeMemory.AllocZeroed(checked(bytes + alignment));
        }
        catch (OutOfMemoryException)
        {
            throw new InsufficientMemoryException($"out of memory: an array of {length} elements needs {bytes >> 20} MiB");
        }

        Pointer = (T*)(((nuint)_block + alignment - 1) / alignment * alignment);
        if (huge && OperatingSystem.IsLinux()) HugePages.Advise(Pointer, bytes);
        GC.AddMemoryPressure((long)Math.Max(bytes, 1));
    }

    ~NativeArray() => Free();

    public long Length { get; }

    public T* Pointer { get; private set; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Memory of at least so many numbers in place of memory of fewer.</summary>
    public static void Reserve(ref NativeArray<T>? memory, long length)
    {
        if (memory is not null && memory.Length >= length) return;
        memory?.Dispose();
        memory = new NativeArray<T>(length);
    }

    private void Free()
    {
        if (Pointer is null) return;
        NativeMemory.Free(_block);
        _block = null;
        Pointer = null;
        GC.RemoveMemoryPressure(Math.Max(Length * sizeof(T), 1));
    }
}

/// <summary>Asks the kernel for huge pages: a sweep over millions of states otherwise misses the TLB on every gather.</summary>
internal static unsafe partial class HugePages
{
    private const int MadvHugePage = 14;

    /// <summary>Advice only: where the kernel refuses it, the memory works all the same.</summary>
    public static void Advise(void* address, nuint bytes) => _ = Madvise(address, bytes, MadvHugePage);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Madvise(void* address, nuint length, int advice);
}
