namespace FastHyper.Experiments.Reports;

/// <summary>Everything one report page shows, in the order in which it shows it.</summary>
/// <param name="Title">The page's heading.</param>
/// <param name="Subtitle">One line under the heading; empty for none.</param>
/// <param name="Facts">Named figures at the top of the page: settings, final objective, time.</param>
/// <param name="Curves">Curves, one figure each, at full width.</param>
/// <param name="Maps">Grid maps, two to a row; see <see cref="GridMap.Group"/>.</param>
/// <param name="Footer">The small print; empty for none.</param>
internal sealed record ReportData(
    string Title,
    string Subtitle,
    IReadOnlyList<ReportFact> Facts,
    IReadOnlyList<Curve> Curves,
    IReadOnlyList<GridMap> Maps,
    string Footer)
{
    /// <summary>Tables, after the facts.</summary>
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];
}

/// <summary>A table of text.</summary>
/// <param name="Header">Its columns; the first names rows.</param>
/// <param name="Rows">Its rows, as long as the header.</param>
internal sealed record ReportTable(IReadOnlyList<string> Header, IReadOnlyList<string[]> Rows)
{
    /// <summary>Its heading; null for none.</summary>
    public ReportLink? Heading { get; init; }
}

/// <summary>A heading that leads to another page.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Target">The page, relative to this one.</param>
internal sealed record ReportLink(string Text, string Target);
