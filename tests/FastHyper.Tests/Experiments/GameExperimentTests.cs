using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Experiments.Reports;
using FastHyper.Experiments.Reproductions;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems.Games;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Experiments;

public sealed class GameExperimentTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheQuickTableHasBcHgNearTheExactGradientAndAheadOfNaiveAndBiAc()
    {
        Experiment experiment = ExperimentCatalogue.Create("discrete-toy", quick: true);
        IReadOnlyList<CellResult> results = new Reproduction(experiment, _folder["toy"], ["threads=1"]).Execute(
            null, CancellationToken.None);
        foreach (IGrouping<string, CellResult> group in results.GroupBy(result => result.Cell.Case))
        {
            Dictionary<string, double> mean = group.ToDictionary(result => result.Cell.Method, result => result.Setting.Mean);
            Assert.InRange(mean["BC-HG"], 0.9 * mean["exact"], mean["exact"] + 1e-9);
            Assert.True(mean["BC-HG"] > mean["naive"] && mean["BC-HG"] > mean["Bi-AC"], string.Join(", ", mean));
            // With R = 1 there is all to gain, with R = 2 only to lose.
            double start = group.First().Curve[0].Objectives[0];
            Assert.True(group.Key == "R = 1" ? mean["exact"] > start + 20 : mean["exact"] < start + 0.1);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0.9)]
    [InlineData(40, 1)]
    [InlineData(2000, 0.9)]
    public void AFiniteReturnIsWhatTheChainGives(int horizon, double discount)
    {
        GameData data = RandomGame.Generate(2, new RandomGameOptions { States = 8, Followers = 2, Termination = 0.05 });
        MarkovGame game = new("game", data);
        using Solved solved = new(game, leaders: 2);
        solved.AtStart();
        using FiniteReturn finite = new(solved.Mdp, new() { Horizon = horizon, Discount = discount });
        double[] found = new double[2];
        finite.Evaluate(solved.Response.Policy, found);
        double expected = 0;
        for (int n = 0; n < 2; n++)
        {
            double[] policy = solved.Read(solved.Response.Policy, solved.Rows, n), d = data.Initial;
            double weight = 1;
            for (int t = 0; t < horizon; t++, weight *= discount)
            {
                double[] next = new double[d.Length];
                for (int row = 0; row < policy.Length; row++)
                {
                    double flow = d[row / 12] * policy[row];
                    expected += weight * flow * data.Followers[n].LeaderReward[row];
                    for (long k = data.Transitions.Matrix.Offsets[row]; k < data.Transitions.Matrix.Offsets[row + 1]; k++)
                        next[data.Transitions.Matrix.Columns[k]] += flow * data.Transitions.Matrix.Values[k];
                }

                d = next;
            }
        }

        Assert.All(found, value => Assert.Equal(expected, value, 1e-10 * expected));
    }

    [Fact]
    public void EntropyIsTheMeanOverFollowers()
    {
        MarkovGame game = new("game", RandomGame.Generate(
            4, new RandomGameOptions
            {
                States = 6,
                LeaderActions = 2,
                FollowerActions = 3,
                Followers = 3,
                Temperature = 100,
                Deviation = 0,
            }));
        using CpuBackend backend = new(1);
        using Leader leader = new(game, new ExactEstimator(), new LeaderOptions(), backend);
        using ObjectiveEvaluator evaluator = new(game, 1, backend);
        double[] value = new double[1];
        evaluator.Evaluate(leader, value);
        evaluator.Entropies(value);
        // All but uniform over six pairs.
        Assert.Equal(Math.Log(6), value[0], 1e-3);
    }

    [Fact]
    public void FittedValuesAreForBcHgInGames()
    {
        Assert.Equal(
            "estimator.follower_values: estimator.name = bc-hg reads it, hpgd does not (override estimator.follower_values=fitted)",
            Assert.Throws<InvalidInputException>(
                () => ConfigFile.Resolve("random-game", ["estimator.name=hpgd", "estimator.follower_values=fitted"])).Message);
        using CpuBackend backend = new(1);
        IHypergradientEstimator fitted = new BcHgEstimator { FollowerValues = FollowerValuesKind.Fitted };
        Assert.StartsWith("bc-hg: values of the follower fitted", Assert.Throws<InvalidInputException>(
            () => new Leader(FourRooms.Create(), fitted, new LeaderOptions(), backend).Dispose()).Message);
    }

    [Fact]
    public void PoliciesOfASmallGameAreATable()
    {
        using CpuBackend backend = new(1);
        DiscreteToy game = DiscreteToy.Create();
        ReportTable table = GameMaps.Policies(game, [0, Math.Log(3), 0, 0, 0, 0], "before", backend)!;
        Assert.Equal(["state (before)", "leader plays", "f(a|s)", "g(s|s,a)", "g(a|s,a)", "g(b|s,a)"], table.Header);
        Assert.Equal(["S", "1", "0.750"], table.Rows[1][..3]);
        Assert.Equal(["A", "0", "0.500"], table.Rows[2][..3]);
        Assert.All(table.Rows, row => Assert.Equal(1, row[3..].Sum(double.Parse), 0.002));
        Assert.Null(GameMaps.Policies(WarehouseGame.Create(), new double[WarehouseGame.Create().ParameterCount], "before", backend));
    }

    [Fact]
    public void BothCartsAreSomewhereAllTheTime()
    {
        using CpuBackend backend = new(1);
        WarehouseGame game = WarehouseGame.Create(new WarehouseGameOptions { Rows = 3, Columns = 5, ShelfColumns = 1, GammaLeader = 0.8 });
        GridMap[] maps = [.. GameMaps.Occupancies(game, game, new double[game.ParameterCount], "Before", backend)];
        Assert.Equal(["Where the leader's cart goes", "Where the follower's cart goes"], maps.Select(map => map.Group));
        foreach (GridMap map in maps)
        {
            Assert.Equal(1 / (1 - 0.8), map.Values.Where(double.IsFinite).Sum(), 1e-6);
            Assert.Equal(2, map.Walls.Count(wall => wall));
        }
    }

    [Theory]
    [InlineData("discrete-toy", "Policies are those of the seed")]
    [InlineData(
        "warehouse-game", "Where the follower", "warehouse_game.rows=3", "warehouse_game.columns=5", "warehouse_game.shelf_columns=1")]
    public void ARunHasAReport(string preset, string shown, params string[] settings)
    {
        string folder = _folder[preset];
        using Run run = Run.Begin(ConfigFile.Resolve(preset, ["iterations=3", "seeds=2", .. settings]), folder);
        RunSummary summary = run.Execute(null, CancellationToken.None);
        Assert.True(summary.Completed);
        Assert.Contains(shown, File.ReadAllText(Path.Combine(folder, "report.html")));
    }
}
