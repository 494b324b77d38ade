using System.Numerics;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Tests.Backends.Cpu.Lanes;

public class ElementaryTests
{
    [Fact]
    public void ExpOfFloat64IsWithinTwoUlps()
    {
        foreach (double[] x in (double[][])[
            LaneCases.Range<double>(-708, 709, 20000), LaneCases.Range<double>(-1, 1, 20000), LaneCases.Range<double>(-1e-8, 1e-8, 1000)])
        {
            double[] y = LaneRun.Exp<Lane1<double>, double>(x);
            for (int i = 0; i < x.Length; i++) Assert.InRange(Math.Abs(y[i] - Math.Exp(x[i])), 0, 2 * Ulp(Math.Exp(x[i])));
        }
    }

    [Fact]
    public void LogOfFloat64IsWithinTwoUlps()
    {
        foreach (double[] x in (double[][])[
            LaneCases.Positive<double>(1020, 20000), LaneCases.Range<double>(0.5, 2, 20000),
                LaneCases.Range<double>(1 - 1e-6, 1 + 1e-6, 1000)])
        {
            double[] y = LaneRun.Log<Lane1<double>, double>(x);
            for (int i = 0; i < x.Length; i++) Assert.InRange(Math.Abs(y[i] - Math.Log(x[i])), 0, 2 * Ulp(Math.Log(x[i])));
        }
    }

    [Fact]
    public void ExpOfFloat32IsWithinTwoUlps()
    {
        foreach (float[] x in (float[][])[LaneCases.Range<float>(-87, 88, 20000), LaneCases.Range<float>(-1, 1, 20000)])
        {
            float[] y = LaneRun.Exp<Lane1<float>, float>(x);
            for (int i = 0; i < x.Length; i++) Assert.InRange(Math.Abs(y[i] - Math.Exp(x[i])), 0, 2 * Ulp((float)Math.Exp(x[i])));
        }
    }

    [Fact]
    public void LogOfFloat32IsWithinTwoUlps()
    {
        foreach (float[] x in (float[][])[LaneCases.Positive<float>(125, 20000), LaneCases.Range<float>(0.5, 2, 20000)])
        {
            float[] y = LaneRun.Log<Lane1<float>, float>(x);
            for (int i = 0; i < x.Length; i++) Assert.InRange(Math.Abs(y[i] - Math.Log(x[i])), 0, 2 * Ulp((float)Math.Log(x[i])));
        }
    }

    [Fact]
    public void ExpOfZeroIsOneAndLogOfOneIsZeroExactly()
    {
        Assert.Equal([1.0, 1.0], LaneRun.Exp<Lane1<double>, double>([0, -0.0]));
        Assert.Equal([1f, 1f], LaneRun.Exp<Lane1<float>, float>([0, -0f]));
        Assert.Equal([0.0], LaneRun.Log<Lane1<double>, double>([1]));
        Assert.Equal([0f], LaneRun.Log<Lane1<float>, float>([1]));
    }

    [Fact]
    public void ExpIsClampedSoThatItIsNeitherZeroDenormalNorInfinite()
    {
        double[] wide = LaneRun.Exp<Lane1<double>,
            double>([-708, -709, -1e300, double.NegativeInfinity, 709, 710, 1e300, double.PositiveInfinity]);
        Assert.All(wide, y => Assert.True(double.IsNormal(y)));
        Assert.Equal([wide[0], wide[0], wide[0], wide[0], wide[4], wide[4], wide[4], wide[4]], wide);
        float[] narrow = LaneRun.Exp<Lane1<float>,
            float>([-87, -88, -1e30f, float.NegativeInfinity, 88, 89, 1e30f, float.PositiveInfinity]);
        Assert.All(narrow, y => Assert.True(float.IsNormal(y)));
        Assert.Equal([narrow[0], narrow[0], narrow[0], narrow[0], narrow[4], narrow[4], narrow[4], narrow[4]], narrow);
    }

    [Fact]
    public void WhatIsNotANumberStaysNone()
    {
        ExpectNone<Lane1<double>, double>();
        ExpectNone<Lane1<float>, float>();
        ExpectNone<Lane256<double>, double>();
        ExpectNone<Lane256<float>, float>();
        ExpectNone<Lane512<double>, double>();
        ExpectNone<Lane512<float>, float>();
    }

    [Fact]
    public void LogOfPowersOfTwoIsTheirExponentTimesLogTwo()
    {
        for (int e = -1022; e <= 1023; e++)
            Assert.Equal(e * Math.Log(2), LaneRun.Log<Lane1<double>, double>([Math.ScaleB(1, e)])[0], 2 * Ulp(e * Math.Log(2)));
    }

    private static void ExpectNone<TLane, T>()
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // Of either sign: what the processor makes of 0 · ∞ is negative.
        T[] x = [.. Enumerable.Range(0, 16).Select(i => i % 3 == 0 ? T.NaN : i % 3 == 1 ? T.CopySign(T.NaN, T.One) : T.One)];
        foreach (T[] y in (T[][])[LaneRun.Exp<TLane, T>(x), LaneRun.Log<TLane, T>(x)])
            for (int i = 0; i < x.Length; i++) Assert.Equal(i % 3 != 2, T.IsNaN(y[i]));
    }

    private static double Ulp(double x) => Math.BitIncrement(Math.Abs(x)) - Math.Abs(x);

    private static double Ulp(float x) => MathF.BitIncrement(MathF.Abs(x)) - MathF.Abs(x);
}
