using FastHyper.Problems.Worlds;

namespace FastHyper.Problems.Games;

/// <summary>One of those who move over a grid.</summary>
/// <param name="Name">Whose, in words.</param>
/// <param name="CellOfState">Its cell row·columns + column in each state, (S).</param>
public sealed record GridPlayer(string Name, int[] CellOfState);

/// <summary>A problem whose states say where several players stand on a grid.</summary>
public interface IGridGame
{
    /// <summary>The grid; its states are its free cells.</summary>
    GridWorld Grid { get; }

    /// <summary>The players.</summary>
    IReadOnlyList<GridPlayer> Players { get; }
}
