using FastHyper.Problems.Worlds;

namespace FastHyper.Problems.Features;

/// <summary>Where the states of a problem lie: what features are made of.</summary>
/// <remarks>
/// Each axis is scaled to [0, 1] over the states. States of different layers share no features, such as those of a cart with and without
/// its load.
/// </remarks>
public sealed class StateCoordinates
{
    private readonly double[] _values;

    /// <summary>Scales coordinates to [0, 1] on each axis.</summary>
    /// <param name="states">S.</param>
    /// <param name="values">Coordinates, (S, d); rows of states that nobody enters may be NaN, and such states have no features.</param>
    /// <param name="layers">Layer of each state, from 0, (S); null for one layer.</param>
    /// <exception cref="InvalidInputException">The lengths disagree, or a coordinate is infinite.</exception>
    public StateCoordinates(int states, double[] values, int[]? layers = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(states, 1);
        if (values.Length == 0 || values.Length % states != 0)
            throw new InvalidInputException(
                $"coordinates: {values.Length} numbers; expected as many for each of {states} states, at least one");
        if (layers is not null && layers.Length != states)
            throw new InvalidInputException($"layers: {layers.Length} numbers; expected {states}, one for each state");
        int at = Array.FindIndex(values, double.IsInfinity);
        if (at >= 0)
            throw new InvalidInputException(
                $"coordinates[{at / (values.Length / states)}, {at % (values.Length / states)}] = {values[at]}; expected a finite number");
        if (layers is not null && (at = Array.FindIndex(layers, layer => layer < 0 || layer >= states)) >= 0)
            throw new InvalidInputException($"layers[{at}] = {layers[at]}; expected a number of at least 0 and below the number of states");
        States = states;
        Dimensions = values.Length / states;
        Layers = layers;
        LayerCount = layers is null ? 1 : layers.Max() + 1;
        _values = Scaled(values, Dimensions);
    }

    /// <summary>Number of states S.</summary>
    public int States { get; }

    /// <summary>Number of axes d.</summary>
    public int Dimensions { get; }

    /// <summary>Layer of each state; null where there is one.</summary>
    public IReadOnlyList<int>? Layers { get; }

    /// <summary>Number of layers.</summary>
    public int LayerCount { get; }

    /// <summary>The coordinates of a state, (d), in [0, 1]; not numbers where nobody enters it.</summary>
    /// <param name="state">s.</param>
    public ReadOnlySpan<double> Of(int state) => _values.AsSpan(state * Dimensions, Dimensions);

    /// <summary>The row and column of each state of a grid, and its layer.</summary>
    /// <param name="grid">The grid.</param>
    public static StateCoordinates Of(GridWorld grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        double[] values = new double[2 * grid.CellOfState.Length];
        for (int s = 0; s < grid.CellOfState.Length; s++)
        {
            int cell = grid.CellOfState[s];
            (values[2 * s], values[(2 * s) + 1]) = cell < 0 ? (double.NaN, double.NaN) : (cell / grid.Columns, cell % grid.Columns);
        }

        int layers = grid.Layers.Count;
        return new StateCoordinates(
            grid.CellOfState.Length, values,
            layers == 1 ? null : [.. Enumerable.Range(0, grid.CellOfState.Length).Select(s => s % layers)]);
    }

    private static double[] Scaled(double[] values, int dimensions)
    {
        double[] scaled = [.. values];
        for (int axis = 0; axis < dimensions; axis++)
        {
            double low = double.PositiveInfinity, high = double.NegativeInfinity;
            for (int k = axis; k < values.Length; k += dimensions)
                if (!double.IsNaN(values[k])) (low, high) = (Math.Min(low, values[k]), Math.Max(high, values[k]));
            for (int k = axis; k < values.Length; k += dimensions) scaled[k] = high > low
                ? (values[k] - low) / (high - low)
                : values[k] - low;
        }

        return scaled;
    }
}
