namespace FastHyper.Problems.Continuous;

/// <summary>A regular grid over the box of a problem, its points in order, the last axis running fastest.</summary>
internal sealed class StateGrid
{
    // Columns and probabilities on the device, the problem's own copy of them, and cotangents.
    private const long MaxStates = 1 << 26;
    private readonly double[] _low;
    private readonly double[] _width;

    /// <summary>Lays the grid.</summary>
    /// <param name="problem">Begins messages.</param>
    /// <param name="shape">The box.</param>
    /// <param name="options">Points along the axes.</param>
    public StateGrid(string problem, ContinuousShape shape, DiscretisationOptions options)
    {
        int[] points = options.Points;
        if (points.Length != 1 && points.Length != shape.Dimensions)
            throw new InvalidInputException(
                $"{problem}: points along {points.Length} axes; expected one number, or {shape.Dimensions}");
        Options = options;
        Dimensions = shape.Dimensions;
        Points = [.. Enumerable.Range(0, Dimensions).Select(d => points[points.Length == 1 ? 0 : d])];
        double states = Points.Aggregate(1.0, (product, count) => product * count);
        if (states * shape.Actions > MaxStates)
            throw new InvalidInputException(
                $"{problem}: {states} points of a grid and {shape.Actions} actions; expected at most {MaxStates} of both, or a follower " +
                    $"without a grid");
        States = (int)states;
        _low = [.. shape.Low];
        _width = [.. Enumerable.Range(0, Dimensions).Select(d => (shape.High[d] - shape.Low[d]) / (Points[d] - 1))];
    }

    /// <summary>How it was asked for.</summary>
    public DiscretisationOptions Options { get; }

    /// <summary>d.</summary>
    public int Dimensions { get; }

    /// <summary>Points along each axis.</summary>
    public int[] Points { get; }

    /// <summary>Number of points S.</summary>
    public int States { get; }

    /// <summary>Width of a cell along an axis.</summary>
    public double Width(int dimension) => _width[dimension];

    /// <summary>Writes the points.</summary>
    public void Write(SampleSpans states)
    {
        for (int s = 0; s < States; s++)
            for (int d = Dimensions - 1, left = s; d >= 0; left /= Points[d--])
                states[d][s] = _low[d] + (left % Points[d] * _width[d]);
    }

    /// <summary>Where a coordinate lies.</summary>
    /// <param name="dimension">Which axis.</param>
    /// <param name="at">The coordinate; beyond the box it counts as on its edge.</param>
    /// <param name="inside">Whether it lies within.</param>
    /// <returns>The cell, and how far in it, 0 to 1.</returns>
    public (int Cell, double Part) Find(int dimension, double at, out bool inside)
    {
        double place = (at - _low[dimension]) / _width[dimension];
        inside = place >= 0 && place <= Points[dimension] - 1;
        place = Math.Clamp(place, 0, Points[dimension] - 1);
        int cell = Math.Min((int)place, Points[dimension] - 2);
        return (cell, place - cell);
    }
}
