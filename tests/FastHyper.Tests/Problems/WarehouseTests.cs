using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers.LinearSystems;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Problems;

public class WarehouseTests
{
    private static readonly WarehouseOptions Default = new();

    /// <summary>
    /// Four rows and three columns around one shelf: rows ".D.", ".#.", "...", ".P.", cells in reading order 0 to 11.
    /// </summary>
    private static readonly WarehouseOptions Tiny = Default with
    {
        Rows = 4,
        Columns = 3,
        ShelfRows = 1,
        ShelfColumns = 1,
        AisleWidth = 1,
        ApronRows = 1,
        DockSpacing = 2,
        Slip = 0.3,
        Zone = [2, 0, 1, 2],
        PickUpReward = 0.25,
        PriceRange = [0.02, 0.1],
        Gamma = 0.9,
        GammaLeader = 0.8,
        WeightMean = 0,
        WeightDeviation = 0,
    };

    /// <summary>Twelve rows and ten columns with four blocks.</summary>
    private static readonly WarehouseOptions Small = Default with
    {
        Rows = 12,
        Columns = 10,
        ShelfColumns = 3,
        AisleWidth = 1,
        DockSpacing = 5,
        Gamma = 0.9,
        GammaLeader = 0.85,
        Temperature = 0.1,
        WeightDeviation = 0.5,
    };

    [Theory]
    [InlineData(0, 0, "0:0.8 2:0.1 6:0.1")] // The corner, empty-handed, up.
    [InlineData(20, 0, "15:0.7 19:0.1 21:0.1 23:0.1")] // From the dock every successor carries.
    [InlineData(21, 0, "15:0.7 19:0.1 21:0.1 23:0.1")] // Nothing more is picked up there.
    [InlineData(3, 2, "0:0.1 2:0.8 4:0.1")] // Into the shelf below the delivery cell, goods delivered.
    [InlineData(2, 1, "0:0.1 2:0.2 4:0.7")] // Without goods the delivery cell is any other.
    [InlineData(14, 2, "12:0.1 14:0.1 16:0.1 20:0.7")]
    [InlineData(8, 3, "")] // A shelf.
    [InlineData(9, 3, "")]
    public void AStepOfTheTinyOneIsThatOfItsPicture(int state, int action, string expected)
    {
        SparseMatrix p = Warehouse.Create(Tiny).Transitions.Matrix;
        int row = (4 * state) + action;
        Assert.Equal(expected, string.Join(' ', Enumerable.Range((int)p.Offsets[row], (int)(p.Offsets[row + 1] - p.Offsets[row]))
            .Select(k => FormattableString.Invariant($"{p.Columns[k]}:{p.Values[k]:0.###}"))));
    }

    [Fact]
    public void RewardsOfTheTinyOneAreTheirFormulas()
    {
        Warehouse problem = Warehouse.Create(Tiny);
        Assert.Equal((24, 4, 11), (problem.Transitions.States, problem.Transitions.Actions, problem.ParameterCount));
        using Solved solved = new(problem);
        double[] x = [.. Enumerable.Range(0, 11).Select(i => (0.3 * i) - 1)];
        double[] reward = solved.At(x).Read(solved.Mdp.Reward, 96), leader = solved.Read(solved.Mdp.LeaderReward, 96),
            initial = solved.Read(solved.Mdp.Initial, 24);
        for (int row = 0; row < 96; row++)
        {
            int cell = row / 8;
            bool carrying = row / 4 % 2 == 1, delivers = carrying && cell == 1, picks = !carrying && cell == 10, crowded = cell is 6 or 7;
            double price = 0.02 + (0.08 / (1 + Math.Exp(-x[cell > 4 ? cell - 1 : Math.Min(cell, 3)])));
            Assert.Equal(cell == 4 ? 0 : (delivers ? 1 : 0) + (picks ? 0.25 : 0) - 0.01 - price, reward[row], 1e-12);
            Assert.Equal(cell == 4 ? 0 : (delivers ? 1 : 0) - (crowded ? 0.4 : 0) - (0.1 * price), leader[row], 1e-12);
        }

        Assert.Equal(Enumerable.Range(0, 24).Select(s => s == 20 ? 1.0 : 0), initial);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(1)]
    public void RowsAreDistributionsExceptInShelves(double slip)
    {
        Warehouse problem = Warehouse.Create(Default with { Slip = slip });
        SparseMatrix p = problem.Transitions.Matrix;
        Assert.Equal(800, problem.Transitions.States);
        Assert.All(p.Values, probability => Assert.True(probability > 0));
        int shelves = 0;
        for (int row = 0; row < p.RowCount; row++)
        {
            int cell = row / 8;
            bool shelf = problem.Grid.CellOfState[row / 4] < 0;
            shelves += shelf ? 1 : 0;
            Assert.Equal(shelf ? 0 : 1, p.Values[(int)p.Offsets[row]..(int)p.Offsets[row + 1]].Sum(), 1e-12);
            for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
            {
                Assert.True(k == p.Offsets[row] || p.Columns[k] > p.Columns[k - 1]);
                Assert.Contains((p.Columns[k] / 2) - cell, (int[])[-20, -1, 0, 1, 20]);
                Assert.True(problem.Grid.CellOfState[p.Columns[k]] >= 0);
            }
        }

        Assert.Equal(8 * (400 - problem.ParameterCount), shelves);
    }

