using FastHyper.Experiments.Reports;

namespace FastHyper.Tests.Experiments.Reports;

public class TicksTests
{
    public static TheoryData<double, double> Ranges => new()
    {
        { 0, 1 }, { 0, 0 }, { 1, 1 }, { -3.7, -3.7 }, { 0.3, 0.7 }, { -0.667, 1.48 }, { -5, -4.9 }, { 1e-12, 3e-12 },
        { -1e300, 1e300 }, { 1e18, 1e18 + 1e7 }, { 1, 1 + 1e-15 }, { 0, double.Epsilon }, { 9.99, 10.01 }, { 0, 10_000 },
        { 1e-280, 7e-280 }, { 100_000_000, 100_000_001 }, { -1e-9, 1e6 }, { 0.1, 0.30000000000000004 },
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public void AscendCoverAndStayFew(double low, double high) => Check(low, high, 7);

    [Fact]
    public void AscendCoverAndStayFewForRandomRanges()
    {
        var random = new Random(5);
        for (int i = 0; i < 5000; i++)
        {
            double low = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-200, 200));
            double high = low + random.NextDouble() * Math.Pow(10, random.Next(-200, 200));
            Check(low, high, random.Next(3, 12));
        }
    }

    [Fact]
    public void AreNiceNumbers()
    {
        Assert.Equal([0, 0.1, 0.2, 0.3], Ticks.Cover(0, 0.3, 4).Values);
        Assert.Equal(["−1.0", "−0.5", "0", "0.5", "1.0", "1.5"], Ticks.Cover(-0.667, 1.48, 6).Labels);
        Assert.Equal(["0", "5,000", "10,000"], Ticks.Cover(0, 10_000, 4).Labels);
        Assert.Equal(["0", "1×10⁻⁹", "2×10⁻⁹"], Ticks.Cover(0, 2e-9, 3).Labels);
        Assert.Equal(["0", "2×10⁷", "4×10⁷"], Ticks.Cover(0, 4e7, 3).Labels);
    }

    [Fact]
    public void WithinStaysInside()
    {
        Ticks ticks = Ticks.Within(3, 97, 6);
        Assert.All(ticks.Values, value => Assert.InRange(value, 3, 97));
        Assert.Equal([20, 40, 60, 80], ticks.Values);
    }

    private static void Check(double low, double high, int count)
    {
        Ticks ticks = Ticks.Cover(low, high, count);
        Assert.InRange(ticks.Values.Length, 2, count);
        Assert.True(ticks.Values[0] <= low
            && ticks.Values[^1] >= high, $"[{low:R}, {high:R}] by [{ticks.Values[0]:R}, {ticks.Values[^1]:R}]");
        Assert.All(ticks.Values.Zip(ticks.Values.Skip(1)), pair => Assert.True(pair.First < pair.Second));
        Assert.Equal(ticks.Labels.Length, ticks.Labels.Distinct().Count());
    }

    [Theory]
    [InlineData(-3.2, 0.5, 6, "10⁻⁴ 10⁻³ 10⁻² 10⁻¹ 10⁰ 10¹")]
    [InlineData(-12, -1, 7, "10⁻¹² 10⁻¹⁰ 10⁻⁸ 10⁻⁶ 10⁻⁴ 10⁻² 10⁰")]
    [InlineData(2, 2, 5, "10¹ 10² 10³")]
    public void DecadesAreWholePowersOfTen(double low, double high, int count, string labels)
    {
        Ticks ticks = Ticks.Decades(low, high, count);
        Assert.Equal(labels, string.Join(' ', ticks.Labels));
        Assert.InRange(ticks.Values.Length, 2, count);
        Assert.True(ticks.Values[0] <= low && ticks.Values[^1] >= high);
    }
}
