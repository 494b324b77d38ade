namespace FastHyper.Problems;

/// <summary>A labelled cell of a grid.</summary>
/// <param name="Row">Row, from 0 at the top.</param>
/// <param name="Column">Column, from 0 at the left.</param>
/// <param name="Label">A letter or two.</param>
public sealed record GridLabel(int Row, int Column, string Label);

/// <summary>
/// How a problem's states lie on a grid, for whoever draws it. Actions are up, right, down, left.
/// </summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns.</param>
/// <param name="CellOfState">Cell row·columns + column of each state, (S).</param>
/// <param name="Labels">Cells worth naming.</param>
public sealed record GridWorld(int Rows, int Columns, int[] CellOfState, IReadOnlyList<GridLabel> Labels);

/// <summary>A problem whose states are cells of a grid; the incentive of state s, where it has any, is y(s).</summary>
public interface IGridProblem
{
    /// <summary>Where the states lie.</summary>
    GridWorld Grid { get; }
}
