using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using FastHyper.Backends;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Rollouts;

/// <summary>
/// Philox's uniform numbers of many streams at once, and normal ones by the Box–Muller transform, in lanes: the same bits at every width.
/// The uniform ones are those of <see cref="Philox"/>, the normal ones to a few last places.
/// </summary>
internal static unsafe class NormalNumbers
{
    private const ulong Low = uint.MaxValue;

    /// <summary>Writes two uniform numbers in [0, 1) of each stream.</summary>
    /// <param name="step">First word of the counter.</param>
    /// <param name="purpose">What they are for.</param>
    /// <param name="firstStream">Number of stream 0.</param>
    /// <param name="streams">Which streams.</param>
    /// <param name="iteration">Leader iteration.</param>
    /// <param name="seed">The key.</param>
    /// <param name="first">(streams), written.</param>
    /// <param name="second">(streams), written.</param>
    public static void Uniforms(
        uint step, Philox.Purpose purpose, uint firstStream, ReadOnlySpan<int> streams, uint iteration, ulong seed, Span<double> first,
        Span<double> second)
    {
        int k = 0;
        for (; k + 4 <= streams.Length; k += 4)
        {
            Vector256<ulong> c0 = Vector256.Create((ulong)step), c1 = Vector256.Create((ulong)purpose),
                c3 = Vector256.Create((ulong)iteration);
            Vector256<ulong> c2 = Vector256.Create(
                (ulong)(firstStream + (uint)streams[k]), firstStream + (uint)streams[k + 1], firstStream + (uint)streams[k + 2],
                firstStream + (uint)streams[k + 3]);
            uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
            for (int round = 0; round < 10; round++)
            {
                Vector256<ulong> p0 = c0 * Vector256.Create(0xD2511F53UL), p1 = c2 * Vector256.Create(0xCD9E8D57UL);
                c0 = (p1 >> 32) ^ c1 ^ Vector256.Create((ulong)k0);
                c1 = p1 & Vector256.Create(Low);
                c2 = (p0 >> 32) ^ c3 ^ Vector256.Create((ulong)k1);
                c3 = p0 & Vector256.Create(Low);
                k0 += 0x9E3779B9;
                k1 += 0xBB67AE85;
            }

            // 53 bits, which a float64 holds.
            const double unit = 1.0 / (1UL << 53);
            (Vector256.ConvertToDouble(((c0 << 32) | c1) >> 11) * unit).CopyTo(first[k..]);
            (Vector256.ConvertToDouble(((c2 << 32) | c3) >> 11) * unit).CopyTo(second[k..]);
        }

        for (; k < streams.Length; k++)
            (first[k], second[k]) = Philox.Uniforms(step, purpose, firstStream + (uint)streams[k], iteration, seed);
    }

    /// <summary>Two uniform numbers become two independent normal ones, √(−2 log(1 − u)) (cos 2πv, sin 2πv), in place.</summary>
    /// <param name="first">u.</param>
    /// <param name="second">v.</param>
    public static void FromUniforms(Span<double> first, Span<double> second)
    {
        fixed (double* u = first, v = second)
        {
            if (Vector512.IsHardwareAccelerated) Logarithms<Lane512<double>>(u, first.Length);
            else if (Vector256.IsHardwareAccelerated) Logarithms<Lane256<double>>(u, first.Length);
            else Logarithms<Lane1<double>>(u, first.Length);
            TensorPrimitives.Sqrt(first, first);
            if (Vector512.IsHardwareAccelerated) Transform<Lane512<double>>(u, v, first.Length);
            else if (Vector256.IsHardwareAccelerated) Transform<Lane256<double>>(u, v, first.Length);
            else Transform<Lane1<double>>(u, v, first.Length);
        }
    }

    private static void Logarithms<TLane>(double* u, int count)
        where TLane : unmanaged, ILane<TLane, double>
    {
        int k = 0;
        for (; k + TLane.Width <= count; k += TLane.Width) Logarithm<TLane>(u + k);
        for (; k < count; k++) Logarithm<Lane1<double>>(u + k);
    }

