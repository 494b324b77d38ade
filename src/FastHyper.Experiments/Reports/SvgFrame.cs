namespace FastHyper.Experiments.Reports;

/// <summary>The size of a figure and, inside a larger picture, its place.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Style">A style class, for pages that show one of several sizes.</param>
/// <param name="Place">The upper left corner in the picture around it, or null on a page.</param>
internal sealed record SvgFrame(double Width, double Height, string? Style = null, (double X, double Y)? Place = null)
{
    /// <summary>The one address in the output; an identifier that nothing fetches.</summary>
    public const string Namespace = "http://www.w3.org/2000/svg";

    /// <summary>Starts the figure's element with its name and description for those who cannot see it.</summary>
    public void Open(Markup svg, string title, string description)
    {
        svg.Open("svg").With("xmlns", Namespace);
        if (Style is not null)
            svg.With("class", Style);
        if (Place is { } place)
            svg.With("x", place.X).With("y", place.Y).With("width", Width).With("height", Height);
        svg.With("viewBox", $"0 0 {Numbers.Coordinate(Width)} {Numbers.Coordinate(Height)}").With("role", "img");
        svg.Leaf("title", title).Leaf("desc", description);
    }
}
