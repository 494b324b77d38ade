using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Experiments.Reports;
using FastHyper.Problems;

namespace FastHyper.Tests.Experiments;

public class PortraitTests
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

    private static double Visits(FourRoomsOptions options) =>
        Draw(FourRooms.Create(options with { Gamma = 0.9, GammaLeader = 0.9, Temperature = 0.05 }))[1].Values.Where(double.IsFinite).Sum();

    private static GridMap[] Draw(FourRooms problem)
    {
        using Backend backend = new CpuBackend(1);
        return [.. Portrait.Draw(problem, problem, new double[problem.ParameterCount], "any", backend)];
    }
}