    private static void Logarithm<TLane>(double* u)
        where TLane : unmanaged, ILane<TLane, double> =>
        TLane.Store(u, Elementary.Log<TLane, double>(TLane.Constant(1) - TLane.Load(u)) * TLane.Constant(-2));

    private static void Transform<TLane>(double* radius, double* turn, int count)
        where TLane : unmanaged, ILane<TLane, double>
    {
        int k = 0;
        for (; k + TLane.Width <= count; k += TLane.Width) TurnOne<TLane>(radius + k, turn + k);
        for (; k < count; k++) TurnOne<Lane1<double>>(radius + k, turn + k);
    }

    /// <summary>
    /// 2πv = (n + f) π/2 with |f| ≤ ½: sine and cosine of fπ/2 by their series, to 5e-17, exchanged and with signs by the quarter n.
    /// </summary>
    private static void TurnOne<TLane>(double* radius, double* turn)
        where TLane : unmanaged, ILane<TLane, double>
    {
        TLane four = TLane.Load(turn) * TLane.Constant(4), magic = TLane.Constant(Elementary.Magic<double>());
        TLane n = four + magic - magic, x = (four - n) * TLane.Constant(Math.PI / 2), z = x * x;
        TLane sine = TLane.Constant(-1.0 / 1307674368000);
        sine = TLane.MultiplyAdd(z, sine, TLane.Constant(1.0 / 6227020800));
        sine = TLane.MultiplyAdd(z, sine, TLane.Constant(-1.0 / 39916800));
        sine = TLane.MultiplyAdd(z, sine, TLane.Constant(1.0 / 362880));
        sine = TLane.MultiplyAdd(z, sine, TLane.Constant(-1.0 / 5040));
        sine = TLane.MultiplyAdd(z, sine, TLane.Constant(1.0 / 120));
        sine = TLane.MultiplyAdd(z, sine, TLane.Constant(-1.0 / 6));
        sine = TLane.MultiplyAdd(z * sine, x, x);
        TLane cosine = TLane.Constant(1.0 / 20922789888000);
        cosine = TLane.MultiplyAdd(z, cosine, TLane.Constant(-1.0 / 87178291200));
        cosine = TLane.MultiplyAdd(z, cosine, TLane.Constant(1.0 / 479001600));
        cosine = TLane.MultiplyAdd(z, cosine, TLane.Constant(-1.0 / 3628800));
        cosine = TLane.MultiplyAdd(z, cosine, TLane.Constant(1.0 / 40320));
        cosine = TLane.MultiplyAdd(z, cosine, TLane.Constant(-1.0 / 720));
        cosine = TLane.MultiplyAdd(z, cosine, TLane.Constant(1.0 / 24));
        cosine = TLane.MultiplyAdd(z, cosine, TLane.Constant(-0.5));
        cosine = TLane.MultiplyAdd(z, cosine, TLane.Constant(1));

        // Quarters 0 and 4: (c, s); 1: (−s, c); 2: (−c, −s); 3: (s, −c).
        TLane half = TLane.Constant(0.5), zero = TLane.Constant(0);
        TLane odd = TLane.Greater(half, TLane.Abs(TLane.Abs(n - TLane.Constant(2)) - TLane.Constant(1)));
        TLane one = TLane.Select(odd, sine, cosine), other = TLane.Select(odd, cosine, sine);
        TLane left = TLane.Greater(TLane.Constant(1), TLane.Abs(n - TLane.Constant(1.5)));
        TLane below = TLane.Greater(TLane.Constant(1), TLane.Abs(n - TLane.Constant(2.5)));
        TLane length = TLane.Load(radius);
        TLane.Store(radius, length * TLane.Select(left, zero - one, one));
        TLane.Store(turn, length * TLane.Select(below, zero - other, other));
    }
}
