namespace FastHyper.Experiments.Reports;

/// <summary>A grid world coloured by a value of each cell, with a policy as arrows over it.</summary>
/// <param name="Title">The map's title.</param>
/// <param name="ValueLabel">What the colours mean, under the colour bar.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns.</param>
/// <param name="Walls">Whether a cell is a wall, row by row.</param>
/// <param name="Values">The value of each cell, row by row; NaN where there is none.</param>
/// <param name="Policy">
/// Probabilities of up, right, down and left, four to a cell; NaN or zeros where there is none. Maps too fine for
/// arrows are drawn without.
/// </param>
/// <param name="Marks">Labelled cells.</param>
/// <param name="Group">
/// Adjacent maps of one group, such as before and after, stand in one row under this name and share one colour scale;
/// a map without a group has its own scale.
/// </param>
internal sealed record GridMap(
    string Title,
    string ValueLabel,
    int Rows,
    int Columns,
    bool[] Walls,
    double[] Values,
    double[]? Policy,
    IReadOnlyList<GridMark> Marks,
    string? Group = null)
{
    /// <summary>Framed rectangles.</summary>
    public IReadOnlyList<GridFrame> Frames { get; init; } = [];
}
