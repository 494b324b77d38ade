using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FastHyper.Backends.Cpu.Lanes;

/// <summary>A 256-bit register: 4 float64 or 8 float32 lanes.</summary>
internal readonly unsafe struct Lane256<T>(Vector256<T> value) : ILane<Lane256<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Vector256<T> _value = value;

    public static int Width => Vector256<T>.Count;

    public Vector256<T> Value => _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Broadcast(T value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Constant(double value) => typeof(T) == typeof(double)
        ? new(Vector256.Create(value).As<double, T>())
        : new(Vector256.Create((float)value).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Load(T* from) => new(Vector256.Load(from));

    // Separate loads: the gather instruction takes 1.25 times as long on a Zen 3 core where V is near, and 2.4 times on a
    // Cascade Lake core. Indices come several to a load, which leaves load slots to what they point at.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Gather(T* from, int* indices)
    {
        if (typeof(T) == typeof(double))
        {
            double* f = (double*)from;
            ulong* pairs = (ulong*)indices;
            ulong i = pairs[0], j = pairs[1];
            return new(Vector256.Create(f[(uint)i], f[i >> 32], f[(uint)j], f[j >> 32]).As<double, T>());
        }
        else
        {
            float* f = (float*)from;
            ulong* pairs = (ulong*)indices;
            ulong i = pairs[0], j = pairs[1], k = pairs[2], l = pairs[3];
            return new(
                Vector256.Create(f[(uint)i], f[i >> 32], f[(uint)j], f[j >> 32], f[(uint)k], f[k >> 32], f[(uint)l], f[l >> 32]).As<float,
                T>());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Gather(T* from, ushort* indices)
    {
        if (typeof(T) == typeof(double))
        {
            double* f = (double*)from;
            ulong four = *(ulong*)indices;
            return new(Vector256.Create(f[(ushort)four], f[(ushort)(four >> 16)], f[(ushort)(four >> 32)], f[four >> 48]).As<double, T>());
        }
        else
        {
            float* f = (float*)from;
            ulong a = ((ulong*)indices)[0], b = ((ulong*)indices)[1];
            return new(Vector256.Create(
                f[(ushort)a], f[(ushort)(a >> 16)], f[(ushort)(a >> 32)], f[a >> 48], f[(ushort)b], f[(ushort)(b >> 16)],
                f[(ushort)(b >> 32)], f[b >> 48]).As<float, T>());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> LoadNarrow(float* from)
    {
        if (typeof(T) == typeof(float)) return new(Vector256.Load(from).As<float, T>());
        return new((Avx.IsSupported
            ? Avx.ConvertToVector256Double(Vector128.Load(from))
            : Vector256.Create((double)from[0], from[1], from[2], from[3])).As<double, T>());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNarrow(float* to, Lane256<T> value)
    {
        if (typeof(T) == typeof(float)) value._value.AsSingle().Store(to);
        else if (Avx.IsSupported) Avx.ConvertToVector128Single(value._value.AsDouble()).Store(to);
        else for (int j = 0; j < Width; j++) to[j] = (float)value._value.AsDouble()[j];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> LoadSplit(float* high, int* low)
    {
        if (typeof(T) == typeof(float)) return LoadNarrow(high);
        Vector256<long> units = Avx2.IsSupported
            ? Avx2.ConvertToVector256Int64(Vector128.Load(low))
            : Vector256.Create((long)low[0], low[1], low[2], low[3]);
        return new((LoadNarrow(high)._value.AsInt64() + units).As<long, T>());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* to, Lane256<T> value) => value._value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> operator +(Lane256<T> a, Lane256<T> b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> operator -(Lane256<T> a, Lane256<T> b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> operator *(Lane256<T> a, Lane256<T> b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> operator /(Lane256<T> a, Lane256<T> b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> MultiplyAdd(Lane256<T> a, Lane256<T> b, Lane256<T> c) => typeof(T) == typeof(double)
        ? new(Vector256.FusedMultiplyAdd(a._value.AsDouble(), b._value.AsDouble(), c._value.AsDouble()).As<double, T>())
        : new(Vector256.FusedMultiplyAdd(a._value.AsSingle(), b._value.AsSingle(), c._value.AsSingle()).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Max(Lane256<T> a, Lane256<T> b) => new(Vector256.MaxNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Min(Lane256<T> a, Lane256<T> b) => new(Vector256.MinNative(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Abs(Lane256<T> a) => new(Vector256.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Select(Lane256<T> mask, Lane256<T> a, Lane256<T> b) =>
        new(Vector256.ConditionalSelect(mask._value, a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Greater(Lane256<T> a, Lane256<T> b) => new(Vector256.GreaterThan(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Lane256<T> mask) => mask._value.AsInt64() != Vector256<long>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> PowerOfTwo(Lane256<T> shifted) => typeof(T) == typeof(double)
        ? new((Vector256.ShiftLeft(shifted._value.AsInt64(), 52) + Vector256.Create(LaneBits.One64)).As<long, T>())
        : new((Vector256.ShiftLeft(shifted._value.AsInt32(), 23) + Vector256.Create(LaneBits.One32)).As<int, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256<T> Split(Lane256<T> x, out Lane256<T> mantissa)
    {
        if (typeof(T) == typeof(double))
        {
            Vector256<ulong> one = Vector256.Create((ulong)LaneBits.One64);
            Vector256<ulong> bits = x._value.AsUInt64();
            Vector256<ulong> biased = Vector256.ShiftRightLogical(bits - Vector256.Create(LaneBits.RootHalf64) + one, 52);
            mantissa = new((bits - Vector256.ShiftLeft(biased, 52) + one).As<ulong, T>());
            return new Lane256<T>((biased | Vector256.Create(LaneBits.TwoTo52)).As<ulong, T>()) - Constant(LaneBits.TwoTo52AndBias);
        }
        else
        {
            Vector256<uint> one = Vector256.Create((uint)LaneBits.One32);
            Vector256<uint> bits = x._value.AsUInt32();
            Vector256<uint> biased = Vector256.ShiftRightLogical(bits - Vector256.Create(LaneBits.RootHalf32) + one, 23);
            mantissa = new((bits - Vector256.ShiftLeft(biased, 23) + one).As<uint, T>());
            return new Lane256<T>((biased | Vector256.Create(LaneBits.TwoTo23)).As<uint, T>()) - Constant(LaneBits.TwoTo23AndBias);
        }
    }
}
