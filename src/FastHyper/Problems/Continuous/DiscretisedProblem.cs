using FastHyper.Backends;
using FastHyper.Problems.Features;

namespace FastHyper.Problems.Continuous;

/// <summary>
/// A problem of continuous states over a grid: P(s'|s,a) = Σ_nodes weight · Π interpolation weights of s' = step(s, a, node), rewards
/// means over nodes, starts means over equal parts of the uniform numbers. Its gradient is exact for itself: interpolation weights are
/// differentiated in s', and what follows in x is the problem's pullback. O(S·A·nodes·2ᵈ) to configure or to pull back.
/// </summary>
internal sealed class DiscretisedProblem : CustomProblem
{
    private readonly ContinuousProblem _problem;
    private readonly StateGrid _grid;
    private readonly GridSteps _steps;
    private readonly GridRows _rows;
    private readonly double[] _rewardWeights;
    private readonly double[] _leaderWeights;
    private readonly double[] _nextWeights;

    public DiscretisedProblem(ContinuousProblem problem, StateGrid grid)
        : this(problem, grid, new GridSteps(problem, grid))
    {
    }

    private DiscretisedProblem(ContinuousProblem problem, StateGrid grid, GridSteps steps)
        : this(problem, grid, steps, RowsOf(problem, grid, steps))
    {
    }

    private DiscretisedProblem(ContinuousProblem problem, StateGrid grid, GridSteps steps, GridRows rows)
        : base(
            problem.Name, TransitionsOf(problem, grid, steps, rows), StartsOf(problem, grid), ParametersOf(problem), problem.Discount,
            problem.LeaderDiscount, problem.Temperature)
    {
        (_problem, _grid, _steps, _rows) = (problem, grid, steps, rows);
        (_rewardWeights, _leaderWeights) = (new double[grid.States], new double[grid.States]);
        _nextWeights = new double[grid.States * grid.Dimensions];
    }

    public override IReadOnlyList<double> ContextProbabilities => _problem.ContextProbabilities;

    public override bool ContextsAreTogether => _problem.ContextsAreTogether;

    public override IReadOnlyList<int> ParameterShape => _problem.ParameterShape;

    public override bool ControlsTransitions => _problem.ControlsTransitions;

    /// <summary>The problem as it is.</summary>
    public ContinuousProblem Problem => _problem;

    /// <summary>The grid.</summary>
    public StateGrid Grid => _grid;

    /// <summary>Where the points lie.</summary>
    public StateCoordinates Coordinates
    {
        get
        {
            double[] values = new double[_grid.States * _grid.Dimensions], rows = new double[values.Length];
            SampleSpans points = new(values, _grid.States);
            _grid.Write(points);
            for (int s = 0; s < _grid.States; s++)
                for (int d = 0; d < _grid.Dimensions; d++) rows[(s * _grid.Dimensions) + d] = points[d][s];
            return new StateCoordinates(_grid.States, rows);
        }
    }

    public override void InitialParameters(ulong seed, Span<double> x) => _problem.InitialParameters(seed, x);

