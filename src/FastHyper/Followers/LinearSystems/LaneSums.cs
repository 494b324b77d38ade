using System.Runtime.Intrinsics;

namespace FastHyper.Followers.LinearSystems;

/// <summary>Sums in lanes of which there are always as many.</summary>
internal static class LaneSums
{
    /// <summary>Σ a b, in four times four sums, whatever the processor's registers: its bits are the same everywhere.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector256<double> first = default, second = default, third = default, fourth = default;
        int k = 0;
        for (; k + 16 <= a.Length; k += 16)
        {
            first += Vector256.Create(a[k..]) * Vector256.Create(b[k..]);
            second += Vector256.Create(a[(k + 4)..]) * Vector256.Create(b[(k + 4)..]);
            third += Vector256.Create(a[(k + 8)..]) * Vector256.Create(b[(k + 8)..]);
            fourth += Vector256.Create(a[(k + 12)..]) * Vector256.Create(b[(k + 12)..]);
        }

        Vector256<double> all = first + second + (third + fourth);
        double sum = all[0] + all[1] + (all[2] + all[3]);
        for (; k < a.Length; k++) sum += a[k] * b[k];
        return sum;
    }
}
