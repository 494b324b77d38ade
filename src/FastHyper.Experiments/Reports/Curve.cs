namespace FastHyper.Experiments.Reports;

/// <summary>A figure of one or more series over a common horizontal axis.</summary>
/// <param name="Title">The figure's title.</param>
/// <param name="XLabel">What the horizontal axis counts.</param>
/// <param name="YLabel">What the vertical axis measures.</param>
/// <param name="Series">The series, drawn in this order.</param>
/// <param name="References">Horizontal lines to compare with.</param>
internal sealed record Curve(
    string Title,
    string XLabel,
    string YLabel,
    IReadOnlyList<CurveSeries> Series,
    IReadOnlyList<ReferenceLine>? References = null)
{
    /// <summary>Whether the vertical axis is logarithmic; values are their common logarithms then.</summary>
    public bool IsLogarithmic { get; init; }
}
