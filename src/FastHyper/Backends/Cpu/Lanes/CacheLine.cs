using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace FastHyper.Backends.Cpu.Lanes;

/// <summary>Prefetches a line of memory, where the processor has an instruction for that; any address will do.</summary>
internal static unsafe class CacheLine
{
    public const int Bytes = 64;

    /// <summary>Into every cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    /// <summary>Into the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchSecondLevel(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch1(address);
    }

    /// <summary>So many bytes into the second-level cache.</summary>
    public static void PrefetchSecondLevel(void* address, long length)
    {
        for (byte* at = (byte*)address, end = at + length; at < end; at += Bytes) PrefetchSecondLevel(at);
    }

    /// <summary>Into the first-level cache and past the others, for what is read once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchOnce(void* address)
    {
        if (Sse.IsSupported) Sse.PrefetchNonTemporal(address);
    }
}
