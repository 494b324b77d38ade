namespace FastHyper.Experiments.Reports;

/// <summary>A horizontal dashed line to compare with.</summary>
/// <param name="Name">The name in the legend.</param>
/// <param name="Y">Its height.</param>
internal sealed record ReferenceLine(string Name, double Y);