    public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp)
    {
        int actions = _problem.Shape.Actions;
        mdp.Reward.Clear();
        mdp.LeaderReward.Clear();
        _steps.Configure(x, context);
        if (ControlsTransitions) Write(_problem, _grid, _steps, _rows, mdp.Probabilities);
        for (int action = 0; action < actions; action++)
        {
            for (int node = 0; node < _steps.Nodes; node++)
            {
                double weight = _steps.Run(action, node);
                StepSpans samples = _steps.Samples;
                for (int s = 0; s < _grid.States; s++)
                {
                    mdp.Reward[(s * actions) + action] += weight * samples.Reward[s];
                    mdp.LeaderReward[(s * actions) + action] += weight * samples.LeaderReward[s];
                }
            }
        }
    }

    public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient)
    {
        int actions = _problem.Shape.Actions;
        _steps.Configure(x, context);
        for (int action = 0; action < actions; action++)
        {
            for (int node = 0; node < _steps.Nodes; node++)
            {
                double weight = _steps.Run(action, node);
                for (int s = 0; s < _grid.States; s++)
                {
                    _rewardWeights[s] = weight * cotangents.Reward[(s * actions) + action];
                    _leaderWeights[s] = weight * cotangents.LeaderReward[(s * actions) + action];
                }

                if (ControlsTransitions) WriteNextWeights(action, weight, cotangents.Probabilities);
                StepWeights weights = new()
                {
                    Reward = _rewardWeights,
                    LeaderReward = _leaderWeights,
                    Next = new SampleSpans(_nextWeights, _grid.States),
                };
                _problem.Pullback(x, context, _steps.Samples, weights, gradient);
            }
        }
    }

    /// <summary>Derivatives in next states: those of interpolation weights.</summary>
    private void WriteNextWeights(int action, double weight, ReadOnlySpan<double> probabilities)
    {
        int dimensions = _grid.Dimensions;
        Span<int> cells = stackalloc int[dimensions], point = stackalloc int[dimensions];
        Span<double> parts = stackalloc double[dimensions], slopes = stackalloc double[dimensions];
        SampleSpans next = new(_nextWeights, _grid.States);
        for (int s = 0; s < _grid.States; s++)
        {
            for (int d = 0; d < dimensions; d++) next[d][s] = 0;
            if (_steps.Samples.Ends[s]) continue;
            _steps.Find(s, cells, parts, slopes);
            for (int corner = 0; corner < 1 << dimensions; corner++)
            {
                double cotangent = weight * probabilities[(int)_rows.Place((s * _problem.Shape.Actions) + action, At(corner, cells,
                    point))];
                for (int d = 0; d < dimensions; d++)
                {
                    double slope = ((corner >> d) & 1) != 0 ? slopes[d] : -slopes[d];
                    for (int other = 0; other < dimensions; other++)
                        if (other != d) slope *= ((corner >> other) & 1) != 0 ? parts[other] : 1 - parts[other];
                    next[d][s] += cotangent * slope;
                }
            }
        }
    }

    /// <summary>Writes P at the configured x.</summary>
    private static void Write(ContinuousProblem problem, StateGrid grid, GridSteps steps, GridRows rows, Span<double> probabilities)
    {
        int actions = problem.Shape.Actions, dimensions = grid.Dimensions;
        Span<int> cells = stackalloc int[dimensions], point = stackalloc int[dimensions];
        Span<double> parts = stackalloc double[dimensions], slopes = stackalloc double[dimensions];
        probabilities.Clear();
        for (int action = 0; action < actions; action++)
        {
            for (int node = 0; node < steps.Nodes; node++)
            {
                double weight = steps.Run(action, node);
                for (int s = 0; s < grid.States; s++)
                {
                    if (steps.Samples.Ends[s]) continue;
                    steps.Find(s, cells, parts, slopes);
                    for (int corner = 0; corner < 1 << dimensions; corner++)
                    {
                        double share = weight;
                        for (int d = 0; d < dimensions; d++) share *= ((corner >> d) & 1) != 0 ? parts[d] : 1 - parts[d];
                        if (share > 0) probabilities[(int)rows.Place((s * actions) + action, At(corner, cells, point))] += share;
                    }
                }
            }
        }
    }

    private static Span<int> At(int corner, Span<int> cells, Span<int> point)
    {
        for (int d = 0; d < cells.Length; d++) point[d] = cells[d] + ((corner >> d) & 1);
        return point;
    }

    private static double[] ParametersOf(ContinuousProblem problem)
    {
        double[] x = new double[problem.ParameterCount];
        problem.InitialParameters(1, x);
        return x;
    }

    /// <summary>Rows that hold where steps lead at the x that leaders start from, and around it.</summary>
    private static GridRows RowsOf(ContinuousProblem problem, StateGrid grid, GridSteps steps)
    {
        int actions = problem.Shape.Actions, dimensions = grid.Dimensions, margin = problem.ControlsTransitions
            ? grid.Options.Margin ?? -1 : 0;
        int[] first = new int[checked(grid.States * actions * dimensions)], last = new int[first.Length];
        double[] moved = new double[dimensions];
        Span<int> cells = stackalloc int[dimensions];
        Span<double> parts = stackalloc double[dimensions], slopes = stackalloc double[dimensions];
        first.AsSpan().Fill(int.MaxValue);
        last.AsSpan().Fill(-1);
        steps.Configure(ParametersOf(problem), 0);
        for (int action = 0; action < actions; action++)
        {
            for (int node = 0; node < steps.Nodes; node++)
            {
                steps.Run(action, node);
                for (int s = 0; s < grid.States; s++)
                {
                    steps.Find(s, cells, parts, slopes);
                    for (int d = 0; d < dimensions; d++)
                    {
                        int at = (((s * actions) + action) * dimensions) + d;
                        moved[d] = Math.Max(moved[d], Math.Abs(steps.Samples.Next[d][s] - steps.Samples.States[d][s]) / grid.Width(d));
                        first[at] = Math.Min(first[at], margin < 0 ? 0 : Math.Max(0, cells[d] - margin));
                        last[at] = Math.Max(last[at], margin < 0 ? grid.Points[d] - 1 : Math.Min(grid.Points[d] - 1,
                            cells[d] + 1 + margin));
                    }
                }
            }
        }

        for (int d = 0; d < dimensions; d++)
            if (moved[d] is > 0 and < LeastMove)
                throw new InvalidInputException(
                    $"{problem.Name}: {grid.Points[d]} points in dimension {d}, of cells {grid.Width(d):G4} wide, of which no step moves " +
                        $"more than a part of {moved[d]:G2}; expected at least " +
                        $"{Math.Ceiling(LeastMove / moved[d] * (grid.Points[d] - 1)) + 1} points");
        return new GridRows(problem.Name, grid, first, last);
    }

    // In narrower steps what interpolation smears is many times what moves.
    private const double LeastMove = 0.1;

    private static Transitions TransitionsOf(ContinuousProblem problem, StateGrid grid, GridSteps steps, GridRows rows)
    {
        double[] probabilities = new double[rows.Offsets[^1]];
        steps.Configure(ParametersOf(problem), 0);
        Write(problem, grid, steps, rows, probabilities);
        return new Transitions(grid.States, problem.Shape.Actions, rows.Matrix(probabilities));
    }

    private static double[] StartsOf(ContinuousProblem problem, StateGrid grid)
    {
        int uniforms = problem.Shape.StartUniforms, parts = grid.Options.Starts, dimensions = grid.Dimensions;
        double all = Math.Pow(parts, uniforms);
        if (all > 1 << 24)
            throw new InvalidInputException(
                $"{problem.Name}: {parts} starts of each of {uniforms} uniform numbers; expected fewer, " +
                $"{1 << 24} in all at most");
        int count = (int)all;
        double[] numbers = new double[uniforms * count], states = new double[dimensions * count], initial = new double[grid.States];
        for (int k = 0; k < count; k++)
            for (int d = 0, left = k; d < uniforms; d++, left /= parts) numbers[(d * count) + k] = ((left % parts) + 0.5) / parts;
        CheckedSteps.Start(problem, new SampleSpans(numbers, count), new SampleSpans(states, count));
        Span<int> cells = stackalloc int[dimensions];
        Span<double> within = stackalloc double[dimensions];
        for (int k = 0; k < count; k++)
        {
            for (int d = 0; d < dimensions; d++) (cells[d], within[d]) = grid.Find(d, states[(d * count) + k], out _);
            for (int corner = 0; corner < 1 << dimensions; corner++)
            {
                double share = 1.0 / count;
                int point = 0;
                for (int d = 0; d < dimensions; d++)
                {
                    bool high = ((corner >> d) & 1) != 0;
                    share *= high ? within[d] : 1 - within[d];
                    point = (point * grid.Points[d]) + cells[d] + (high ? 1 : 0);
                }

                initial[point] += share;
            }
        }

        return initial;
    }
}
