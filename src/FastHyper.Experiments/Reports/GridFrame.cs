namespace FastHyper.Experiments.Reports;

/// <summary>A framed rectangle of a grid map.</summary>
/// <param name="Row">Its top row.</param>
/// <param name="Column">Its left column.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns.</param>
internal sealed record GridFrame(int Row, int Column, int Rows, int Columns);
