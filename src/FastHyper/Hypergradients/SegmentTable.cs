using CommunityToolkit.HighPerformance.Buffers;
using FastHyper.Backends;

namespace FastHyper.Hypergradients;

/// <summary>All segments of up to H steps from the initial distribution, with their probabilities.</summary>
internal sealed class SegmentTable(Transitions transitions, int steps)
{
    private readonly List<int[]> _rows = [];
    private readonly List<double> _probabilities = [];
    private readonly int[] _path = new int[steps];

    /// <summary>Lists the segments that have a chance; one that ends early is as long as it is.</summary>
    /// <exception cref="InvalidInputException">There are too many.</exception>
    public void Enumerate(double[] initial, double[] policy, double[] probabilities)
    {
        _rows.Clear();
        _probabilities.Clear();
        for (int s = 0; s < initial.Length; s++)
            if (initial[s] > 0) Extend(s, 0, initial[s], policy, probabilities);
    }

    /// <summary>The log-likelihood and its derivatives in π, in r and in the hidden reward, (S·A) each, written.</summary>
    public double LogLikelihood(double[] policy, double[] reward, double[] truth, double[] policyCotangent, double[] rewardCotangent, double[] truthCotangent)
    {
        int count = _rows.Count;
        using SpanOwner<double> scratch = SpanOwner<double>.Allocate(5 * count, AllocationMode.Clear);
        Span<double> sums = scratch.Span[..count], trueSums = scratch.Span.Slice(count, count);
        Span<double> likelihood = scratch.Span.Slice(2 * count, count);
        Span<double> slope = scratch.Span.Slice(3 * count, count), trueSlope = scratch.Span.Slice(4 * count, count);
        for (int d = 0; d < count; d++)
        {
            foreach (int row in _rows[d])
            {
                sums[d] += reward[row];
                trueSums[d] += truth[row];
            }

            // A segment against itself tells nothing: log ½.
            likelihood[d] += _probabilities[d] * -Math.Log(2);
            for (int e = 0; e < d; e++)
            {
                Comparison one = Comparison.Of(sums[d] - sums[e], trueSums[d] - trueSums[e]);
                double pair = 2 * _probabilities[d] * _probabilities[e], along = pair * one.Slope, trueAlong = pair * one.TrueSlope;
                likelihood[d] += _probabilities[e] * one.Value;
                likelihood[e] += _probabilities[d] * one.Value;
                slope[d] += along;
                slope[e] -= along;
                trueSlope[d] += trueAlong;
                trueSlope[e] -= trueAlong;
            }
        }

        double f = 0;
        foreach (double[] target in (double[][])[policyCotangent, rewardCotangent, truthCotangent]) target.AsSpan().Clear();
        for (int d = 0; d < count; d++)
        {
            f += _probabilities[d] * likelihood[d];
            foreach (int row in _rows[d])
            {
                policyCotangent[row] += 2 * likelihood[d] * _probabilities[d] / policy[row];
                rewardCotangent[row] += slope[d];
                truthCotangent[row] += trueSlope[d];
            }
        }

        return f;
    }

    private void Extend(int s, int depth, double probability, double[] policy, double[] probabilities)
    {
        for (int a = 0; a < transitions.Actions; a++)
        {
            int row = (s * transitions.Actions) + a;
            double taken = probability * policy[row];
            if (taken == 0) continue;
            _path[depth] = row;
            if (depth + 1 == steps)
            {
                Add(depth, taken);
                continue;
            }

            double ends = 1;
            for (long k = transitions.Matrix.Offsets[row]; k < transitions.Matrix.Offsets[row + 1]; k++)
            {
                ends -= probabilities[k];
                if (probabilities[k] > 0) Extend(transitions.Matrix.Columns[k], depth + 1, taken * probabilities[k], policy, probabilities);
                _path[depth] = row;
            }

            // What is left of one may be rounding.
            if (ends > 1e-12) Add(depth, taken * ends);
        }
    }

    private void Add(int depth, double probability)
    {
        if (_rows.Count == BradleyTerry.MostSegments)
            throw new InvalidInputException($"bradley-terry: more than {BradleyTerry.MostSegments} segments of {steps} steps; expected fewer steps, starts, or successors");
        _rows.Add(_path[..(depth + 1)]);
        _probabilities.Add(probability);
    }
}
