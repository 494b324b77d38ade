using System.Globalization;
using FastHyper.Leaders;

namespace FastHyper.Tests.Leaders;

public class ScheduleTests
{
    [Fact]
    public void AGeometricScheduleReachesItsEndAndStays()
    {
        Schedule schedule = Schedule.Geometric(0.1, 0.001, 10);
        Assert.Equal(0.1, schedule.At(0), 1e-15);
        Assert.Equal(0.01, schedule.At(5), 1e-15);
        Assert.Equal(0.001, schedule.At(10));
        Assert.Equal(0.001, schedule.At(long.MaxValue));
    }

    [Theory]
    [InlineData("0.1")]
    [InlineData("geometric(0.1, 0.005, 3000)")]
    public void TextSurvivesARoundTrip(string text) =>
        Assert.Equal(text, Schedule.Parse(text, CultureInfo.InvariantCulture).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("geometric(0.1, 0.005)")]
    [InlineData("geometric(0.1, 0, 3)")]
    [InlineData("geometric(0.1, 0.2, -3)")]
    public void OtherTextIsRefused(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => Schedule.Parse(text, null)).Message, StringComparison.Ordinal);

    [Fact]
    public void NumbersOutOfRangeAreRefused()
    {
        Assert.Throws<InvalidInputException>(() => Schedule.Constant(0));
        Assert.Throws<InvalidInputException>(() => Schedule.Geometric(1, double.PositiveInfinity, 3));
        Assert.Throws<InvalidInputException>(() => Schedule.Geometric(1, 2, -1));
    }
}
