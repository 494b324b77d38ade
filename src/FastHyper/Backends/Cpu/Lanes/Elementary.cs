using System.Numerics;
using System.Runtime.CompilerServices;

namespace FastHyper.Backends.Cpu.Lanes;

/// <summary>exp and log, one body for every width of a precision.</summary>
internal static class Elementary
{
    /// <summary>1.5·2^(mantissa bits): adding it rounds to an integer that then stands in the low mantissa bits.</summary>
    public static double Magic<T>() => typeof(T) == typeof(double) ? 6755399441055744.0 : 12582912.0;

    /// <summary>
    /// eˣ, within 1 ulp or so. x is clamped to [−708, 709] (float32: [−87, 88]), so the result is never zero,
    /// denormal or infinite; e⁰ is exactly 1. x = n·ln 2 + r, |r| ≤ ½ ln 2, eʳ = 1 + r + r²·g(r), g a
    /// near-minimax polynomial (relative error 2e-17; float32: 8e-9). What is not a number stays none: x is the second of each
    /// clamp, which is what they give then.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Exp<TLane, T>(TLane x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(double))
        {
            x = TLane.Min(TLane.Constant(709), TLane.Max(TLane.Constant(-708), x));
            TLane shifted = TLane.MultiplyAdd(x, TLane.Constant(1.4426950408889634), TLane.Constant(6755399441055744.0));
            TLane n = shifted - TLane.Constant(6755399441055744.0);
            TLane r = TLane.MultiplyAdd(n, TLane.Constant(-0.6931471803691238), x);
            r = TLane.MultiplyAdd(n, TLane.Constant(-1.9082149292705877e-10), r);
            TLane r2 = r * r;
            // Even and odd coefficients apart: two chains of half the latency.
            TLane even = TLane.MultiplyAdd(r2, TLane.Constant(2.7620076242527254e-07), TLane.Constant(2.4801521321606647e-05));
            TLane odd = TLane.MultiplyAdd(r2, TLane.Constant(2.510037611136142e-08), TLane.Constant(2.7557268479724004e-06));
            even = TLane.MultiplyAdd(r2, even, TLane.Constant(0.0013888888917197209));
            odd = TLane.MultiplyAdd(r2, odd, TLane.Constant(0.00019841269863040922));
            even = TLane.MultiplyAdd(r2, even, TLane.Constant(0.041666666666624164));
            odd = TLane.MultiplyAdd(r2, odd, TLane.Constant(0.008333333333330065));
            even = TLane.MultiplyAdd(r2, even, TLane.Constant(0.5));
            odd = TLane.MultiplyAdd(r2, odd, TLane.Constant(0.16666666666666669));
            TLane g = TLane.MultiplyAdd(r, odd, even);
            TLane p = TLane.MultiplyAdd(r2, g, r) + TLane.Constant(1);
            return p * TLane.PowerOfTwo(shifted);
        }
        else
        {
            x = TLane.Min(TLane.Constant(88), TLane.Max(TLane.Constant(-87), x));
            TLane shifted = TLane.MultiplyAdd(x, TLane.Constant(1.4426950408889634), TLane.Constant(12582912.0));
            TLane n = shifted - TLane.Constant(12582912.0);
            TLane r = TLane.MultiplyAdd(n, TLane.Constant(-0.693115234375), x);
            r = TLane.MultiplyAdd(n, TLane.Constant(-3.1946184945309415e-05), r);
            TLane g = TLane.MultiplyAdd(r, TLane.Constant(0.0013926176335399584), TLane.Constant(0.008363173246999926));
            g = TLane.MultiplyAdd(r, g, TLane.Constant(0.04166655466075674));
            g = TLane.MultiplyAdd(r, g, TLane.Constant(0.16666577024562307));
            g = TLane.MultiplyAdd(r, g, TLane.Constant(0.5));
            TLane p = TLane.MultiplyAdd(r * r, g, r) + TLane.Constant(1);
            return p * TLane.PowerOfTwo(shifted);
        }
    }

    /// <summary>
    /// Natural logarithm of a positive normal x, within 1 ulp or so; log 1 is exactly 0. x = m·2ᵉ,
    /// s = (m−1)/(m+1), log m = 2s + s³·q(s²). What is not a number stays none by 0·x, as e and m are numbers even then.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Log<TLane, T>(TLane x)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        TLane exponent = TLane.Split(x, out TLane m);
        TLane s = (m - TLane.Constant(1)) / (m + TLane.Constant(1));
        TLane z = s * s;
        if (typeof(T) == typeof(double))
        {
            TLane q = TLane.MultiplyAdd(z, TLane.Constant(0.14616495796458442), TLane.Constant(0.15331717869928738));
            q = TLane.MultiplyAdd(z, q, TLane.Constant(0.18182889237497124));
            q = TLane.MultiplyAdd(z, q, TLane.Constant(0.22222211133254605));
            q = TLane.MultiplyAdd(z, q, TLane.Constant(0.28571428625984924));
            q = TLane.MultiplyAdd(z, q, TLane.Constant(0.3999999999989948));
            q = TLane.MultiplyAdd(z, q, TLane.Constant(0.666666666666667));
            TLane low = TLane.MultiplyAdd(
                s * z, q, TLane.MultiplyAdd(x, TLane.Constant(0), exponent * TLane.Constant(1.9082149292705877e-10)));
            return TLane.MultiplyAdd(exponent, TLane.Constant(0.6931471803691238), TLane.MultiplyAdd(s, TLane.Constant(2), low));
        }
        else
        {
            TLane q = TLane.MultiplyAdd(z, TLane.Constant(0.2957998460280963), TLane.Constant(0.39988779790209145));
            q = TLane.MultiplyAdd(z, q, TLane.Constant(0.6666668504147134));
            TLane low = TLane.MultiplyAdd(
                s * z, q, TLane.MultiplyAdd(x, TLane.Constant(0), exponent * TLane.Constant(3.1946184945309415e-05)));
            return TLane.MultiplyAdd(exponent, TLane.Constant(0.693115234375), TLane.MultiplyAdd(s, TLane.Constant(2), low));
        }
    }
}
