using FastHyper.Backends;
using FastHyper.Experiments.Reports;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>What one x does to a problem whose states lie on a grid: incentives, discounted visits and policy.</summary>
internal static class Portrait
{
    private const double Tolerance = 1e-9;

    /// <summary>Maps of the incentives, and of the visits with the policy, averaged over contexts.</summary>
    public static IEnumerable<GridMap> Draw(Problem problem, IGridProblem grid, double[] x, string title, Backend backend)
    {
        using Mdp mdp = new(problem, backend);
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = Tolerance });
        Engine engine = mdp.Engine;
        using DeviceArray visits = engine.Allocate(ArrayKind.State);
        engine.Upload(mdp.X, 0, x);
        mdp.Configure();
        response.Solve();
        new LinearSolves(mdp, new SolveOptions { Tolerance = Tolerance }).Adjoint(visits, response.Policy, mdp.Initial, problem.LeaderDiscount);

        double[] occupancy = Average(mdp, visits);
        double[] policy = Average(mdp, response.Policy);

        GridWorld world = grid.Grid;
        GridMark[] marks = [.. world.Labels.Select(label => new GridMark(label.Row, label.Column, label.Label))];
        bool[] walls = new bool[world.Rows * world.Columns];
        Array.Fill(walls, true);
        foreach (int cell in world.CellOfState) walls[cell] = false;
        if (problem is IncentiveProblem incentive)
            yield return new GridMap(title, "incentive", world.Rows, world.Columns, walls, OnGrid(world, incentive.Incentives(engine, mdp.X), 1), null, marks, "Incentives");
        yield return new GridMap(title, "discounted visits", world.Rows, world.Columns, walls, OnGrid(world, occupancy, 1), OnGrid(world, policy, 4), marks, "Where the follower goes");
    }

    private static double[] Average(Mdp mdp, DeviceArray array)
    {
        double[] sum = new double[array.Length];
        double[] one = new double[array.Length];
        for (int i = 0; i < mdp.Engine.Instances; i++)
        {
            mdp.Engine.Download(array, i, one);
            for (int k = 0; k < sum.Length; k++) sum[k] += mdp.Weights[i] * one[k];
        }

        return sum;
    }

    private static double[] OnGrid(GridWorld world, double[] values, int perState)
    {
        double[] cells = new double[world.Rows * world.Columns * perState];
        Array.Fill(cells, perState == 1 ? double.NaN : 0);
        for (int s = 0; s < world.CellOfState.Length; s++)
            values.AsSpan(s * perState, perState).CopyTo(cells.AsSpan(world.CellOfState[s] * perState));
        return cells;
    }
}
