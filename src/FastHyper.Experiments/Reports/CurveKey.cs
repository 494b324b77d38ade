namespace FastHyper.Experiments.Reports;

/// <summary>One name in a curve's key: a series, or a reference line.</summary>
/// <param name="Name">The text.</param>
/// <param name="Series">The series' number, or the complement of a reference line's number.</param>
/// <param name="Y">Where its line ends, for a label beside it; NaN if nowhere.</param>
internal sealed record CurveKey(string Name, int Series, double Y)
{
    private const double RowHeight = 18;
    private const double Swatch = 24;

    /// <summary>Whether it names a reference line.</summary>
    public bool IsReference => Series < 0;

    /// <summary>The style classes of its line.</summary>
    public string Style => IsReference ? $"reference r{~Series % Theme.ReferenceDashes}" : $"mean {StyleOf(Series)}";

    /// <summary>The style classes of a series.</summary>
    public static string StyleOf(int series) => $"s{series % Theme.SeriesColours}{(series / Theme.SeriesColours % 2 == 1 ? " again" : "")}";

    /// <summary>All names of a curve, references last.</summary>
    public static List<CurveKey> Of(Curve curve) =>
    [
        .. curve.Series.Select((series, i) => new CurveKey(series.Name, i, series.Mean.LastOrDefault(double.IsFinite, double.NaN))),
        .. (curve.References ?? []).Select((reference, i) => new CurveKey(reference.Name, ~i, reference.Y)),
    ];

    /// <summary>Writes the names in rows from <paramref name="top"/> and returns where the rows end.</summary>
    public static double Rows(Markup svg, List<CurveKey> keys, double width, double top)
    {
        double x = 0;
        foreach (CurveKey key in keys)
        {
            double needed = Swatch + Text.Width(key.Name) + 14;
            if (x > 0 && x + needed - 14 > width)
                (x, top) = (0, top + RowHeight);
            key.Line(svg, x, x + 18, top - 4);
            key.Label(svg, x + Swatch, top, width - x - Swatch);
            x += needed;
        }

        return top + RowHeight;
    }

    /// <summary>Writes the names beside the ends of their lines, moved apart where they would overlap.</summary>
    public static void Beside(Markup svg, List<CurveKey> keys, PlotArea area)
    {
        CurveKey[] sorted = [.. keys.OrderByDescending(key => double.IsNaN(key.Y) ? double.NegativeInfinity : key.Y)];
        double[] wanted = [.. sorted.Select(key => double.IsNaN(key.Y) ? area.Bottom : area.Y(key.Y))];
        double[] placed = Spread(wanted, area.Top, area.Bottom, RowHeight - 2);
        for (int i = 0; i < sorted.Length; i++)
        {
            double y = placed[i];
            svg.Open("path").With("class", "leader")
                .With("d",
                    $"M{Numbers.Coordinate(area.Right + 3)} {Numbers.Coordinate(wanted[i])}L{Numbers.Coordinate(area.Right + 14)} "
                    + $"{Numbers.Coordinate(y)}").Close();
            sorted[i].Line(svg, area.Right + 18, area.Right + 34, y);
            sorted[i].Label(svg, area.Right + 40, y + 4, double.PositiveInfinity);
        }
    }

    /// <summary>Ascending positions, at least <paramref name="gap"/> apart and within the ends, near the wanted ones.</summary>
    public static double[] Spread(double[] wanted, double top, double bottom, double gap)
    {
        double[] placed = [.. wanted];
        for (int i = 0; i < placed.Length; i++)
            placed[i] = Math.Max(placed[i], i == 0 ? top : placed[i - 1] + gap);
        for (int i = placed.Length - 1; i >= 0; i--)
            placed[i] = Math.Min(placed[i], i == placed.Length - 1 ? bottom : placed[i + 1] - gap);
        return placed;
    }

    private void Line(Markup svg, double left, double right, double y) =>
        svg.Open("path").With("class", Style)
            .With("d", $"M{Numbers.Coordinate(left)} {Numbers.Coordinate(y)}H{Numbers.Coordinate(right)}").Close();

    private void Label(Markup svg, double x, double y, double room) =>
        svg.Open("text").With("class", "name").With("x", x).With("y", y).Text(Text.Fit(Name, room)).Close();
}