    [Fact]
    public void NeighboursLieAtConstantOffsets()
    {
        SparseMatrix p = Warehouse.Create(Default).Transitions.Matrix;
        foreach (int state in (int[])[2 * ((9 * 20) + 9), (2 * ((17 * 20) + 5)) + 1])
            Assert.Equal(
                [state - 40, state - 2, state + 2, state + 40], p.Columns[(int)p.Offsets[4 * state]..(int)p.Offsets[(4 * state) + 1]]);
    }

    [Fact]
    public void TheLeaderBearsItsShareOfEveryPrice()
    {
        Warehouse problem = Warehouse.Create(Default);
        using Solved solved = new(problem);
        double[] x = Solved.Start(problem), moved = [.. x];
        moved[0] += 1;
        double[] r = solved.At(x).Read(solved.Mdp.Reward, 3200), l = solved.Read(solved.Mdp.LeaderReward, 3200);
        double[] r1 = solved.At(moved).Read(solved.Mdp.Reward, 3200), l1 = solved.Read(solved.Mdp.LeaderReward, 3200);
        for (int row = 0; row < 3200; row++) Assert.Equal(0.1 * (r1[row] - r[row]), l1[row] - l[row], 1e-12);
    }

    public static TheoryData<string, WarehouseOptions> Changes => new()
    {
        { "rows", Default with { Rows = 22 } },
        { "columns", Default with { Columns = 21 } },
        { "shelf_rows", Default with { ShelfRows = 3 } },
        { "shelf_columns", Default with { ShelfColumns = 4 } },
        { "aisle_width", Default with { AisleWidth = 3 } },
        { "apron_rows", Default with { ApronRows = 4 } },
        { "dock_spacing", Default with { DockSpacing = 7 } },
        { "demand", Default with { Demand = 0.5 } },
        { "demand_seed", Default with { DemandSeed = 2 } },
        { "start", Default with { Start = WarehouseStart.Aisles } },
        { "slip", Default with { Slip = 0.2 } },
        { "delivery_reward", Default with { DeliveryReward = 2 } },
        { "pick_up_reward", Default with { PickUpReward = 0.1 } },
        { "price_range", Default with { PriceRange = [0, 0.2] } },
        { "throughput_reward", Default with { ThroughputReward = 2 } },
        { "zone", Default with { Zone = [9, 2, 3, 4] } },
        { "congestion_cost", Default with { CongestionCost = 0.1 } },
        { "price_weight", Default with { PriceWeight = 1 } },
        { "weight_mean", Default with { WeightMean = 0 } },
        { "weight_deviation", Default with { WeightDeviation = 1 } },
        { "gamma", Default with { Gamma = 0.9 } },
        { "gamma_leader", Default with { GammaLeader = 0.9 } },
        { "temperature", Default with { Temperature = 0.05 } },
    };

