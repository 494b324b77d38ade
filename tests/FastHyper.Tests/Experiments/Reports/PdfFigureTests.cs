using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using FastHyper.Experiments.Reports;

namespace FastHyper.Tests.Experiments.Reports;

/// <summary>The PDF of a figure is a file whose parts are where it says, and shows what the SVG shows.</summary>
public partial class PdfFigureTests
{
    private static readonly string s_svg = SvgFigure.Render(FourRoomsExample.Learning(), FourRoomsExample.Maps());
    private static readonly byte[] s_pdf = PdfFigure.Render(s_svg);
    private static readonly string s_text = Encoding.Latin1.GetString(s_pdf);

    [Fact]
    public void EveryObjectIsWhereTheTableSays()
    {
        Assert.StartsWith("%PDF-1.4\n", s_text);
        Assert.EndsWith("%%EOF\n", s_text);
        int table = int.Parse(Match(@"startxref\n(\d+)"), CultureInfo.InvariantCulture);
        Assert.Equal("xref", s_text.Substring(table, 4));
        string[] entries = [.. Entry().Matches(s_text).Select(match => match.Groups[1].Value)];
        Assert.Equal(4, entries.Length);
        for (int i = 0; i < entries.Length; i++)
            Assert.StartsWith($"{i + 1} 0 obj\n", s_text[int.Parse(entries[i], CultureInfo.InvariantCulture)..]);
    }

    [Fact]
    public void WhatIsOpenedIsClosed()
    {
        string content = Content();
        string[] operators =
            Token().Replace(Literal().Replace(content, ""), " ").Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        int depth = 0;
        foreach (string each in operators)
        {
            depth += each switch { "q" => 1, "Q" => -1, _ => 0 };
            Assert.True(depth >= 0);
        }

        Assert.Equal(0, depth);
        Assert.Equal(operators.Count(each => each == "BT"), operators.Count(each => each == "ET"));
        string[] known = "q Q cm rg RG w J j d gs m l c h S f B BT ET Tm Tf Ts Tj".Split(' ');
        Assert.Equal([], operators.Where(each => !known.Contains(each)).Distinct());
    }

    /// <summary>Each text of the picture is there, with its letters of Greek in another font; and no colour is a name.</summary>
    [Fact]
    public void TextsAreTexts()
    {
        string content = Content();
        Assert.Contains("(Leader objective while learning) Tj", content, StringComparison.Ordinal);
        Assert.Contains("(BC-HG) Tj", content, StringComparison.Ordinal);
        Assert.Contains(@"(HPGD \(MC\)) Tj", content, StringComparison.Ordinal);
        Assert.Equal(
            "/S 12 Tf 0 Ts (a) Tj /H 12 Tf 0 Ts ( = 10) Tj /H 8.4 Tf 4.2 Ts (-3) Tj ", PdfText.Show("α = 10⁻³", 12, bold: false));
        Assert.Equal(1.112, PdfText.Width("12"), 12);
    }

    [Fact]
    public void TheSameFigureGivesTheSameBytes() => Assert.Equal(s_pdf, PdfFigure.Render(s_svg));

    [Fact]
    public void AFigureAloneHasLiteralColours()
    {
        Assert.DoesNotContain("var(", s_svg, StringComparison.Ordinal);
        Assert.DoesNotContain("currentColor", s_svg, StringComparison.Ordinal);
        Assert.Contains("svg text{fill:#59626f}", s_svg, StringComparison.Ordinal);
        Assert.Contains(".s1{stroke:#d1550a}", s_svg, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("M1 2L3.5 4Z", "1 2 m 3.5 4 l h ")]
    [InlineData("M1 2h3v1h-3z", "1 2 m 4 2 l 4 3 l 1 3 l h ")]
    [InlineData("M0 0m-1 0a1 1 0 1 0 2 0", "0 0 m -1 0 m -1 -0.55 -0.55 -1 0 -1 c 0.55 -1 1 -0.55 1 0 c ")]
    public void PathsAreThoseOfSvg(string data, string expected) => Assert.Equal(expected, PdfPath.Of(data));

    private static string Content()
    {
        int length = int.Parse(Match(@"/Length (\d+)"), CultureInfo.InvariantCulture);
        int begin = s_text.IndexOf("stream\n", StringComparison.Ordinal) + "stream\n".Length;
        using ZLibStream unpack = new(new MemoryStream(s_pdf, begin, length), CompressionMode.Decompress);
        using StreamReader reader = new(unpack, Encoding.ASCII);
        return reader.ReadToEnd();
    }

    private static string Match(string pattern) => Regex.Match(s_text, pattern).Groups[1].Value;

    [GeneratedRegex(@"(\d{10}) 00000 n ")]
    private static partial Regex Entry();

    [GeneratedRegex(@"\((\\.|[^\\)])*\)")]
    private static partial Regex Literal();

    [GeneratedRegex(@"(?<![\w/.-])-?[\d.]+(?![\w.])|/\w+|[\[\]]")]
    private static partial Regex Token();
}
