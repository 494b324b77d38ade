using System.Xml.Linq;
using FastHyper.Experiments.Reports;

namespace FastHyper.Tests.Experiments.Reports;

public class CurveTests
{
    [Fact]
    public void PointsFallWhereTheAxesSay()
    {
        XDocument svg = Draw([0, 5, 10], [0, 1, 2]);
        (double X, double Y)[] line = Mean(svg).Points();
        Assert.Equal(XOf(svg, "0"), line[0].X, 0.1);
        Assert.Equal(XOf(svg, "10"), line[^1].X, 0.1);
        Assert.Equal((line[0].X + line[^1].X) / 2, line[1].X, 0.1);
        Assert.Equal(YOf(svg, "0.0"), line[0].Y, 0.1);
        Assert.Equal(YOf(svg, "1.0"), line[1].Y, 0.1);
        Assert.Equal(YOf(svg, "2.0"), line[2].Y, 0.1);
    }

    [Fact]
    public void ValuesThatAreNotFiniteLeaveGaps()
    {
        double nan = double.NaN;
        string path = Mean(Draw([0, 1, 2, 3, 4, 5, 6], [0, 1, nan, 2, double.PositiveInfinity, 1, 0])).Attribute("d")!.Value;
        Assert.Equal(3, path.Count(c => c == 'M'));
        Assert.Contains("a1 1", path, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", path, StringComparison.Ordinal);
    }

    [Fact]
    public void NothingFiniteStillRenders()
    {
        XDocument svg = Draw([0, 1], [double.NaN, double.NaN]);
        Assert.DoesNotContain("NaN", svg.ToString(), StringComparison.Ordinal);
        XDocument.Parse(SvgFigure.Render(new Curve("t", "x", "y", [new("s", [], [], [], [])])));
    }

    [Theory]
    [InlineData(-1e308, 1e308)]
    [InlineData(1e-320, 2e-320)]
    [InlineData(7, 7)]
    public void ExtremesStayInThePicture(double low, double high)
    {
        XElement svg = Draw([low, high], [low, high]).Root!;
        Assert.All(Mean(svg.Document!).Points(), p =>
        {
            Assert.InRange(p.X, 0, svg.Number("width"));
            Assert.InRange(p.Y, 0, svg.Number("height"));
        });
    }

    [Fact]
    public void LongSeriesAreThinnedButKeepTheirPeaks()
    {
        double[] x = [.. Enumerable.Range(0, 200_000).Select(i => (double)i)];
        double[] y = [.. x.Select(t => t == 123_457 ? 10.0 : 0)];
        XDocument svg = Draw(x, y);
        Assert.InRange(svg.ToString().Length, 0, 100_000);
        Assert.Equal(YOf(svg, "10"), Mean(svg).Points().Min(p => p.Y), 0.1);
    }

    [Fact]
    public void BandMembersAndReferencesAreDrawn()
    {
        XDocument svg = XDocument.Parse(SvgFigure.Render(FourRoomsExample.Learning()));
        Assert.Equal(4, svg.Find("path", "band").Length);
        Assert.Equal(32, svg.Find("path", "member").Length);
        Assert.Equal(2, svg.Find("line", "reference").Length);
    }

    [Theory]
    [InlineData(new double[] { 10, 11, 12 })]
    [InlineData(new double[] { 95, 99, 100 })]
    [InlineData(new double[] { 0, 50, 51 })]
    public void NamesKeepApart(double[] wanted)
    {
        double[] placed = CurveKey.Spread(wanted, 0, 100, 16);
        Assert.All(placed, y => Assert.InRange(y, 0, 100));
        Assert.All(placed.Zip(placed.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 16));
    }

    [Fact]
    public void LengthsMustAgree()
    {
        var curve = new Curve("t", "x", "y", [new("s", [0, 1], [0], [0, 0], [1, 1])]);
        string message = Assert.Throws<ArgumentException>(() => SvgFigure.Render(curve)).Message;
        Assert.Contains("series 's': 1 values; expected 2", message, StringComparison.Ordinal);
    }

    private static XDocument Draw(double[] x, double[] y) =>
        XDocument.Parse(SvgFigure.Render(new Curve("t", "x", "y", [new("s", x, y, y, y)])));

    private static XElement Mean(XDocument svg) => svg.Find("path", "mean")[0];

    private static double XOf(XDocument svg, string label) =>
        svg.Find("text").Single(e => e.Value == label && (string?)e.Attribute("text-anchor") == "middle").Number("x");

    private static double YOf(XDocument svg, string label)
    {
        // The zero tick is written without decimals.
        string text = label == "0.0" ? "0" : label;
        return svg.Find("text").Single(e => e.Value == text && (string?)e.Attribute("text-anchor") == "end").Number("y") - 4;
    }
}
