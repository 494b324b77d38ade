using FastHyper.Backends;

namespace FastHyper.Hypergradients.Objectives;

/// <summary>
/// The Bradley–Terry log-likelihood and its derivatives from the first segment of each stream, N of them: the mean over all
/// N(N − 1)/2 pairs of different ones. O(N²) time.
/// </summary>
internal sealed class SampledSegments
{
    private readonly int[] _lengths;
    private readonly int[] _rows;
    private readonly double[] _sums;
    private readonly double[] _trueSums;
    private readonly double[] _likelihood;
    private readonly double[] _slope;
    private readonly double[] _trueSlope;
    private readonly int _steps;

    public SampledSegments(RolloutShape shape)
    {
        _steps = shape.Steps;
        _rows = new int[shape.Streams * shape.Steps];
        _lengths = new int[shape.Streams];
        double[] Numbers() => new double[shape.Streams];
        (_sums, _trueSums, _likelihood, _slope, _trueSlope) = (Numbers(), Numbers(), Numbers(), Numbers(), Numbers());
    }

    /// <summary>Takes the segments of an instance.</summary>
    public void Read(RolloutRecord record, int instance, int instances, int actions)
    {
        int streams = _lengths.Length;
        for (int w = 0; w < streams; w++)
        {
            (_lengths[w], _sums[w], _trueSums[w]) = (0, 0, 0);
            bool ended = false;
            for (int t = 0; t < _steps && !ended; t++)
            {
                int at = (t * instances * streams) + (instance * streams) + w;
                _rows[(w * _steps) + _lengths[w]++] = (record.State[at] * actions) + record.Action[at];
                _sums[w] += record.Reward[at];
                _trueSums[w] += record.LeaderReward[at];
                ended = record.End[at] != StepEnd.None;
            }
        }
    }

    /// <summary>Compares every pair.</summary>
    /// <param name="monitor">Told of the segments that are done.</param>
    public void Compare(WorkMonitor monitor)
    {
        int n = _lengths.Length;
        foreach (double[] target in (double[][])[_likelihood, _slope, _trueSlope]) target.AsSpan().Clear();
        for (int d = 0; d < n; d++)
        {
            monitor.Check("segments compared", d, n);
            for (int e = 0; e < d; e++)
            {
                Comparison one = Comparison.Of(_sums[d] - _sums[e], _trueSums[d] - _trueSums[e]);
                _likelihood[d] += one.Value;
                _likelihood[e] += one.Value;
                _slope[d] += one.Slope;
                _slope[e] -= one.Slope;
                _trueSlope[d] += one.TrueSlope;
                _trueSlope[e] -= one.TrueSlope;
            }
        }
    }

    /// <summary>∂f in r and in the hidden reward at a fixed policy, (S·A) each, written.</summary>
    public void Direct(double[] reward, double[] truth)
    {
        double share = 2.0 / _lengths.Length / (_lengths.Length - 1);
        reward.AsSpan().Clear();
        truth.AsSpan().Clear();
        for (int d = 0; d < _lengths.Length; d++)
        {
            foreach (int row in Rows(d))
            {
                reward[row] += share * _slope[d];
                truth[row] += share * _trueSlope[d];
            }
        }
    }

    /// <summary>
    /// The cotangent of Q, (S·A), written: the score Σ_t (1[s_t,a_t] − π(·|s_t))/τ of each segment, weighed by its comparisons,
    /// less the mean of those that it has no part in; that changes no mean, as they are independent of it.
    /// </summary>
    public void Scores(double[] policy, int actions, double temperature, double[] target)
    {
        int n = _lengths.Length;
        double share = 2.0 / n / (n - 1), total = _likelihood.Sum() / 2;
        target.AsSpan().Clear();
        for (int d = 0; d < n; d++)
        {
            double others = 2 * (total - _likelihood[d]) / (n - 2);
            double weight = share * (_likelihood[d] - others) / temperature;
            foreach (int row in Rows(d))
            {
                target[row] += weight;
                int first = row / actions * actions;
                for (int b = first; b < first + actions; b++) target[b] -= weight * policy[b];
            }
        }
    }

    private ReadOnlySpan<int> Rows(int segment) => _rows.AsSpan(segment * _steps, _lengths[segment]);
}
