namespace FastHyper.Experiments.Reports;

/// <summary>Draws a curve.</summary>
internal static class CurveSvg
{
    private const double WidestKey = 220;

    /// <summary>Writes the curve as one <c>svg</c> element of the given size.</summary>
    public static void Write(Markup svg, Curve curve, SvgFrame frame)
    {
        Check(curve);
        List<CurveKey> keys = CurveKey.Of(curve);
        (double Low, double High) xRange = Extent(curve.Series.SelectMany(series => series.X));
        Ticks vertical = VerticalTicks(curve, frame.Height < 350 ? 6 : 7);
        (double Low, double High) yRange = (vertical.Values[0], vertical.Values[^1]);
        double keyWidth = keys.Max(key => Text.Width(key.Name)) + 42;
        bool beside = frame.Width > 600 && keyWidth <= WidestKey && keys.Count <= 12;

        frame.Open(svg, curve.Title, Describe(curve, xRange));
        svg.Open("text").With("class", "title").With("y", 14).Text(curve.Title).Close();
        double top = beside ? 40 : CurveKey.Rows(svg, keys, frame.Width, 38) + 8;
        svg.Open("text").With("y", top).Text(curve.YLabel).Close();
        double left = vertical.Labels.Max(Text.Width) + 10;
        // Half of the last number may stick out to the right of the axis.
        double right = frame.Width - (beside ? keyWidth : 6 + Text.Width(Numbers.Readable(xRange.High)) / 2);
        var area = new PlotArea(left, top + 20, right, frame.Height - 44, xRange, yRange);
        Axes(svg, curve, area, vertical);
        foreach (CurveKey reference in keys.Where(key => key.IsReference))
            Horizontal(svg, area, reference.Style, reference.Y);
        for (int i = 0; i < curve.Series.Count; i++)
            Background(svg, area, curve.Series[i], i);
        for (int i = 0; i < curve.Series.Count; i++)
            Path(svg, $"mean {CurveKey.StyleOf(i)}", Polyline.Line(curve.Series[i].X, curve.Series[i].Mean, area.X, area.Y));
        if (beside)
            CurveKey.Beside(svg, keys, area);
        svg.Close();
    }

    private static void Axes(Markup svg, Curve curve, PlotArea area, Ticks vertical)
    {
        string[] labels = vertical.Labels;
        for (int i = 0; i < labels.Length; i++)
        {
            Horizontal(svg, area, i == 0 ? "axis" : "grid", vertical.Values[i]);
            svg.Open("text").With("x", area.Left - 8).With("y", area.Y(vertical.Values[i]) + 4).With("text-anchor", "end").Text(labels[i])
                .Close();
        }

        double room = area.Right - area.Left;
        Ticks horizontal = Ticks.Within(area.XRange.Low, area.XRange.High, room < 400 ? 5 : 9);
        labels = horizontal.Labels;
        for (int i = 0; i < labels.Length; i++)
        {
            double x = area.X(horizontal.Values[i]);
            svg.Open("line").With("class", "axis").With("x1", x).With("x2", x).With("y1", area.Bottom).With("y2", area.Bottom + 4).Close();
            svg.Open("text").With("x", x).With("y", area.Bottom + 18).With("text-anchor", "middle").Text(labels[i]).Close();
        }

        svg.Open("text").With("x", (area.Left + area.Right) / 2).With("y", area.Bottom + 38).With("text-anchor", "middle")
            .Text(curve.XLabel).Close();
    }

    private static void Background(Markup svg, PlotArea area, CurveSeries series, int index)
    {
        Path(svg, $"band {CurveKey.StyleOf(index)}", Polyline.Band(series.X, series.Low, series.High, area.X, area.Y));
        foreach (double[] member in series.Members ?? [])
            Path(svg, $"member {CurveKey.StyleOf(index)}", Polyline.Line(series.X, member, area.X, area.Y));
    }

    private static void Path(Markup svg, string style, string path)
    {
        if (path.Length > 0)
            svg.Open("path").With("class", style).With("d", path).Close();
    }

    private static void Horizontal(Markup svg, PlotArea area, string style, double value)
    {
        if (double.IsFinite(value))
            svg.Open("line").With("class", style).With("x1", area.Left).With("x2", area.Right).With("y1", area.Y(value))
                .With("y2", area.Y(value)).Close();
    }

    private static Ticks VerticalTicks(Curve curve, int count)
    {
        (double low, double high) = Extent(curve.Series
            .SelectMany(series => new[] { series.Mean, series.Low, series.High }.Concat(series.Members ?? []))
            .SelectMany(values => values)
            .Concat((curve.References ?? []).Select(reference => reference.Y)));
        return curve.IsLogarithmic ? Ticks.Decades(low, high, count) : Ticks.Cover(low, high, count);
    }

    private static (double Low, double High) Extent(IEnumerable<double> values)
    {
        double low = double.PositiveInfinity;
        double high = double.NegativeInfinity;
        foreach (double value in values)
        {
            if (!double.IsFinite(value))
                continue;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        return Ticks.Range(low, high);
    }

    private static string Describe(Curve curve, (double Low, double High) xRange)
    {
        IEnumerable<string> series = curve.Series.Select(
            item => $"{item.Name} ends at {Value(item.Mean.LastOrDefault(double.IsFinite, double.NaN))}");
        IEnumerable<string> references = (curve.References ?? []).Select(item => $"{item.Name} is at {Value(item.Y)}");
        string Value(double y) => Numbers.Readable(curve.IsLogarithmic ? Math.Pow(10, y) : y);
        return $"{curve.YLabel} over {curve.XLabel} from {Numbers.Readable(xRange.Low)} to {Numbers.Readable(xRange.High)}: "
            + $"{string.Join("; ", series.Concat(references))}.";
    }

    /// <summary>Throws where a curve cannot be drawn, so that this is known before anything is written.</summary>
    public static void Check(Curve curve)
    {
        if (curve.Series.Count == 0)
            throw new ArgumentException($"curve '{curve.Title}': no series; expected at least one", nameof(curve));
        foreach (CurveSeries series in curve.Series)
        {
            foreach (double[] values in new[] { series.Mean, series.Low, series.High }.Concat(series.Members ?? []))
            {
                if (values.Length != series.X.Length)
                    throw new ArgumentException(
                        $"curve '{curve.Title}', series '{series.Name}': {values.Length} values; expected {series.X.Length}, one per "
                            + $"position", nameof(curve));
            }
        }
    }
}
