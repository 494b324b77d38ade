namespace FastHyper.Problems.Worlds;

/// <summary>A labelled cell of a grid.</summary>
/// <param name="Row">Row, from 0 at the top.</param>
/// <param name="Column">Column, from 0 at the left.</param>
/// <param name="Label">A letter or two.</param>
public sealed record GridLabel(int Row, int Column, string Label);

/// <summary>A rectangle of cells.</summary>
/// <param name="Row">Its top row.</param>
/// <param name="Column">Its left column.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns.</param>
public sealed record GridArea(int Row, int Column, int Rows, int Columns);

/// <summary>
/// How a problem's states lie on a grid, for whoever draws it. Actions are up, right, down, left,
/// unless <see cref="ActionOfDirection"/> says otherwise. Cells without a state
/// are walls.
/// </summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns.</param>
/// <param name="CellOfState">Cell row·columns + column of each state, (S); −1 for states that nobody enters.</param>
/// <param name="Labels">Cells worth naming.</param>
public sealed record GridWorld(int Rows, int Columns, int[] CellOfState, IReadOnlyList<GridLabel> Labels)
{
    /// <summary>
    /// What the follower is up to in each layer of states, as the end of "where the follower goes …"; state s is of layer
    /// s mod their number. One without a name by default.
    /// </summary>
    public IReadOnlyList<string> Layers { get; init; } = [""];

    /// <summary>Cell of each incentive; by default incentive s belongs to state s.</summary>
    public int[] CellOfIncentive { get; init; } = CellOfState;

    /// <summary>The action that goes up, right, down and left.</summary>
    public int[] ActionOfDirection { get; init; } = [0, 1, 2, 3];

    /// <summary>What an incentive is called.</summary>
    public string Incentive { get; init; } = "incentive";

    /// <summary>Rectangles worth framing.</summary>
    public IReadOnlyList<GridArea> Areas { get; init; } = [];

    /// <summary>What labels and frames mean.</summary>
    public string Legend { get; init; } = "";
}

/// <summary>A problem whose states are cells of a grid.</summary>
public interface IGridProblem
{
    /// <summary>Where the states lie.</summary>
    GridWorld Grid { get; }
}