    private static double Objective(WarehouseOptions options)
    {
        using Solved solved = new(Warehouse.Create(options), tolerance: 1e-9);
        return solved.AtStart().Objectives()[0];
    }

    private static readonly Lazy<double> Unchanged = new(() => Objective(Default));

    [Theory, MemberData(nameof(Changes))]
    public void EveryOptionChangesTheObjective(string name, WarehouseOptions options)
    {
        Assert.NotEmpty(name);
        Assert.True(Math.Abs(Objective(options) - Unchanged.Value) > 1e-5);
    }

    [Fact]
    public void AStepsCostShiftsTheFollowersValuesAlone()
    {
        using Solved cheap = new(Warehouse.Create(Tiny)), dear = new(Warehouse.Create(Tiny with { StepCost = 0.06 }));
        double[] v = cheap.AtStart().Read(cheap.Response.V, 24), w = dear.AtStart().Read(dear.Response.V, 24);
        for (int s = 0; s < 24; s++) Assert.Equal(s is 8 or 9 ? 0 : 0.05 / (1 - 0.9), v[s] - w[s], 1e-9);
        Assert.Equal(cheap.Objectives()[0], dear.Objectives()[0], 1e-9);
    }

    public static TheoryData<string, Func<WarehouseOptions>> BadConstants => new()
    {
        { "rows = 0", () => Default with { Rows = 0 } },
        { "rows = 5; expected at least 8", () => Default with { Rows = 5 } },
        { "columns = 9; expected at least 10", () => Default with { Columns = 9 } },
        { "columns = 4001", () => Default with { Columns = 4001 } },
        { "shelf_rows", () => Default with { ShelfRows = 0 } },
        { "shelf_columns", () => Default with { ShelfColumns = -1 } },
        { "aisle_width", () => Default with { AisleWidth = 0 } },
        { "apron_rows", () => Default with { ApronRows = 0 } },
        { "dock_spacing", () => Default with { DockSpacing = 0 } },
        { "dock_spacing = 40", () => Default with { DockSpacing = 40 } },
        { "demand = 1.5", () => Default with { Demand = 1.5 } },
        { "no block has a delivery cell", () => Default with { Demand = 0 } },
        { "demand_seed", () => Default with { DemandSeed = -1 } },
        { "slip", () => Default with { Slip = double.NaN } },
        { "slip", () => Default with { Slip = 1.1 } },
        { "delivery_reward", () => Default with { DeliveryReward = double.NaN } },
        { "pick_up_reward", () => Default with { PickUpReward = double.PositiveInfinity } },
        { "step_cost", () => Default with { StepCost = double.NaN } },
        { "price_range", () => Default with { PriceRange = [0.1, 0.1] } },
        { "price_range", () => Default with { PriceRange = [0] } },
        { "price_range", () => Default with { PriceRange = [double.NegativeInfinity, 0] } },
        { "throughput_reward", () => Default with { ThroughputReward = double.NaN } },
        { "zone = [0, 0, 21, 1]", () => Default with { Zone = [0, 0, 21, 1] } },
        { "zone", () => Default with { Zone = [-1, 0, 2, 2] } },
        { "zone", () => Default with { Zone = [0, 20, 1, 1] } },
        { "zone", () => Default with { Zone = [0, 0, 0, 1] } },
        { "zone", () => Default with { Zone = [1, 1, int.MaxValue, 1] } },
        { "zone", () => Default with { Zone = [1, 1] } },
        { "congestion_cost", () => Default with { CongestionCost = double.NaN } },
        { "price_weight", () => Default with { PriceWeight = double.NegativeInfinity } },
        { "weight_mean", () => Default with { WeightMean = double.NaN } },
        { "weight_deviation", () => Default with { WeightDeviation = -1 } },
        { "gamma", () => Default with { Gamma = 1 } },
        { "gamma_leader", () => Default with { GammaLeader = 1 } },
        { "temperature", () => Default with { Temperature = -1 } },
    };

