using System.Globalization;
using System.Xml.Linq;
using FastHyper.Experiments.Reports;

namespace FastHyper.Tests.Experiments.Reports;

public class HtmlReportTests
{
    private const string Hostile = "<script>alert(\"1\")</script> & 'x' ]]> \u0001 \uD800 𝒱";

    [Fact]
    public void ThePageIsWellFormedAndNamesItsFigures()
    {
        XDocument page = XDocument.Parse(HtmlReport.Render(FourRoomsExample.Report()));
        XElement[] figures = page.Find("svg");
        Assert.Equal(6, figures.Length);
        Assert.All(figures, figure =>
        {
            Assert.Equal("title", figure.Elements().First().Name.LocalName);
            Assert.Equal("desc", figure.Elements().Skip(1).First().Name.LocalName);
            Assert.Equal("img", figure.Attribute("role")!.Value);
        });
    }

    [Fact]
    public void TextIsEscapedEverywhere()
    {
        var map = new GridMap(Hostile, Hostile, 1, 1, [false], [1], null, [new(0, 0, Hostile)], Hostile);
        var curve = new Curve(Hostile, Hostile, Hostile, [new(Hostile, [0, 1], [0, 1], [0, 1], [0, 1])], [new(Hostile, 1)]);
        string page = HtmlReport.Render(new ReportData(Hostile, Hostile, [new(Hostile, Hostile)], [curve], [map], Hostile));
        Assert.Empty(XDocument.Parse(page).Find("script"));
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("𝒱", page, StringComparison.Ordinal);
    }

    [Fact]
    public void NothingIsFetched()
    {
        foreach (
            string text in new[]
            {
                HtmlReport.Render(FourRoomsExample.Report()),
                SvgFigure.Render(FourRoomsExample.Learning(), FourRoomsExample.Maps()),
            })
        {
            string rest = text.Replace("xmlns=\"http://www.w3.org/2000/svg\"", "", StringComparison.Ordinal);
            Assert.DoesNotContain("http", rest, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("url(", rest, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("@import", rest, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("href", rest, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("src=", rest, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void TheSameDataGivesTheSameBytesUnderEveryCulture()
    {
        string expected = HtmlReport.Render(FourRoomsExample.Report());
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (comma.NumberFormat.NumberDecimalSeparator, comma.NumberFormat.NegativeSign) = (",", "~");
            CultureInfo.CurrentCulture = comma;
            Assert.Equal(expected, HtmlReport.Render(FourRoomsExample.Report()));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.DoesNotContain('\r', expected);
    }

    [Fact]
    public void NothingIsWrittenOfWhatCannotBeDrawn()
    {
        using var output = new StringWriter();
        var curve = new Curve("t", "x", "y", []);
        Assert.Throws<ArgumentException>(() => HtmlReport.Write(output, new ReportData("t", "", [], [curve], [], "")));
        Assert.Equal("", output.ToString());
    }

    [Fact]
    public void AnEmptyReportIsAPage()
    {
        XDocument page = XDocument.Parse(HtmlReport.Render(new ReportData("t", "", [], [], [], "")));
        Assert.Equal("t", page.Find("h1")[0].Value);
    }

    [Fact]
    public void AFigureAloneIsAFile()
    {
        Assert.Equal("svg", XDocument.Parse(SvgFigure.Render(FourRoomsExample.Maps())).Root!.Name.LocalName);
        Assert.Equal(
            4, XDocument.Parse(SvgFigure.Render(FourRoomsExample.Learning(), [.. FourRoomsExample.Maps().Take(2)])).Find("svg").Length);
    }
}
