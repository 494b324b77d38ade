using CommunityToolkit.HighPerformance.Buffers;
using FastHyper.Backends;
using FastHyper.Experiments.Reports;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Experiments;

/// <summary>What one x does to a problem whose states lie on a grid: incentives, discounted visits and policy.</summary>
internal static class GridMaps
{
    // A label that more cells bear would cover what it marks.
    private const int MostMarksOfALabel = 40;
    private const int Directions = 4;
    private const double Tolerance = 1e-9;

    // Colours tell a hundredth of the range apart; where sweeps take long, more is not worth the wait.
    private const int ManyStates = 100_000;
    private const double ToleranceOfMany = 1e-5;

    /// <summary>Maps of the incentives, and of each layer's visits with the policy, averaged over contexts.</summary>
    public static IEnumerable<GridMap> Draw(
        FiniteProblem problem, IGridProblem grid, double[] x, string title, Backend backend, WorkMonitor? monitor = null)
    {
        SolveOptions solve = new() { Tolerance = problem.Transitions.States > ManyStates ? ToleranceOfMany : Tolerance };
        using Mdp mdp = new(problem, backend) { Monitor = monitor ?? WorkMonitor.None };
        using SolvedFollower response = SolvedFollower.Create(mdp, solve);
        Engine engine = mdp.Engine;
        using DeviceArray visits = engine.Allocate(ArrayKind.State);
        engine.Upload(mdp.X, 0, x);
        mdp.Configure();
        response.Solve();
        using (LinearSolves solves = new(mdp, solve)) solves.Adjoint(visits, response.Policy, mdp.Initial, problem.LeaderDiscount);

        GridWorld world = grid.Grid;
        double[] occupancy = Average(mdp, visits);
        double[]? policy = GridCells.AreMany(world.Rows, world.Columns) ? null : Directed(world, Average(mdp, response.Policy));

        GridMap map = Empty(world, title);
        if (problem is IncentiveProblem incentive) yield return Incentives(incentive, world, mdp, title);
        int layers = world.Layers.Count;
        for (int layer = 0; layer < layers; layer++)
        {
            yield return map with
            {
                ValueLabel = "discounted visits",
                Values = OnGrid(world, world.CellOfState, occupancy, 1, layer, layers),
                Policy = policy is null ? null : OnGrid(world, world.CellOfState, policy, Directions, layer, layers),
                Group = $"Where the follower goes {world.Layers[layer]}".TrimEnd(),
            };
        }
    }

    /// <summary>A map of the incentives alone; null where the problem has none, or no grid.</summary>
    public static GridMap? Incentives(Problem problem, double[] x, string title, Backend backend)
    {
        if (problem is not (IncentiveProblem incentive and IGridProblem grid)) return null;
        using Mdp mdp = new(incentive, backend);
        mdp.Engine.Upload(mdp.X, 0, x);
        return Incentives(incentive, grid.Grid, mdp, title);
    }

    private static GridMap Incentives(IncentiveProblem problem, GridWorld world, Mdp mdp, string title) => Empty(world, title) with
    {
        ValueLabel = world.Incentive,
        Values = OnGrid(world, world.CellOfIncentive, problem.Incentives(mdp.Engine, mdp.X), 1),
        Group = $"{char.ToUpperInvariant(world.Incentive[0])}{world.Incentive.AsSpan(1)}s",
    };

    /// <summary>The map without values: walls, marks and frames.</summary>
    public static GridMap Empty(GridWorld world, string title)
    {
        bool[] walls = new bool[world.Rows * world.Columns];
        Array.Fill(walls, true);
        foreach (int cell in world.CellOfState)
            if (cell >= 0) walls[cell] = false;
        GridMark[] marks =
        [
            .. world.Labels.GroupBy(label => label.Label).Where(same => same.Count() <= MostMarksOfALabel)
                .SelectMany(same => same).Select(label => new GridMark(label.Row, label.Column, label.Label)),
        ];
        GridFrame[] frames = [.. world.Areas.Select(area => new GridFrame(area.Row, area.Column, area.Rows, area.Columns))];
        return new GridMap(title, "", world.Rows, world.Columns, walls, [], null, marks) { Frames = frames };
    }

    private static double[] Average(Mdp mdp, DeviceArray array)
    {
        double[] sum = new double[array.Length];
        if (mdp.Engine.Instances == 1)
        {
            mdp.Engine.Download(array, 0, sum);
            return sum;
        }

        using SpanOwner<double> scratch = SpanOwner<double>.Allocate(array.Length);
        Span<double> one = scratch.Span;
        for (int i = 0; i < mdp.Engine.Instances; i++)
        {
            mdp.Engine.Download(array, i, one);
            for (int k = 0; k < sum.Length; k++) sum[k] += mdp.Weights[i] * one[k];
        }

        return sum;
    }

    /// <summary>The policy by directions rather than actions.</summary>
    private static double[] Directed(GridWorld world, double[] policy) =>
        [.. policy.Select((_, i) => policy[i - (i % Directions) + world.ActionOfDirection[i % Directions]])];

    /// <summary>Some numbers for each cell, of every so manyth place from the first on.</summary>
    private static double[] OnGrid(GridWorld world, int[] cellOf, ReadOnlySpan<double> values, int perCell, int first = 0, int step = 1)
    {
        double[] cells = new double[world.Rows * world.Columns * perCell];
        Array.Fill(cells, perCell == 1 ? double.NaN : 0);
        for (int i = first; i < cellOf.Length; i += step)
            if (cellOf[i] >= 0) values.Slice(i * perCell, perCell).CopyTo(cells.AsSpan(cellOf[i] * perCell));
        return cells;
    }
}