    [Theory, MemberData(nameof(BadConstants))]
    public void ABadConstantIsRefusedByName(string name, Func<WarehouseOptions> options)
    {
        string message = Assert.Throws<InvalidInputException>(() => Warehouse.Create(options())).Message;
        Assert.Contains(name, message, StringComparison.Ordinal);
        Assert.Contains("expected", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData(WarehouseStart.Docks)]
    [InlineData(WarehouseStart.Aisles)]
    public void TheExactGradientIsThatOfTheObjective(WarehouseStart start)
    {
        Warehouse problem = Warehouse.Create(Small with { Start = start });
        Assert.InRange(Support.GradientCheck.Worst(problem, Solved.Start(problem), 1e-3), 0, 1e-8);
    }

    [Fact]
    public void BothLanesGiveTheSameGradient()
    {
        Warehouse problem = Warehouse.Create(Small);
        using Solved states = new(problem, layout: EngineLayout.States), instances = new(problem, layout: EngineLayout.Instances);
        Close.Within(1e-9, states.AtStart().Gradient(), instances.AtStart().Gradient(), "gradient");
    }

    /// <summary>Five standard errors in each of some 80 prices: less than one choice of seeds in ten thousand would fail.</summary>
    [Fact]
    public void TheMeanOfBcHgIsTheExactGradient()
    {
        Warehouse problem = Warehouse.Create(Small with { Gamma = 0.8, GammaLeader = 0.8, Start = WarehouseStart.Aisles });
        using Solved solved = new(problem);
        (double[] direct, double[] response) = solved.AtStart().Parts();
        BcHgEstimator estimator = new()
        {
            Sampling = new SamplingOptions { Steps = 2000, EpisodeLimit = 100 },
            Critic = new CriticOptions { Kind = CriticKind.Exact },
            AverageVisits = false,
        };
        using Estimates estimates = new(problem, estimator, 512, Solved.Start(problem));
        estimates.Run(1);
        estimates.Direct.AgreesWith(direct, 0.1, "direct");
        estimates.Response.AgreesWith(response, 0.1, "response");
    }

    [Fact]
    public void TheLeaderDrawsTheFollowerOutOfTheZone()
    {
        Warehouse problem = Warehouse.Create();
        using CpuBackend backend = new(1);
        LeaderOptions options = new()
        {
            Leaders = LeaderOptions.Seeds(1, 1, 0.1),
            Optimizer = OptimizerKind.Adam,
            Follower = new() { Tolerance = 1e-5 },
        };
        using Leader leader = new(problem, new ExactEstimator(1e-6), options, backend);
        using Solved solved = new(problem, tolerance: 1e-8);
        (double before, double crowdedBefore) = Outcome(solved, Solved.Start(problem));
        foreach (long _ in leader.Steps(80)) { }
        (double after, double crowdedAfter) = Outcome(solved, leader.Parameters(0));
        Assert.True(after > before + 2, $"{before} to {after}");
        Assert.True(crowdedAfter < 0.2 * crowdedBefore, $"{crowdedBefore} steps in the zone to {crowdedAfter}");
    }

    /// <summary>J, and discounted visits of the zone.</summary>
    private static (double Objective, double Crowded) Outcome(Solved solved, double[] x)
    {
        double objective = solved.At(x).Objectives()[0];
        using DeviceArray visits = solved.Mdp.Engine.Allocate(ArrayKind.State);
        new LinearSolves(solved.Mdp, new() { Tolerance = 1e-8 }).Adjoint(
            visits, solved.Response.Policy, solved.Mdp.Initial, solved.Mdp.Problem.LeaderDiscount);
        double[] d = solved.Read(visits, solved.States);
        GridWorld world = ((Warehouse)solved.Mdp.Problem).Grid;
        GridArea zone = world.Areas[0];
        return (objective, d.Where((_, s) => world.CellOfState[s] is int cell and >= 0
            && cell / 20 >= zone.Row && cell / 20 < zone.Row + zone.Rows && cell % 20 >= zone.Column
                && cell % 20 < zone.Column + zone.Columns).Sum());
    }
}
