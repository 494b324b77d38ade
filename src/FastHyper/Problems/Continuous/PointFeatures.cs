using FastHyper.Problems.Features;

namespace FastHyper.Problems.Continuous;

/// <summary>
/// A family of features over the box of a problem of continuous states, φ(s,a) = e_a ⊗ f(s). States beyond the box count as on its edge.
/// </summary>
internal sealed class PointFeatures
{
    // Systems of k × k numbers, three of them for each instance.
    private const int MaxWeights = 1 << 12;
    private readonly FeatureMap _map;
    private readonly ContinuousShape _shape;

    public PointFeatures(ContinuousProblem problem, FeatureFamilyOptions options)
    {
        if (options.Kind is FeatureKind.Problem or FeatureKind.Tabular)
            throw new InvalidInputException(
                $"{problem.Name}: features.kind = {(options.Kind == FeatureKind.Problem ? "problem" : "tabular")} without a grid; expected "
                    + "a family over the box, such as fourier, tile-coding or radial");
        (_map, _shape) = (options.Map(), problem.Shape);
        long count = _map.CountOf(_shape.Dimensions, 0);
        if (count * _shape.Actions > MaxWeights)
            throw new InvalidInputException(
                $"{problem.Name}: {count} features of {_shape.Dimensions} dimensions for each of {_shape.Actions} actions; expected at " +
                    $"most {MaxWeights} in all without a grid");
        Count = (int)count;
        Active = _map.ActiveOf(_shape.Dimensions, Count);
    }

    /// <summary>Functions f.</summary>
    public int Count { get; }

    /// <summary>Functions that are not zero in a state, at the most.</summary>
    public int Active { get; }

    /// <summary>Whether all of them are written, in order.</summary>
    public bool IsDense => Active == Count;

    /// <summary>A.</summary>
    public int Actions => _shape.Actions;

    /// <summary>Weights k of values linear in φ.</summary>
    public int Weights => Count * Actions;

    /// <summary>d.</summary>
    public int Dimensions => _shape.Dimensions;

    /// <summary>Writes where sample k lies in the box, in [0, 1]ᵈ.</summary>
    public void Scale(SampleSpans states, int k, Span<double> point)
    {
        for (int d = 0; d < point.Length; d++)
            point[d] = Math.Clamp((states[d][k] - _shape.Low[d]) / (_shape.High[d] - _shape.Low[d]), 0, 1);
    }

    /// <summary>Writes the functions that are not zero in a point.</summary>
    /// <returns>How many.</returns>
    public int Write(ReadOnlySpan<double> point, Span<int> columns, Span<double> values) => _map.Write(0, point, columns, values);

    /// <summary>Writes ∂(weights·f)/∂s of a point; zero along axes on whose edge it lies.</summary>
    /// <param name="point">(d), in [0, 1].</param>
    /// <param name="weights">(<see cref="Count"/>).</param>
    /// <param name="columns">Scratch, (<see cref="Active"/>).</param>
    /// <param name="values">Scratch, likewise.</param>
    /// <param name="slopes">(d), written.</param>
    public void Slopes(
        ReadOnlySpan<double> point, ReadOnlySpan<double> weights, Span<int> columns, Span<double> values, Span<double> slopes)
    {
        if (!_map.TryWriteSlopes(point, weights, slopes))
        {
            Span<double> moved = stackalloc double[point.Length];
            point.CopyTo(moved);
            for (int d = 0; d < point.Length; d++)
            {
                double high = Math.Min(1, point[d] + _map.SlopeStep), low = Math.Max(0, point[d] - _map.SlopeStep);
                moved[d] = high;
                double after = Value(moved, weights, columns, values);
                moved[d] = low;
                slopes[d] = (after - Value(moved, weights, columns, values)) / (high - low);
                moved[d] = point[d];
            }
        }

        for (int d = 0; d < point.Length; d++)
            slopes[d] = point[d] is > 0 and < 1 ? slopes[d] / (_shape.High[d] - _shape.Low[d]) : 0;
    }

    private double Value(ReadOnlySpan<double> point, ReadOnlySpan<double> weights, Span<int> columns, Span<double> values)
    {
        double sum = 0;
        int written = _map.Write(0, point, columns, values);
        for (int j = 0; j < written; j++) sum += weights[columns[j]] * values[j];
        return sum;
    }
}
