using System.Xml.Linq;
using FastHyper.Experiments.Reports;

namespace FastHyper.Tests.Experiments.Reports;

public class GridMapTests
{
    [Fact]
    public void CellsWallsAndMarksFallInPlace()
    {
        bool[] walls = [false, true, false, false, false, false];
        var map = new GridMap("m", "v", 2, 3, walls, [0, 0, 1, 2, double.NaN, 4], null, [new(1, 2, "G")]);
        XDocument svg = Draw(map);
        XElement[] cells = [.. svg.Find("rect").Where(e => e.Find("title").Length > 0)];
        Assert.Equal(5, cells.Length);
        double size = cells[1].Number("x") - cells[0].Number("x");
        Assert.Equal(2 * 64, size, 0.1);
        Assert.Equal("M1 0h1v1h-1z", svg.Find("path", "wall")[0].Attribute("d")!.Value);
        Assert.Equal("none", cells[3].Attribute("class")!.Value);
        Assert.Equal("row 1, column 2: 4", cells[4].Value);
        XElement mark = svg.Find("rect", "mark")[0];
        Assert.Equal(cells[4].Number("x") + cells[4].Number("width") / 2, mark.Number("x") + mark.Number("width") / 2, 0.05);
        Assert.Equal(cells[4].Number("y") + cells[4].Number("height") / 2, mark.Number("y") + mark.Number("height") / 2, 0.05);
    }

    [Fact]
    public void OneGroupSharesOneScaleAndNoGroupDoesNot()
    {
        GridMap before = Line([0, 1], "V");
        GridMap after = Line([0, 2], "V");
        string[] shared = Fills(before, after);
        Assert.Equal(shared[0], shared[2]);
        Assert.NotEqual(shared[1], shared[3]);
        string[] own = Fills(before with { Group = null }, after with { Group = null });
        Assert.Equal(own[1], own[3]);
    }

    [Fact]
    public void ZeroIsNeutralWhereValuesStraddleIt()
    {
        // An even number of shades has no exact middle; next to it all three channels are bright.
        string zero = Fills(Line([-1, 0, 3], null))[1];
        Assert.All(new[] { 1, 3, 5 }, at => Assert.InRange(Convert.ToInt32(zero[at..(at + 2)], 16), 0xf0, 0xff));
        Assert.Equal("#440154", Fills(Line([0, 1, 3], null))[0]);
    }

    [Fact]
    public void ArrowsPointAlongTheirAction()
    {
        for (int action = 0; action < 4; action++)
        {
            double[] policy = new double[4];
            policy[action] = 1;
            (double X, double Y)[] arrow = Draw(new GridMap("m", "v", 1, 1, [false], [1], policy, [])).Find("g", "arrows")[0]
                .Find("path")[0].Points();
            (double x, double y) = (arrow[1].X - arrow[0].X, arrow[1].Y - arrow[0].Y);
            Assert.Equal(((double[])[0, 1, 0, -1])[action], Math.Round(x / Math.Max(Math.Abs(x), Math.Abs(y))));
            Assert.Equal(((double[])[-1, 0, 1, 0])[action], Math.Round(y / Math.Max(Math.Abs(x), Math.Abs(y))));
        }
    }

    [Fact]
    public void AMillionCellsStaySmall()
    {
        const int side = 1000;
        var random = new Random(1);
        double[] values =
            [.. Enumerable.Range(0, side * side).Select(i => Math.Sin(i / 7e4) * Math.Cos(i % side / 9.0) + 5 * random.NextDouble())];
        var map = new GridMap("m", "v", side, side, new bool[side * side], values, new double[4 * side * side], [new(999, 999, "G")]);
        string svg = SvgFigure.Render([map]);
        Assert.InRange(svg.Length, 1, 2_000_000);
        Assert.Empty(XDocument.Parse(svg).Find("g", "arrows"));
        Assert.Contains("each square averages 10 × 10 cells", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void BlocksAverageTheirFreeCells()
    {
        const int side = 200;
        double[] values = new double[side * side];
        bool[] walls = new bool[side * side];
        (values[0], values[1], values[side], walls[side + 1]) = (3, 6, 9, true);
        GridCells cells = GridCells.Of(new GridMap("m", "v", side, side, walls, values, null, []));
        Assert.Equal((100, 100, 2), (cells.Rows, cells.Columns, cells.Block));
        Assert.Equal(6, cells.Values[0], 1e-12);
        Assert.False(cells.Walls[0]);
    }

    [Fact]
    public void OnlyWallsOrNoValuesStillRender()
    {
        Draw(new GridMap("m", "v", 1, 2, [true, true], [double.NaN, double.NaN], null, []));
        Assert.Equal(2, Draw(Line([double.NaN, double.NaN], null)).Find("rect", "none").Length);
    }

    [Theory]
    [InlineData(2, 2, 0, 0, 4, "3 values")]
    [InlineData(1, 3, 1, 0, 12, "mark 'G' at (1, 0)")]
    [InlineData(1, 3, 0, 0, 4, "4 probabilities; expected 12")]
    [InlineData(0, 3, 0, 0, 12, "0 x 3")]
    public void ShapesMustAgree(int rows, int columns, int row, int column, int probabilities, string message)
    {
        var map = new GridMap("m", "v", rows, columns, new bool[3], new double[3], new double[probabilities], [new(row, column, "G")]);
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => SvgFigure.Render([map])).Message, StringComparison.Ordinal);
    }

    private static GridMap Line(double[] values, string? group) =>
        new("m", "v", 1, values.Length, new bool[values.Length], values, null, [], group);

    private static XDocument Draw(params GridMap[] maps) => XDocument.Parse(SvgFigure.Render(maps));

    private static string[] Fills(params GridMap[] maps) =>
        [.. Draw(maps).Find("rect").Where(e => e.Find("title").Length > 0).Select(e => e.Attribute("fill")!.Value)];
}
