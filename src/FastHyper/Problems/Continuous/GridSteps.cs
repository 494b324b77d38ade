namespace FastHyper.Problems.Continuous;

/// <summary>Steps from every point of a grid, an action and a node of quadrature at a time, points in lanes.</summary>
internal sealed class GridSteps
{
    private readonly ContinuousProblem _problem;
    private readonly StateGrid _grid;
    private readonly double[] _states;
    private readonly double[] _noise;
    private readonly double[] _next;
    private readonly double[] _settings;
    private readonly double[] _reward;
    private readonly double[] _leaderReward;
    private readonly int[] _actions;
    private readonly bool[] _ends;
    private readonly (double[] Nodes, double[] Weights) _rule;

    public GridSteps(ContinuousProblem problem, StateGrid grid)
    {
        (_problem, _grid) = (problem, grid);
        int states = grid.States;
        (_states, _next) = (new double[states * grid.Dimensions], new double[states * grid.Dimensions]);
        _noise = new double[states * problem.Shape.StepNormals];
        (_reward, _leaderReward, _actions, _ends) = (new double[states], new double[states], new int[states], new bool[states]);
        _settings = new double[problem.Settings];
        _rule = GaussHermite.Rule(grid.Options.Nodes);
        Nodes = (int)Math.Pow(grid.Options.Nodes, problem.Shape.StepNormals);
        grid.Write(new SampleSpans(_states, states));
    }

    /// <summary>Nodes of quadrature over all noise.</summary>
    public int Nodes { get; }

    /// <summary>The samples of the last step.</summary>
    public StepSpans Samples => new()
    {
        States = new SampleSpans(_states, _grid.States),
        Actions = _actions,
        Noise = new SampleSpans(_noise, _grid.States),
        Next = new SampleSpans(_next, _grid.States),
        Reward = _reward,
        LeaderReward = _leaderReward,
        Ends = _ends,
    };

    /// <summary>Configures the problem.</summary>
    public void Configure(ReadOnlySpan<double> x, int context) => _problem.Configure(x, context, _settings);

    /// <summary>Does the step of an action and a node from every point.</summary>
    /// <returns>Weight of the node.</returns>
    /// <exception cref="InvalidInputException">What it wrote is not finite.</exception>
    public double Run(int action, int node)
    {
        double weight = 1;
        SampleSpans noise = new(_noise, _grid.States);
        for (int d = 0, left = node; d < _problem.Shape.StepNormals; d++, left /= _rule.Nodes.Length)
        {
            noise[d].Fill(_rule.Nodes[left % _rule.Nodes.Length]);
            weight *= _rule.Weights[left % _rule.Nodes.Length];
        }

        _actions.AsSpan().Fill(action);
        CheckedSteps.Step(_problem, _settings, Samples);
        return weight;
    }

    /// <summary>Where a point's next state lies: a cell's lowest corner, and how far in it.</summary>
    /// <param name="s">The point.</param>
    /// <param name="cells">(d), written.</param>
    /// <param name="parts">(d), written.</param>
    /// <param name="slopes">∂parts/∂s', (d), written: zero beyond the box.</param>
    public void Find(int s, Span<int> cells, Span<double> parts, Span<double> slopes)
    {
        SampleSpans next = new(_next, _grid.States);
        for (int d = 0; d < cells.Length; d++)
        {
            (cells[d], parts[d]) = _grid.Find(d, next[d][s], out bool inside);
            slopes[d] = inside ? 1 / _grid.Width(d) : 0;
        }
    }
}
