namespace FastHyper.Experiments.Reports;

/// <summary>
/// Writes a report as one self-contained HTML page: no scripts and nothing to fetch, light or dark as the reader
/// prefers, and the same bytes for the same data.
/// </summary>
internal static class HtmlReport
{
    /// <summary>Renders the page.</summary>
    /// <param name="data">What it shows.</param>
    /// <returns>The text of an <c>.html</c> file.</returns>
    public static string Render(ReportData data)
    {
        using var output = new StringWriter();
        Write(output, data);
        return output.ToString();
    }

    /// <summary>Writes the page.</summary>
    /// <param name="output">Where to; UTF-8, if it encodes.</param>
    /// <param name="data">What it shows.</param>
    /// <exception cref="ArgumentException">An array's length disagrees with its neighbours.</exception>
    public static void Write(TextWriter output, ReportData data)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(data);
        List<MapGroup> groups = MapGroup.Of(data.Maps);
        foreach (Curve curve in data.Curves)
            CurveSvg.Check(curve);
        output.Write("<!DOCTYPE html>\n");
        var html = new Markup(output);
        html.Open("html").With("lang", "en");
        Head(html, data.Title);
        html.Open("body").Open("main");
        Header(html, data);
        foreach (ReportTable table in data.Tables)
            Table(html, table);
        foreach (Curve curve in data.Curves)
            Figure(html, curve);
        foreach (MapGroup group in groups)
            Figures(html, group);
        if (data.Footer.Length > 0)
            html.Leaf("footer", data.Footer);
        html.Close().Close().Close();
    }

    private static void Head(Markup html, string title)
    {
        html.Open("head");
        html.Open("meta").With("charset", "utf-8").Close();
        html.Open("meta").With("name", "viewport").With("content", "width=device-width, initial-scale=1").Close();
        html.Leaf("title", title);
        html.Open("style").Raw(Theme.Figure).Raw(Theme.Page).Close();
        html.Close();
    }

    private static void Header(Markup html, ReportData data)
    {
        html.Open("header").Leaf("h1", data.Title);
        if (data.Subtitle.Length > 0)
            html.Open("p").With("class", "subtitle").Text(data.Subtitle).Close();
        html.Close();
        if (data.Facts.Count == 0)
            return;
        html.Open("dl").With("class", "facts");
        foreach (ReportFact fact in data.Facts)
            html.Open("div").Leaf("dt", fact.Name).Leaf("dd", fact.Value).Close();
        html.Close();
    }

    private static void Table(Markup html, ReportTable table)
    {
        if (table.Heading is ReportLink heading)
            html.Open("h2").Open("a").With("href", heading.Target).Text(heading.Text).Close().Close();
        html.Open("div").With("class", "table").Open("table").Open("thead").Open("tr");
        foreach (string name in table.Header)
            html.Leaf("th", name);
        html.Close().Close().Open("tbody");
        foreach (string[] row in table.Rows)
        {
            html.Open("tr").Open("th").With("scope", "row").Text(row[0]).Close();
            foreach (string cell in row.Skip(1))
                html.Leaf("td", cell);
            html.Close();
        }

        html.Close().Close().Close();
    }

    private static void Figure(Markup html, Curve curve)
    {
        // Scaling one drawing down to a phone would shrink its text as well.
        html.Open("figure");
        CurveSvg.Write(html, curve, new SvgFrame(960, 380, "wide"));
        CurveSvg.Write(html, curve, new SvgFrame(360, 340, "compact"));
        html.Close();
    }

    private static void Figures(Markup html, MapGroup group)
    {
        if (group.Name is not null)
            html.Leaf("h2", group.Name);
        html.Open("div").With("class", "pair");
        foreach ((GridMap map, ColourScale? scale) in group.Maps)
        {
            html.Open("figure");
            GridMapSvg.Write(html, map, scale, new SvgFrame(GridMapSvg.Width, GridMapSvg.Height(map)));
            html.Close();
        }

        html.Close();
    }
}
