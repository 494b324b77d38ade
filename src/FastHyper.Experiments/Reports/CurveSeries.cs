namespace FastHyper.Experiments.Reports;

/// <summary>A line with a band around it. Values that are not finite leave a gap.</summary>
/// <param name="Name">The name in the legend.</param>
/// <param name="X">Horizontal positions, ascending.</param>
/// <param name="Mean">The line, one value per position.</param>
/// <param name="Low">The lower edge of the band, one value per position.</param>
/// <param name="High">The upper edge of the band, one value per position.</param>
/// <param name="Members">Faint lines behind it, such as one per seed, one value per position each.</param>
internal sealed record CurveSeries(
    string Name,
    double[] X,
    double[] Mean,
    double[] Low,
    double[] High,
    IReadOnlyList<double[]>? Members = null);
