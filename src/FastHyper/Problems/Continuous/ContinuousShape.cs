namespace FastHyper.Problems.Continuous;

/// <summary>Sizes of a problem of continuous states.</summary>
/// <param name="Low">Lowest state in each dimension, (d).</param>
/// <param name="High">Highest, (d). States beyond count as on the edge where values are looked up.</param>
/// <param name="Actions">The follower's actions A, at least 1.</param>
/// <param name="StepNormals">Standard normal numbers that a step takes.</param>
/// <param name="StartUniforms">Uniform numbers in [0, 1) that a start takes.</param>
public sealed record ContinuousShape(
    IReadOnlyList<double> Low, IReadOnlyList<double> High, int Actions, int StepNormals = 0, int StartUniforms = 0)
{
    private const int MaxDimensions = 64;
    private const int MaxActions = 1 << 20;

    /// <summary>State dimensions d.</summary>
    public int Dimensions => Low.Count;

    /// <summary>Throws, naming the problem, unless sizes and bounds are sound.</summary>
    internal void Require(string problem)
    {
        if (Low is null || High is null || Low.Count is < 1 or > MaxDimensions || High.Count != Low.Count)
            throw new InvalidInputException(
                $"{problem}: a box of {Low?.Count ?? 0} lowest and {High?.Count ?? 0} highest states; expected as many of both, 1 to " +
                    $"{MaxDimensions}");
        for (int d = 0; d < Low.Count; d++)
            if (!(Low[d] < High[d]) || !double.IsFinite(High[d] - Low[d]))
                throw new InvalidInputException(
                    $"{problem}: the box in dimension {d} is [{Low[d]}, {High[d]}]; expected [low, high] with " +
                    $"low < high");
        if (Actions is < 1 or > MaxActions)
            throw new InvalidInputException($"{problem}: {Actions} actions; expected 1 to {MaxActions}");
        if (StepNormals is < 0 or > MaxDimensions || StartUniforms is < 0 or > MaxDimensions)
            throw new InvalidInputException(
                $"{problem}: {StepNormals} normal numbers a step and {StartUniforms} uniform ones a start; expected 0 to {MaxDimensions}");
    }
}
