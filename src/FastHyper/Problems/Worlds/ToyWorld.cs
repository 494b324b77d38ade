using FastHyper.Backends;

namespace FastHyper.Problems.Worlds;

/// <summary>
/// The tabular worlds of Gymnasium's toy text (frozen-lake, cliff-walking, taxi), their states and actions numbered as there,
/// with a leader who shapes rewards: the follower gets r = R(s,a) + y_s, y_s = low + (high − low) σ(x_s), and the leader, who
/// is after the world's own reward, l = R(s,a) − cost |y_s|. R is the mean over successors; entering a terminal state ends the
/// episode. One parameter a state; those of states that nobody acts in have no effect.
/// </summary>
public class ToyWorld : IncentiveProblem
{
    internal ToyWorld(string name, ToyTable table, ToyWorldOptions options)
        : base(
            name, table.Transitions(), table.States, Link(options), [Context(table, options)],
            (seed, x) => ProblemDraws.InitialParameters(seed, options.WeightDeviation, x), options.Gamma, options.GammaLeader,
            options.Temperature)
    {
    }

    private static LinkMap Link(ToyWorldOptions o) => new(LinkKind.Sigmoid, o.IncentiveRange[0], o.IncentiveRange[1], WithMagnitudes: true);

    private static IncentiveContext Context(ToyTable table, ToyWorldOptions options)
    {
        int rows = table.States * table.Actions;
        long[] offsets = [.. Enumerable.Range(0, rows + 1).Select(row => (long)row)];
        AffineMap Map(int first, double factor) => new(table.Rewards, new SparseMatrix(
            2 * table.States, offsets, [.. Enumerable.Range(0, rows).Select(row => first + (row / table.Actions))],
            [.. Enumerable.Repeat(factor, rows)]));
        return new IncentiveContext(1, Map(0, 1), Map(table.States, -options.Cost), table.Initial());
    }
}

/// <summary>A <see cref="ToyWorld"/> whose states are the cells of a grid.</summary>
public sealed class ToyGrid : ToyWorld, IGridProblem
{
    internal ToyGrid(string name, ToyTable table, ToyWorldOptions options, GridWorld grid)
        : base(name, table, options) => Grid = grid;

    /// <inheritdoc/>
    public GridWorld Grid { get; }
}

/// <summary>Outcomes (probability, successor, reward, terminated) of every state and action, gathered one at a time.</summary>
internal sealed class ToyTable(int states, int actions)
{
    private readonly SortedDictionary<int, double>[] _successors =
        [.. Enumerable.Range(0, states * actions).Select(_ => new SortedDictionary<int, double>())];
    private readonly double[] _starts = new double[states];

    public int States => states;

    public int Actions => actions;

    /// <summary>R(s,a), row s·A+a.</summary>
    public double[] Rewards { get; } = new double[states * actions];

    public void Add(int s, int a, double probability, int next, double reward, bool terminated)
    {
        if (probability == 0) return;
        int row = (s * actions) + a;
        Rewards[row] += probability * reward;
        if (!terminated) _successors[row][next] = _successors[row].GetValueOrDefault(next) + probability;
    }

    /// <summary>Counts a state among those that episodes start in, all equally likely.</summary>
    public void Start(int s) => _starts[s]++;

    public double[] Initial()
    {
        double count = _starts.Sum();
        return Array.ConvertAll(_starts, s => s / count);
    }

    public Transitions Transitions()
    {
        long[] offsets = new long[_successors.Length + 1];
        for (int row = 0; row < _successors.Length; row++) offsets[row + 1] = offsets[row] + _successors[row].Count;
        return new Transitions(states, actions, new SparseMatrix(
            states, offsets, [.. _successors.SelectMany(row => row.Keys)], [.. _successors.SelectMany(row => row.Values)]));
    }
}
