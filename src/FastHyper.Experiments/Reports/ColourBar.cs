namespace FastHyper.Experiments.Reports;

/// <summary>Draws a colour scale with its numbers.</summary>
internal static class ColourBar
{
    /// <summary>The room that the bar takes below a map, its margin included.</summary>
    public const double Height = 66;

    private const int Segments = 110;
    private const double Thickness = 10;

    /// <summary>Writes a bar with its upper edge at <paramref name="top"/>.</summary>
    public static void Write(Markup svg, ColourScale scale, string label, double width, double top)
    {
        svg.Open("g").With("shape-rendering", "crispEdges");
        for (int i = 0; i < Segments; i++)
        {
            double value = double.Lerp(scale.Low, scale.High, (i + 0.5) / Segments);
            svg.Open("rect").With("x", i * width / Segments).With("y", top).With("width", width / Segments + (i < Segments - 1 ? 0.5 : 0))
                .With("height", Thickness).With("fill", scale.Colour(value)).Close();
        }

        svg.Close();
        Ticks ticks = Ticks.Within(scale.Low, scale.High, 7);
        string[] labels = ticks.Labels;
        for (int i = 0; i < labels.Length; i++)
        {
            double x = width * (ticks.Values[i] / 2 - scale.Low / 2) / (scale.High / 2 - scale.Low / 2);
            double half = Text.Width(labels[i]) / 2;
            svg.Open("line").With("class", "axis").With("x1", x).With("x2", x).With("y1", top + Thickness).With("y2", top + Thickness + 4)
                .Close();
            // The outer numbers would stick out; they lean inwards instead.
            (double at, string anchor) = x < half ? (0, "start") : x > width - half ? (width, "end") : (x, "middle");
            svg.Open("text").With("x", at).With("y", top + Thickness + 17).With("text-anchor", anchor).Text(labels[i]).Close();
        }

        svg.Open("text").With("x", width / 2).With("y", top + Thickness + 36).With("text-anchor", "middle").Text(label).Close();
    }
}
