using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Experiments.Reports;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Experiments;

public class GridMapsTests
{
    [Fact]
    public void AFollowerBehindClosedDoorsVisitsForEver() =>
        Assert.Equal(1 / (1 - 0.9), Visits(new FourRoomsOptions { DoorsClosed = [1, 1, 1, 1] }), 1e-6);

    [Fact]
    public void AFollowerThatStartsAtItsGoalVisitsOnce() => Assert.Equal(1, Visits(new FourRoomsOptions { Start = [1, 9] }), 1e-6);

    [Fact]
    public void VisitsAreAveragedOverContexts() =>
        Assert.Equal((0.5 * 1) + (0.5 * 10), Visits(new FourRoomsOptions { Goals = [[4, 1], [11, 11]], DoorsClosed = [1, 1, 1, 1] }), 1e-6);

    [Fact]
    public void IncentivesAreThoseOfTheProblem()
    {
        FourRooms problem = FourRooms.Create();
        GridMap map = Draw(problem)[0];
        // Without weights all cells and the unused slot share the scale.
        Assert.All(map.Values.Where(double.IsFinite), value => Assert.Equal(-0.2 / problem.ParameterCount, value, 1e-12));
        Assert.Equal(problem.ParameterCount - 1, map.Values.Count(double.IsFinite));
    }

    [Fact]
    public void LayersHaveMapsOfTheirOwn()
    {
        Warehouse problem = Warehouse.Create(Quick);
        GridMap[] maps = Draw(problem, problem);
        Assert.Equal(
            ["Prices", "Where the follower goes to fetch goods", "Where the follower goes to deliver them"], maps.Select(map => map.Group));
        Assert.Equal(1 / (1 - 0.5), maps.Skip(1).Sum(map => map.Values.Where(double.IsFinite).Sum()), 1e-6);
        foreach (GridMap map in maps)
        {
            Assert.Equal(400 - problem.ParameterCount, map.Walls.Count(wall => wall));
            Assert.Equal(problem.ParameterCount, map.Values.Count(double.IsFinite));
            Assert.Equal(new GridFrame(10, 8, 8, 4), Assert.Single(map.Frames));
            Assert.Equal("DDDDDDDDPP", string.Concat(map.Marks.Select(mark => mark.Label).Order()));
            Assert.All(map.Marks, mark => Assert.False(map.Walls[(mark.Row * 20) + mark.Column]));
        }

        // In the first map, a probability for each direction of each free cell.
        Assert.Equal(problem.ParameterCount, maps[1].Policy!.Sum(), 1e-9);
    }

    [Fact]
    public void ALargeGridIsDrawnSmall()
    {
        Warehouse problem = Warehouse.Create(Quick with { Rows = 200, Columns = 300, Start = WarehouseStart.Aisles });
        GridMap[] maps = Draw(problem, problem);
        Assert.All(maps, map => Assert.Null(map.Policy));
        // 30 docks are marked, more than 1800 delivery cells are not.
        Assert.Equal(30, maps[0].Marks.Count);
        string svg = SvgFigure.Render(maps);
        Assert.InRange(svg.Length, 1, 500_000);
        Assert.Contains("each square averages 3 × 3 cells", svg, StringComparison.Ordinal);
    }

    private static WarehouseOptions Quick { get; } = new() { Gamma = 0.5, GammaLeader = 0.5 };

    private static double Visits(FourRoomsOptions options) =>
        Draw(FourRooms.Create(options with { Gamma = 0.9, GammaLeader = 0.9, Temperature = 0.05 }))[1].Values.Where(double.IsFinite).Sum();

    private static GridMap[] Draw(FourRooms problem) => Draw(problem, problem);

    private static GridMap[] Draw(FiniteProblem problem, IGridProblem grid)
    {
        using Backend backend = new CpuBackend(1);
        return [.. GridMaps.Draw(problem, grid, new double[problem.ParameterCount], "any", backend)];
    }
}
