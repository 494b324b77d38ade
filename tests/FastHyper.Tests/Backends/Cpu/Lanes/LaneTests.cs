using System.Numerics;
using System.Runtime.InteropServices;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Tests.Backends.Cpu.Lanes;

public class LaneTests
{
    [Fact]
    public void EveryOperationOf256BitsHasTheScalarBits()
    {
        ExpectScalarBits<Lane256<double>, double>(4);
        ExpectScalarBits<Lane256<float>, float>(8);
    }

    [Fact]
    public void EveryOperationOf512BitsHasTheScalarBits()
    {
        ExpectScalarBits<Lane512<double>, double>(8);
        ExpectScalarBits<Lane512<float>, float>(16);
    }

    [Fact]
    public void ScalarOperationsAreThoseOfIeee()
    {
        (double[] a, double[] b) = LaneCases.Pairs<double>();
        Dictionary<string, double[]> found = LaneRun.Operations<Lane1<double>, double>(a, b);
        for (int i = 0; i < a.Length; i++)
        {
            Assert.Equal(a[i] + b[i], found["add"][i]);
            Assert.Equal(a[i] - b[i], found["subtract"][i]);
            Assert.Equal(a[i] * b[i], found["multiply"][i]);
            Assert.Equal(a[i] / b[i], found["divide"][i]);
            Assert.Equal(Math.FusedMultiplyAdd(a[i], b[i], a[i]), found["multiply-add"][i]);
            Assert.Equal(Math.Max(a[i], b[i]), found["max"][i]);
            Assert.Equal(Math.Min(a[i], b[i]), found["min"][i]);
            Assert.Equal(Math.Abs(a[i]), found["abs"][i]);
            Assert.Equal(a[i] > b[i] ? 2.5 : b[i], found["select"][i]);
        }
    }

    [Fact]
    public void AnyTellsWhetherOneLaneOfTheMaskIsSet()
    {
        ExpectAny<Lane1<double>, double>();
        ExpectAny<Lane1<float>, float>();
        ExpectAny<Lane256<double>, double>();
        ExpectAny<Lane256<float>, float>();
        ExpectAny<Lane512<double>, double>();
        ExpectAny<Lane512<float>, float>();
    }

    private static void ExpectScalarBits<TLane, T>(int width)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Assert.Equal(width, TLane.Width);
        (T[] a, T[] b) = LaneCases.Pairs<T>();
        Dictionary<string, T[]> scalar = LaneRun.Operations<Lane1<T>, T>(a, b);
        foreach ((string name, T[] wide) in LaneRun.Operations<TLane, T>(a, b))
            for (int i = 0; i < a.Length; i++)
                Assert.True(SameBits(scalar[name][i], wide[i]), $"{name}({a[i]}, {b[i]}): {wide[i]}; expected {scalar[name][i]}");

        int[] indices = [.. Enumerable.Range(0, 64).Select(i => i * 37 % a.Length)];
        Assert.Equal(indices.Select(i => a[i]), LaneRun.Gather<TLane, T>(a, indices));
    }

    /// <summary>Bit equality; one NaN is as good as another.</summary>
    private static bool SameBits<T>(T x, T y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        MemoryMarshal.AsBytes<T>([x]).SequenceEqual(MemoryMarshal.AsBytes<T>([y])) || (T.IsNaN(x) && T.IsNaN(y));

    private static unsafe void ExpectAny<TLane, T>()
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T* numbers = stackalloc T[TLane.Width];
        for (int set = 0; set < TLane.Width; set++)
        {
            for (int j = 0; j < TLane.Width; j++) numbers[j] = j == set ? T.One : T.Zero;
            Assert.True(TLane.Any(TLane.Greater(TLane.Load(numbers), TLane.Constant(0))));
            Assert.False(TLane.Any(TLane.Greater(TLane.Constant(0), TLane.Load(numbers))));
        }
    }
}
