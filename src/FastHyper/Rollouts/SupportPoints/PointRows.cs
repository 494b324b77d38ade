using System.Numerics.Tensors;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts.SupportPoints;

/// <summary>Features f of many states, 8 bytes a number, and 4 more where few of many are not zero.</summary>
internal sealed class PointRows
{
    private readonly double[] _values;
    private readonly int[] _columns;
    private readonly double[] _points;
    private readonly double[] _scratch;
    private readonly int[] _scratchColumns;

    /// <summary>Allocates the rows.</summary>
    /// <param name="features">f.</param>
    /// <param name="capacity">States at the most.</param>
    public PointRows(PointFeatures features, int capacity)
    {
        Features = features;
        _values = new double[checked(capacity * features.Active)];
        _columns = new int[features.IsDense ? features.Active : _values.Length];
        _points = new double[capacity * features.Dimensions];
        (_scratch, _scratchColumns) = (new double[features.Active], new int[features.Active]);
    }

    /// <summary>f.</summary>
    public PointFeatures Features { get; }

    /// <summary>Writes the features of states.</summary>
    public void Write(SampleSpans states)
    {
        for (int k = 0; k < states.Count; k++)
        {
            Span<double> point = Point(k), values = _values.AsSpan(k * Features.Active, Features.Active);
            Features.Scale(states, k, point);
            int written =
                Features.Write(point, Features.IsDense ? _columns : _columns.AsSpan(k * Features.Active, Features.Active), values);
            values[written..].Clear();
        }
    }

    /// <summary>Numbers of sample k, of all functions where they are dense.</summary>
    public ReadOnlySpan<double> Values(int k) => _values.AsSpan(k * Features.Active, Features.Active);

    /// <summary>Which functions the numbers of sample k are of.</summary>
    public ReadOnlySpan<int> Columns(int k) => Features.IsDense ? _columns : _columns.AsSpan(k * Features.Active, Features.Active);

    /// <summary>f(s_k)·weights.</summary>
    public double Dot(int k, ReadOnlySpan<double> weights)
    {
        if (Features.IsDense) return LaneSums.Dot(Values(k), weights);
        double sum = 0;
        ReadOnlySpan<double> values = Values(k);
        ReadOnlySpan<int> columns = Columns(k);
        for (int j = 0; j < values.Length; j++) sum += values[j] * weights[columns[j]];
        return sum;
    }

    /// <summary>to += factor · f(s_k).</summary>
    public void AddTo(int k, double factor, Span<double> to)
    {
        ReadOnlySpan<double> values = Values(k);
        if (Features.IsDense)
        {
            TensorPrimitives.MultiplyAdd(values, factor, to, to);
            return;
        }

        ReadOnlySpan<int> columns = Columns(k);
        for (int j = 0; j < values.Length; j++) to[columns[j]] += factor * values[j];
    }

    /// <summary>Writes ∂(weights·f)/∂s at sample k.</summary>
    public void Slopes(int k, ReadOnlySpan<double> weights, Span<double> slopes) =>
        Features.Slopes(Point(k), weights, _scratchColumns, _scratch, slopes);

    /// <summary>Writes Q_w of the first samples, their Boltzmann policy, and the soft values.</summary>
    /// <param name="weights">w, (k).</param>
    /// <param name="temperature">τ.</param>
    /// <param name="policy">(samples, A), written.</param>
    /// <param name="values">(samples), written.</param>
    public void Respond(ReadOnlySpan<double> weights, double temperature, Span<double> policy, Span<double> values)
    {
        int actions = Features.Actions;
        for (int k = 0; k < values.Length; k++)
        {
            Span<double> row = policy.Slice(k * actions, actions);
            ActionValues(k, weights, row);
            double largest = TensorPrimitives.Max<double>(row), sum = 0;
            foreach (ref double value in row) sum += value = Math.Exp((value - largest) / temperature);
            foreach (ref double value in row) value /= sum;
            values[k] = largest + (temperature * Math.Log(sum));
        }
    }

    /// <summary>Writes φ(s_k, b)·weights of every action b.</summary>
    public void ActionValues(int k, ReadOnlySpan<double> weights, Span<double> values)
    {
        for (int b = 0; b < values.Length; b++) values[b] = Dot(k, weights.Slice(b * Features.Count, Features.Count));
    }

    private Span<double> Point(int k) => _points.AsSpan(k * Features.Dimensions, Features.Dimensions);
}
