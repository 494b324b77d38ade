using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FastHyper.Backends.Cpu.Lanes;

/// <summary>A 512-bit register: 8 float64 or 16 float32 lanes.</summary>
internal readonly unsafe struct Lane512<T>(Vector512<T> value) : ILane<Lane512<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Vector512<T> _value = value;

    public static int Width => Vector512<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Broadcast(T value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Constant(double value) => typeof(T) == typeof(double)
        ? new(Vector512.Create(value).As<double, T>())
        : new(Vector512.Create((float)value).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Load(T* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Gather(T* from, int* indices)
    {
        int half = Vector256<T>.Count;
        return Join(Lane256<T>.Gather(from, indices), Lane256<T>.Gather(from, indices + half));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Gather(T* from, ushort* indices)
    {
        int half = Vector256<T>.Count;
        return Join(Lane256<T>.Gather(from, indices), Lane256<T>.Gather(from, indices + half));
    }

    // Vector512.Create of two halves keeps its result in memory and so makes one wait for the last.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lane512<T> Join(Lane256<T> lower, Lane256<T> upper) => new(lower.Value.ToVector512Unsafe().WithUpper(upper.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> LoadNarrow(float* from)
    {
        if (typeof(T) == typeof(float)) return new(Vector512.Load(from).As<float, T>());
        if (Avx512F.IsSupported) return new(Avx512F.ConvertToVector512Double(Vector256.Load(from)).As<double, T>());
        return new(Vector512.Create(Lane256<T>.LoadNarrow(from).Value, Lane256<T>.LoadNarrow(from + 4).Value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNarrow(float* to, Lane512<T> value)
    {
        if (typeof(T) == typeof(float)) value._value.AsSingle().Store(to);
        else if (Avx512F.IsSupported) Avx512F.ConvertToVector256Single(value._value.AsDouble()).Store(to);
        else for (int j = 0; j < Width; j++) to[j] = (float)value._value.AsDouble()[j];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> LoadSplit(float* high, int* low)
    {
        if (typeof(T) == typeof(float)) return LoadNarrow(high);
        if (Avx512F.IsSupported)
            return new((LoadNarrow(high)._value.AsInt64() + Avx512F.ConvertToVector512Int64(Vector256.Load(low))).As<long, T>());
        return new(Vector512.Create(Lane256<T>.LoadSplit(high, low).Value, Lane256<T>.LoadSplit(high + 4, low + 4).Value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* to, Lane512<T> value) => value._value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> operator +(Lane512<T> a, Lane512<T> b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> operator -(Lane512<T> a, Lane512<T> b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> operator *(Lane512<T> a, Lane512<T> b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> operator /(Lane512<T> a, Lane512<T> b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> MultiplyAdd(Lane512<T> a, Lane512<T> b, Lane512<T> c) => typeof(T) == typeof(double)
        ? new(Vector512.FusedMultiplyAdd(a._value.AsDouble(), b._value.AsDouble(), c._value.AsDouble()).As<double, T>())
        : new(Vector512.FusedMultiplyAdd(a._value.AsSingle(), b._value.AsSingle(), c._value.AsSingle()).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Max(Lane512<T> a, Lane512<T> b) => new(Vector512.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Min(Lane512<T> a, Lane512<T> b) => new(Vector512.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Abs(Lane512<T> a) => new(Vector512.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Select(Lane512<T> mask, Lane512<T> a, Lane512<T> b) =>
        new(Vector512.ConditionalSelect(mask._value, a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Greater(Lane512<T> a, Lane512<T> b) => new(Vector512.GreaterThan(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Lane512<T> mask) => mask._value.AsInt64() != Vector512<long>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> PowerOfTwo(Lane512<T> shifted) => typeof(T) == typeof(double)
        ? new((Vector512.ShiftLeft(shifted._value.AsInt64(), 52) + Vector512.Create(LaneBits.One64)).As<long, T>())
        : new((Vector512.ShiftLeft(shifted._value.AsInt32(), 23) + Vector512.Create(LaneBits.One32)).As<int, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512<T> Split(Lane512<T> x, out Lane512<T> mantissa)
    {
        if (typeof(T) == typeof(double))
        {
            Vector512<ulong> one = Vector512.Create((ulong)LaneBits.One64);
            Vector512<ulong> bits = x._value.AsUInt64();
            Vector512<ulong> biased = Vector512.ShiftRightLogical(bits - Vector512.Create(LaneBits.RootHalf64) + one, 52);
            mantissa = new((bits - Vector512.ShiftLeft(biased, 52) + one).As<ulong, T>());
            return new Lane512<T>((biased | Vector512.Create(LaneBits.TwoTo52)).As<ulong, T>()) - Constant(LaneBits.TwoTo52AndBias);
        }
        else
        {
            Vector512<uint> one = Vector512.Create((uint)LaneBits.One32);
            Vector512<uint> bits = x._value.AsUInt32();
            Vector512<uint> biased = Vector512.ShiftRightLogical(bits - Vector512.Create(LaneBits.RootHalf32) + one, 23);
            mantissa = new((bits - Vector512.ShiftLeft(biased, 23) + one).As<uint, T>());
            return new Lane512<T>((biased | Vector512.Create(LaneBits.TwoTo23)).As<uint, T>()) - Constant(LaneBits.TwoTo23AndBias);
        }
    }
}
