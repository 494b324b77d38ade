using CommunityToolkit.HighPerformance.Buffers;
using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Objectives;

/// <summary>
/// All segments of up to H steps from the initial distribution, with their probabilities. They are found depth first, by O(T H)
/// visits of a state for T of them.
/// </summary>
internal sealed class SegmentTable(Mdp mdp, int steps)
{
    /// <summary>Steps of all segments together at the most: 16 MiB of them, and 192 MiB of a path that is as long.</summary>
    public const int MostSteps = 1 << 22;

    // So many visits take about as long as a look at the clock is worth.
    private const int VisitsBetweenLooks = 1 << 12;
    private readonly Transitions _transitions = mdp.Problem.Transitions;
    private readonly List<int[]> _rows = [];
    private readonly List<double> _probabilities = [];
    private Visit[] _path = new Visit[Math.Min(steps, 16)];
    private long _visits;
    private long _steps;

    /// <summary>Lists the segments that have a chance; one that ends early is as long as it is.</summary>
    /// <exception cref="InvalidInputException">There are too many.</exception>
    public void Enumerate(double[] initial, double[] policy, double[] probabilities)
    {
        _rows.Clear();
        _probabilities.Clear();
        (_visits, _steps) = (0, 0);
        for (int s = 0; s < initial.Length; s++)
            if (initial[s] > 0) Follow(s, initial[s], policy, probabilities);
    }

    /// <summary>The log-likelihood and its derivatives in π, in r and in the hidden reward, (S·A) each, written.</summary>
    public double LogLikelihood(
        double[] policy, double[] reward, double[] truth, double[] policyCotangent, double[] rewardCotangent, double[] truthCotangent)
    {
        int count = _rows.Count;
        using SpanOwner<double> scratch = SpanOwner<double>.Allocate(5 * count, AllocationMode.Clear);
        Span<double> sums = scratch.Span[..count], trueSums = scratch.Span.Slice(count, count);
        Span<double> likelihood = scratch.Span.Slice(2 * count, count);
        Span<double> slope = scratch.Span.Slice(3 * count, count), trueSlope = scratch.Span.Slice(4 * count, count);
        for (int d = 0; d < count; d++)
        {
            mdp.Monitor.Check("segments compared", d, count);
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

    /// <summary>Lists the segments that start in a state.</summary>
    private void Follow(int start, double probability, double[] policy, double[] probabilities)
    {
        SparseMatrix matrix = _transitions.Matrix;
        int depth = 0;
        Enter(depth, start, probability);
        while (depth >= 0)
        {
            ref Visit visit = ref _path[depth];
            if (visit.Entry < visit.LastEntry)
            {
                long k = visit.Entry++;
                visit.Ends -= probabilities[k];
                if (probabilities[k] > 0) Enter(++depth, matrix.Columns[k], visit.Taken * probabilities[k]);
                continue;
            }

            // What is left of one may be rounding.
            if (visit.Ends > 1e-12) Add(depth, visit.Taken * visit.Ends);
            visit.Ends = 0;
            if (++visit.Row == visit.LastRow)
            {
                depth--;
                continue;
            }

            visit.Taken = visit.Probability * policy[visit.Row];
            if (visit.Taken == 0) continue;
            if (depth + 1 == steps)
            {
                Add(depth, visit.Taken);
                continue;
            }

            (visit.Entry, visit.LastEntry, visit.Ends) = (matrix.Offsets[visit.Row], matrix.Offsets[visit.Row + 1], 1);
        }
    }

    private void Enter(int depth, int state, double probability)
    {
        // A tree of as many segments as there may be has no more states in it. More may be visited without a segment found
        // where the probabilities of long ones come to less than the least number, and there are more segments still.
        if (_visits == (long)BradleyTerryObjective.MostSegments * steps) throw TooMany();
        if (_visits++ % VisitsBetweenLooks == 0) mdp.Monitor.Check("segments found", _rows.Count);
        if (depth == _path.Length)
        {
            if (depth == MostSteps) throw TooLong();
            Array.Resize(ref _path, (int)Math.Min(2L * depth, Math.Min(steps, MostSteps)));
        }

        int first = state * _transitions.Actions;
        _path[depth] = new Visit { Row = first - 1, LastRow = first + _transitions.Actions, Probability = probability };
    }

    private void Add(int depth, double probability)
    {
        if (_rows.Count == BradleyTerryObjective.MostSegments) throw TooMany();
        if ((_steps += depth + 1) > MostSteps) throw TooLong();
        int[] rows = new int[depth + 1];
        for (int t = 0; t < rows.Length; t++) rows[t] = _path[t].Row;
        _rows.Add(rows);
        _probabilities.Add(probability);
    }

    private InvalidInputException TooMany() =>
        new($"bradley-terry: more than {BradleyTerryObjective.MostSegments} segments of {steps} steps; expected fewer steps, starts, or "
            + "successors");

    private InvalidInputException TooLong() => new(
        $"bradley-terry: segments of {steps} steps that come to more than {MostSteps} steps together; " +
        "expected fewer steps, starts, or successors");

    /// <summary>A state on the path that is followed: which of its rows is taken, and which successor comes next.</summary>
    private struct Visit
    {
        public int Row;
        public int LastRow;
        public double Probability;
        public double Taken;
        public long Entry;
        public long LastEntry;
        public double Ends;
    }
}
