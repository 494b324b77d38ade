namespace FastHyper.Problems.Continuous;

/// <summary>
/// Numbers of many samples at once, a span for each dimension: sample k of dimension d stands at <c>spans[d][k]</c>, so that loops over
/// samples run over lanes.
/// </summary>
public readonly ref struct SampleSpans
{
    private readonly Span<double> _values;
    private readonly int _stride;

    /// <summary>Numbers that stand dimension after dimension.</summary>
    /// <param name="values">(dimensions · count).</param>
    /// <param name="count">Samples.</param>
    public SampleSpans(Span<double> values, int count)
        : this(values, count, count)
    {
    }

    /// <summary>Samples out of more of them.</summary>
    /// <param name="values">From the first sample of the first dimension on.</param>
    /// <param name="stride">Numbers from a dimension to the next.</param>
    /// <param name="count">Samples.</param>
    internal SampleSpans(Span<double> values, int stride, int count)
    {
        _values = values;
        (_stride, Count) = (stride, count);
    }

    /// <summary>Samples.</summary>
    public int Count { get; }

    /// <summary>The dimensions from one on.</summary>
    internal SampleSpans From(int dimension) =>
        _values.Length <= dimension * _stride ? new([], _stride, Count) : new(_values[(dimension * _stride)..], _stride, Count);

    /// <summary>A dimension of all samples, (count).</summary>
    /// <param name="dimension">Which, from 0.</param>
    public Span<double> this[int dimension] => _values.Slice(dimension * _stride, Count);
}
