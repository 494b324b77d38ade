using System.Numerics;
using System.Runtime.CompilerServices;

namespace FastHyper.Backends.Cpu.Lanes;

/// <summary>One number: the reference that every wider lane must match bit for bit.</summary>
internal readonly unsafe struct Lane1<T>(T value) : ILane<Lane1<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T _value = value;

    public static int Width => 1;

    public T Value => _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Broadcast(T value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Constant(double value) => new(T.CreateTruncating(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Load(T* from) => new(*from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Gather(T* from, int* indices) => new(from[*indices]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Gather(T* from, ushort* indices) => new(from[*indices]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> LoadNarrow(float* from) => new(T.CreateTruncating(*from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNarrow(float* to, Lane1<T> value) => *to = float.CreateTruncating(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> LoadSplit(float* high, int* low) =>
        typeof(T) == typeof(double) ? new(T.CreateTruncating(SplitNumber.Join(*high, *low))) : LoadNarrow(high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* to, Lane1<T> value) => *to = value._value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> operator +(Lane1<T> a, Lane1<T> b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> operator -(Lane1<T> a, Lane1<T> b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> operator *(Lane1<T> a, Lane1<T> b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> operator /(Lane1<T> a, Lane1<T> b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> MultiplyAdd(Lane1<T> a, Lane1<T> b, Lane1<T> c) =>
        new(T.FusedMultiplyAdd(a._value, b._value, c._value));

    // As the registers' instructions do it: the second number where either is not a number or both are zero.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Max(Lane1<T> a, Lane1<T> b) => a._value > b._value ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Min(Lane1<T> a, Lane1<T> b) => a._value < b._value ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Abs(Lane1<T> a) => new(T.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Select(Lane1<T> mask, Lane1<T> a, Lane1<T> b) => Any(mask) ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Greater(Lane1<T> a, Lane1<T> b)
    {
        if (typeof(T) == typeof(double))
            return Unsafe.BitCast<long, Lane1<T>>(a._value > b._value ? -1L : 0L);
        return Unsafe.BitCast<int, Lane1<T>>(a._value > b._value ? -1 : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Lane1<T> mask) => typeof(T) == typeof(double)
        ? Unsafe.BitCast<Lane1<T>, long>(mask) != 0
        : Unsafe.BitCast<Lane1<T>, int>(mask) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> PowerOfTwo(Lane1<T> shifted)
    {
        if (typeof(T) == typeof(double))
            return Unsafe.BitCast<long, Lane1<T>>((Unsafe.BitCast<Lane1<T>, long>(shifted) << 52) + LaneBits.One64);
        return Unsafe.BitCast<int, Lane1<T>>((Unsafe.BitCast<Lane1<T>, int>(shifted) << 23) + LaneBits.One32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1<T> Split(Lane1<T> x, out Lane1<T> mantissa)
    {
        if (typeof(T) == typeof(double))
        {
            ulong bits = Unsafe.BitCast<Lane1<T>, ulong>(x);
            ulong biased = (bits - LaneBits.RootHalf64 + (ulong)LaneBits.One64) >> 52;
            mantissa = Unsafe.BitCast<ulong, Lane1<T>>(bits - (biased << 52) + (ulong)LaneBits.One64);
            return Unsafe.BitCast<ulong, Lane1<T>>(biased | LaneBits.TwoTo52) - Constant(LaneBits.TwoTo52AndBias);
        }
        else
        {
            uint bits = Unsafe.BitCast<Lane1<T>, uint>(x);
            uint biased = (bits - LaneBits.RootHalf32 + (uint)LaneBits.One32) >> 23;
            mantissa = Unsafe.BitCast<uint, Lane1<T>>(bits - (biased << 23) + (uint)LaneBits.One32);
            return Unsafe.BitCast<uint, Lane1<T>>(biased | LaneBits.TwoTo23) - Constant(LaneBits.TwoTo23AndBias);
        }
    }
}
