namespace FastHyper.Experiments.Reports;

/// <summary>A labelled cell of a grid map, such as the start S, a goal G or the target T.</summary>
/// <param name="Row">Row from 0, downwards.</param>
/// <param name="Column">Column from 0, rightwards.</param>
/// <param name="Label">A letter or a short word.</param>
internal sealed record GridMark(int Row, int Column, string Label);
