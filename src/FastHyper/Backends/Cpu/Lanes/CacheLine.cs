using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace FastHyper.Backends.Cpu.Lanes;

/// <summary>Asks for a line of memory before it is wanted, where the processor has an instruction for that; any address will do.</summary>
internal static unsafe class CacheLine
{
    public const int Bytes = 64;

    /// <summary>Into every cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ask(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    /// <summary>Into the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AskSecond(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch1(address);
    }

    /// <summary>Into the first-level cache and past the others, for what is read once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AskOnce(void* address)
    {
        if (Sse.IsSupported) Sse.PrefetchNonTemporal(address);
    }
}
