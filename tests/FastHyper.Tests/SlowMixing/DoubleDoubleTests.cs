using System.Numerics;
using FastHyper.Reference.Arithmetic;
using FastHyper.Reference.Problems;

namespace FastHyper.Tests.SlowMixing;

/// <summary>Double-double against exact arithmetic on integers.</summary>
public class DoubleDoubleTests
{
    // 2⁻¹⁰²: four roundings of 106 bits, as the error bounds of sums and products allow.
    private const int Bits = 102;

    [Fact]
    public void SumsProductsAndQuotientsAreExactTo102Bits()
    {
        SlowDraws draws = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            DoubleDouble a = Draw(draws), b = Draw(draws);
            if (i % 3 == 0) b = -a + (Draw(draws) * DoubleDouble.Of(Math.ScaleB(1, -draws.Integer(0, 100))));
            (BigInteger x, BigInteger y) = (Exact(a), Exact(b));
            Near(x + y, Exact(a + b), BigInteger.Abs(x) + BigInteger.Abs(y), i % 3 == 0 ? "difference" : "sum");
            Near(x + y, Exact(a + b), BigInteger.Abs(x + y), "sum, relative to itself");
            Near((x * y) >> Scale, Exact(a * b), BigInteger.Abs((x * y) >> Scale), "product");
            Near((x << Scale) / y, Exact(a / b), BigInteger.Abs((x << Scale) / y), "quotient");
        }
    }

    [Fact]
    public void KnownConstantsAreMet()
    {
        Near(new DoubleDouble(2.718281828459045, 1.4456468917292502e-16), DoubleDouble.Exp(DoubleDouble.Of(1)));
        Near(new DoubleDouble(0.6931471805599453, 2.3190468138462996e-17), DoubleDouble.Log(DoubleDouble.Of(2)));
        Near(new DoubleDouble(2.302585092994046, -2.1707562233822494e-16), DoubleDouble.Log(DoubleDouble.Of(10)));
    }

    [Fact]
    public void ExpAndLogAreInverseAndExpIsAHomomorphism()
    {
        SlowDraws draws = new(2);
        for (int i = 0; i < 2000; i++)
        {
            DoubleDouble x = DoubleDouble.Of(draws.Uniform(-300, 300)), y = new(draws.Uniform(-300, 300), draws.Uniform(-1e-17, 1e-17));
            // An argument of 300 has an absolute rounding of 300 · 2⁻¹⁰⁶.
            Near(DoubleDouble.Exp(x + y), DoubleDouble.Exp(x) * DoubleDouble.Exp(y), 1e-28);
            Near(x, DoubleDouble.Log(DoubleDouble.Exp(x)), 1e-30);
            DoubleDouble small = DoubleDouble.Of(draws.Uniform(0, 1)) * DoubleDouble.Of(1e-12);
            DoubleDouble series =
                DoubleDouble.Of(1) + small + (small * small / DoubleDouble.Of(2)) + (small * small * small / DoubleDouble.Of(6));
            Near(series, DoubleDouble.Exp(small));
        }

        Assert.Equal(0, DoubleDouble.Exp(DoubleDouble.Of(-800)).Value);
        Assert.Equal(double.PositiveInfinity, DoubleDouble.Exp(DoubleDouble.Of(800)).Value);
    }

    [Fact]
    public void WideLoopsHaveTheBitsOfOperators()
    {
        SlowDraws draws = new(3);
        for (int length = 0; length < 40; length++)
        {
            DoubleDouble factor = Draw(draws);
            DoubleDouble[] target = [.. Enumerable.Range(0, length).Select(_ => Draw(draws))];
            DoubleDouble[] row = [.. Enumerable.Range(0, length).Select(_ => Draw(draws))];
            DoubleDouble[] expected = [.. target.Zip(row, (t, r) => t + (r * -factor))];
            DoubleDouble.SubtractMultiple(target, factor, row);
            Assert.Equal(expected, target);
        }
    }

    // Numbers from 2⁻⁶⁰ on, of 106 bits, are integers at this scale; their products lose nothing that matters.
    private const int Scale = 400;

    private static DoubleDouble Draw(SlowDraws draws)
    {
        double high = draws.Uniform(1, 2) * Math.ScaleB(1, draws.Integer(-30, 30)) * (draws.Chance(0.5) ? 1 : -1);
        return new DoubleDouble(high, 0) + new DoubleDouble(high * draws.Uniform(-1e-16, 1e-16), 0);
    }

    private static BigInteger Exact(DoubleDouble x) => Exact(x.High) + Exact(x.Low);

    private static BigInteger Exact(double x) => new BigInteger(Math.ScaleB(x, 200)) << (Scale - 200);

    private static void Near(BigInteger expected, BigInteger found, BigInteger size, string what)
    {
        BigInteger error = BigInteger.Abs(expected - found);
        Assert.True(error <= (size >> Bits) + 1, $"{what}: off by {(double)error / (double)size:E2} of the size");
    }

    private static void Near(DoubleDouble expected, DoubleDouble found, double tolerance = 4e-31)
    {
        double error = Math.Abs((found - expected).Value);
        Assert.True(
            error <= tolerance * Math.Max(Math.Abs(expected.Value), double.Epsilon), $"{found}: off by {error:E2}; expected {expected}");
    }
}
