namespace FastHyper.Experiments.Reports;

/// <summary>Figures as self-contained SVG files.</summary>
internal static class SvgFigure
{
    private const double Margin = 24;
    private const double Width = 2 * GridMapSvg.Width + 40;
    private const double CurveHeight = 360;
    private const double HeadingHeight = 28;
    private const double HeadingBaseline = 12;

    /// <summary>Renders one curve.</summary>
    /// <param name="curve">The curve.</param>
    /// <returns>The text of an <c>.svg</c> file.</returns>
    public static string Render(Curve curve) => Render(curve, []);

    /// <summary>Renders maps, two to a row.</summary>
    /// <param name="maps">The maps; those of one group share a colour scale.</param>
    /// <returns>The text of an <c>.svg</c> file.</returns>
    public static string Render(IReadOnlyList<GridMap> maps) => Render(null, maps);

    /// <summary>Renders a curve above maps as one picture.</summary>
    /// <param name="curve">The curve, or null for none.</param>
    /// <param name="maps">The maps, two to a row; those of one group share a colour scale.</param>
    /// <returns>The text of an <c>.svg</c> file.</returns>
    public static string Render(Curve? curve, IReadOnlyList<GridMap> maps)
    {
        ArgumentNullException.ThrowIfNull(maps);
        List<MapGroup> groups = MapGroup.Of(maps);
        double width = Width + 2 * Margin;
        double height = Margin + (curve is null ? 0 : CurveHeight + Margin) + groups.Sum(Height);
        using var output = new StringWriter();
        var svg = new Markup(output);
        svg.Open("svg").With("xmlns", SvgFrame.Namespace).With("width", width).With("height", height)
            .With("viewBox", $"0 0 {Numbers.Coordinate(width)} {Numbers.Coordinate(height)}")
            .With("style", "max-width:100%;height:auto");
        svg.Open("style").Raw(Theme.Alone).Close();
        svg.Open("rect").With("class", "card").With("width", width).With("height", height).With("rx", 10).Close();
        double y = Margin;
        if (curve is not null)
        {
            CurveSvg.Write(svg, curve, new SvgFrame(Width, CurveHeight, Place: (Margin, y)));
            y += CurveHeight + Margin;
        }

        foreach (MapGroup group in groups)
        {
            Write(svg, group, y);
            y += Height(group);
        }

        svg.Close();
        return output.ToString();
    }

    /// <summary>A group's name, and its maps two to a row.</summary>
    private static void Write(Markup svg, MapGroup group, double y)
    {
        if (group.Name is not null)
            svg.Open("text").With("class", "title").With("x", Margin).With("y", y + HeadingBaseline).Text(group.Name).Close();
        y += Heading(group);
        foreach ((GridMap Map, ColourScale? Scale)[] row in group.Maps.Chunk(2))
        {
            for (int i = 0; i < row.Length; i++)
            {
                double x = Margin + i * (Width - GridMapSvg.Width);
                GridMapSvg.Write(
                    svg, row[i].Map, row[i].Scale, new SvgFrame(GridMapSvg.Width, GridMapSvg.Height(row[i].Map), Place: (x, y)));
            }

            y += RowHeight(row) + Margin;
        }
    }

    private static double Height(MapGroup group) => Heading(group) + group.Maps.Chunk(2).Sum(row => RowHeight(row) + Margin);

    private static double Heading(MapGroup group) => group.Name is null ? 0 : HeadingHeight;

    private static double RowHeight((GridMap Map, ColourScale? Scale)[] row) => row.Max(item => GridMapSvg.Height(item.Map));
}
