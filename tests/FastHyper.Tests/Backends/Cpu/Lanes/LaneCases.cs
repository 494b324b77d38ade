using System.Numerics;

namespace FastHyper.Tests.Backends.Cpu.Lanes;

/// <summary>Arguments for lane operations: every pair of special numbers, then random bits and magnitudes.</summary>
internal static class LaneCases
{
    private static readonly double[] Special =
    [
        0, -0.0, 1, -1, 0.5, 2, -3, 1.0 / 3, 1e-30, -1e30, 1e-45, double.Epsilon, double.MaxValue, double.MinValue,
        double.PositiveInfinity, double.NegativeInfinity, float.MaxValue, float.Epsilon, 709.5, -709.5, 88.5, -87.5,
    ];

    /// <summary>A multiple of the widest register's 16 numbers, in pairs (a, b).</summary>
    public static (T[] A, T[] B) Pairs<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Random random = new(7);
        List<T> a = [], b = [];
        foreach (double x in Special)
        {
            foreach (double y in Special)
            {
                a.Add(T.CreateTruncating(x));
                b.Add(T.CreateTruncating(y));
            }
        }

        while (a.Count % 16 != 0 || a.Count < 4096)
        {
            a.Add(T.CreateTruncating(Wide(random)));
            b.Add(T.CreateTruncating(Wide(random)));
        }

        return ([.. a], [.. b]);
    }

    /// <summary>Evenly spread over [low, high], the ends included.</summary>
    public static T[] Range<T>(double low, double high, int count)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Random random = new(11);
        T[] values = [.. Enumerable.Range(0, count).Select(_ => T.CreateTruncating(low + ((high - low) * random.NextDouble())))];
        values[0] = T.CreateTruncating(low);
        values[1] = T.CreateTruncating(high);
        return values;
    }

    /// <summary>Positive normal numbers of every exponent.</summary>
    public static T[] Positive<T>(int exponent, int count)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        [.. Range<double>(-exponent, exponent, count)
            .Select(e => T.CreateTruncating(Math.ScaleB(1 + (e - Math.Floor(e)), (int)Math.Floor(e))))];

    private static double Wide(Random random) => Math.ScaleB((2 * random.NextDouble()) - 1, random.Next(-40, 40));
}
