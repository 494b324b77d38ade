using System.Globalization;
using FastHyper.Backends;
using FastHyper.Experiments.Reports;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Experiments;

/// <summary>What one θ does to a game: both policies by state, and where the players go on a grid.</summary>
internal static class GameMaps
{
    // A table that is longer is no longer read.
    private const int MostRows = 64;
    private const double Tolerance = 1e-9;

    /// <summary>
    /// f(a|s) and g(b|s,a) of every state and leader action, as a table; null where there are too many, or several followers.
    /// </summary>
    public static ReportTable? Policies(MarkovGame game, double[] theta, string title, Backend backend, WorkMonitor? monitor = null)
    {
        if (game.Transitions.States * game.LeaderActions > MostRows || game.Followers > 1) return null;
        using Mdp mdp = new(game, backend) { Monitor = monitor ?? WorkMonitor.None };
        using BestResponse response = Respond(mdp, theta);
        double[] f = Read(mdp.Engine, mdp.Engine.LeaderPolicy!), q = new double[game.Transitions.States * game.Transitions.Actions];
        using (DeviceArray values = mdp.Engine.Allocate(ArrayKind.StateAction))
        {
            response.ActionValues(values);
            mdp.Engine.Download(values, 0, q);
        }

        GameSolution solution = GameSolution.Of(game, q, f, [game.Temperature]);
        int choices = game.LeaderActions, answers = game.FollowerActions;
        List<string[]> rows = [];
        for (int z = 0; z < f.Length; z++)
        {
            rows.Add(
            [
                Name(game.StateNames, z / choices), Name(game.LeaderActionNames, z % choices), Number(f[z]),
                .. Enumerable.Range(0, answers).Select(b => Number(solution.G[(z * answers) + b])),
            ]);
        }

        return new ReportTable(
            [$"state ({title})", "leader plays", "f(a|s)",
                .. Enumerable.Range(0, answers).Select(b => $"g({Name(game.FollowerActionNames, b)}|s,a)")], rows);
    }

    /// <summary>Discounted visits of each player's cells, one map each.</summary>
    public static IEnumerable<GridMap> Occupancies(
        MarkovGame game, IGridGame grid, double[] theta, string title, Backend backend, WorkMonitor? monitor = null)
    {
        using Mdp mdp = new(game, backend) { Monitor = monitor ?? WorkMonitor.None };
        using BestResponse response = Respond(mdp, theta);
        using DeviceArray visits = mdp.Engine.Allocate(ArrayKind.State);
        using (LinearSolves solves = new(mdp, new SolveOptions { Tolerance = Tolerance }))
            solves.Adjoint(visits, response.Policy, mdp.Initial, game.LeaderDiscount);
        double[] occupancy = Read(mdp.Engine, visits);
        foreach (GridPlayer player in grid.Players)
        {
            double[] cells = new double[grid.Grid.Rows * grid.Grid.Columns];
            Array.Fill(cells, double.NaN);
            foreach (int cell in grid.Grid.CellOfState) cells[cell] = 0;
            for (int s = 0; s < occupancy.Length; s++) cells[player.CellOfState[s]] += occupancy[s];
            yield return GridMaps.Empty(
                grid.Grid,
                    $"{title}: {player.Name}") with
            {
                ValueLabel = "discounted visits",
                Values = cells,
                Group = $"Where the {player.Name} goes",
            };
        }
    }

    private static BestResponse Respond(Mdp mdp, double[] theta)
    {
        BestResponse response = new(mdp, new SolveOptions { Tolerance = Tolerance * Math.Min(1, mdp.Problem.Temperature) });
        mdp.Engine.Upload(mdp.X, 0, theta);
        mdp.Configure();
        response.Solve();
        response.ThrowIfUnsolved();
        return response;
    }

    private static double[] Read(Engine engine, DeviceArray array)
    {
        double[] values = new double[array.Length];
        engine.Download(array, 0, values);
        return values;
    }

    private static string Name(IReadOnlyList<string>? names, int index) => names?[index] ?? index.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
}
