using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FastHyper.Reference.Arithmetic;

/// <summary>
/// A number as the unevaluated sum of two float64, |Low| ≤ ½ ulp(High): 106 bits (Dekker 1971; Hida, Li and Bailey 2001). Exact sums and
/// products of two float64 are those of Knuth and of the fused multiply-add. As wide as float64 in range; near its smallest normal
/// number the low part underflows, and what is left is float64.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DoubleDouble(double High, double Low) : IScalar<DoubleDouble>
{
    // exp halves its argument this often before the series, and squares as often after it.
    private const int Halvings = 9;

    private static readonly DoubleDouble s_log2 = new(0.6931471805599453, 2.3190468138462996e-17);

    private static readonly DoubleDouble[] s_inverseFactorials = InverseFactorials(10);

    public static double Rounding => 1.232595164407831e-32;

    public double Value => High;

    public static DoubleDouble Of(double value) => new(value, 0);

    public static DoubleDouble operator +(DoubleDouble a, DoubleDouble b)
    {
        (double s, double e) = TwoSum(a.High, b.High);
        (double t, double f) = TwoSum(a.Low, b.Low);
        (s, e) = QuickTwoSum(s, e + t);
        return Normal(s, e + f);
    }

    public static DoubleDouble operator -(DoubleDouble a, DoubleDouble b) => a + -b;

    public static DoubleDouble operator -(DoubleDouble a) => new(-a.High, -a.Low);

    public static DoubleDouble operator *(DoubleDouble a, DoubleDouble b)
    {
        double p = a.High * b.High;
        double e = Math.FusedMultiplyAdd(a.High, b.High, -p);
        e = Math.FusedMultiplyAdd(a.High, b.Low, e);
        return Normal(p, Math.FusedMultiplyAdd(a.Low, b.High, e));
    }

    public static DoubleDouble operator /(DoubleDouble a, DoubleDouble b)
    {
        double first = a.High / b.High;
        DoubleDouble left = a - (b * Of(first));
        double second = left.High / b.High;
        left -= b * Of(second);
        return Normal(first, second) + Of(left.High / b.High);
    }

    /// <summary>e^x, by e^(x − k log 2) and its Taylor series at 2⁻⁹ of that.</summary>
    public static DoubleDouble Exp(DoubleDouble x)
    {
        if (x.High <= -745.2) return default;
        if (x.High >= 709.8) return new DoubleDouble(double.PositiveInfinity, 0);
        double k = Math.Round(x.High / s_log2.High);
        DoubleDouble r = Scale(x - (s_log2 * Of(k)), -Halvings);
        // e^r − 1: added to one only in the end, so that nothing is lost to it.
        DoubleDouble sum = default;
        for (int n = s_inverseFactorials.Length - 1; n >= 1; n--) sum = (sum + s_inverseFactorials[n]) * r;
        for (int i = 0; i < Halvings; i++) sum = sum + sum + (sum * sum);
        return Scale(sum + Of(1), (int)k);
    }

    /// <summary>log x, by one step of Newton's method on e^y = x from float64's.</summary>
    public static DoubleDouble Log(DoubleDouble x)
    {
        if (!(x.High > 0)) return Of(Math.Log(x.High));
        DoubleDouble y = Of(Math.Log(x.High));
        return y + ((x * Exp(-y)) - Of(1));
    }

    public static void SubtractMultiple(Span<DoubleDouble> target, DoubleDouble factor, ReadOnlySpan<DoubleDouble> row)
    {
        int done = Avx.IsSupported && Fma.IsSupported ? SubtractWide(target, -factor, row) : 0;
        for (int i = done; i < target.Length; i++) target[i] += row[i] * -factor;
    }

    public override string ToString() => $"{High:R} + {Low:R}";

    /// <summary>The same operations, four numbers at a time.</summary>
    private static int SubtractWide(Span<DoubleDouble> target, DoubleDouble factor, ReadOnlySpan<DoubleDouble> row)
    {
        Span<Vector256<double>> y = MemoryMarshal.Cast<DoubleDouble, Vector256<double>>(target);
        ReadOnlySpan<Vector256<double>> x = MemoryMarshal.Cast<DoubleDouble, Vector256<double>>(row);
        Vector256<double> high = Vector256.Create(factor.High), low = Vector256.Create(factor.Low);
        int pairs = Math.Min(y.Length, x.Length) & ~1;
        for (int i = 0; i < pairs; i += 2)
        {
            Vector256<double> xHigh = Avx.UnpackLow(x[i], x[i + 1]), xLow = Avx.UnpackHigh(x[i], x[i + 1]);
            Vector256<double> p = xHigh * high;
            Vector256<double> e = Fma.MultiplySubtract(xHigh, high, p);
            e = Fma.MultiplyAdd(xHigh, low, e);
            e = Fma.MultiplyAdd(xLow, high, e);
            (p, e) = QuickTwoSum(p, e);
            (Vector256<double> s, Vector256<double> d) = TwoSum(Avx.UnpackLow(y[i], y[i + 1]), p);
            (Vector256<double> t, Vector256<double> f) = TwoSum(Avx.UnpackHigh(y[i], y[i + 1]), e);
            (s, d) = QuickTwoSum(s, d + t);
            (s, d) = QuickTwoSum(s, d + f);
            (y[i], y[i + 1]) = (Avx.UnpackLow(s, d), Avx.UnpackHigh(s, d));
        }

        return 2 * pairs;
    }

    private static DoubleDouble Normal(double high, double low)
    {
        (double s, double e) = QuickTwoSum(high, low);
        return new DoubleDouble(s, e);
    }

    private static (double Sum, double Error) TwoSum(double a, double b)
    {
        double s = a + b, t = s - a;
        return (s, a - (s - t) + (b - t));
    }

    private static (double Sum, double Error) QuickTwoSum(double a, double b)
    {
        double s = a + b;
        return (s, b - (s - a));
    }

    private static (Vector256<double> Sum, Vector256<double> Error) TwoSum(Vector256<double> a, Vector256<double> b)
    {
        Vector256<double> s = a + b, t = s - a;
        return (s, a - (s - t) + (b - t));
    }

    private static (Vector256<double> Sum, Vector256<double> Error) QuickTwoSum(Vector256<double> a, Vector256<double> b)
    {
        Vector256<double> s = a + b;
        return (s, b - (s - a));
    }

    private static DoubleDouble Scale(DoubleDouble x, int exponent) => new(Math.ScaleB(x.High, exponent), Math.ScaleB(x.Low, exponent));

    private static DoubleDouble[] InverseFactorials(int count)
    {
        DoubleDouble[] inverse = new DoubleDouble[count];
        inverse[0] = Of(1);
        for (int n = 1; n < count; n++) inverse[n] = inverse[n - 1] / Of(n);
        return inverse;
    }
}
