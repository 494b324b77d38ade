namespace FastHyper.Experiments.Reports;

/// <summary>Figures as self-contained SVG files.</summary>
public static class SvgFigure
{
    private const double Margin = 24;
    private const double Width = 2 * GridMapSvg.Width + 40;
    private const double CurveHeight = 360;

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
        (GridMap Map, ColourScale? Scale)[][] rows = [.. MapGroup.Of(maps).SelectMany(group => group.Maps.Chunk(2))];
        double width = Width + 2 * Margin;
        double height = Margin + (curve is null ? 0 : CurveHeight + Margin) + rows.Sum(row => RowHeight(row) + Margin);
        using var output = new StringWriter();
        var svg = new Markup(output);
        svg.Open("svg").With("xmlns", SvgFrame.Namespace).With("width", width).With("height", height)
            .With("viewBox", $"0 0 {Numbers.Coordinate(width)} {Numbers.Coordinate(height)}");
        svg.Open("style").Raw(Theme.Figure).Close();
        svg.Open("rect").With("class", "card").With("width", width).With("height", height).With("rx", 10).Close();
        double y = Margin;
        if (curve is not null)
        {
            CurveSvg.Write(svg, curve, new SvgFrame(Width, CurveHeight, Place: (Margin, y)));
            y += CurveHeight + Margin;
        }

        foreach ((GridMap Map, ColourScale? Scale)[] row in rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                double x = Margin + i * (Width - GridMapSvg.Width);
                GridMapSvg.Write(svg, row[i].Map, row[i].Scale, new SvgFrame(GridMapSvg.Width, GridMapSvg.Height(row[i].Map), Place: (x, y)));
            }

            y += RowHeight(row) + Margin;
        }

        svg.Close();
        return output.ToString();
    }

    private static double RowHeight((GridMap Map, ColourScale? Scale)[] row) => row.Max(item => GridMapSvg.Height(item.Map));
}
