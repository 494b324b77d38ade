using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Tests.Leaders;

public class NeighbourTests
{
    [Theory]
    [InlineData(Precision.F64)]
    [InlineData(Precision.F32)]
    public void ALeadersBitsDoNotDependOnItsNeighboursTemperature(Precision precision)
    {
        Assert.Equal(After(precision, 0.2), After(precision, 3000));
    }

    /// <summary>x of the leader at temperature 0.1 after ten exact steps beside one at another temperature.</summary>
    private static double[] After(Precision precision, double neighbour)
    {
        using CpuBackend backend = new(1, 256);
        Problem problem = LinearProblem.Create("random", RandomProblem.Generate(3, new RandomProblemOptions { States = 20 }));
        LeaderOptions options = new()
        {
            Leaders = [new LeaderSetting(1, 0.1, 0.1), new LeaderSetting(1, 0.1, neighbour)],
            Precision = precision,
            Follower = new() { Tolerance = 1e-9 },
        };
        using Leader leader = new(problem, new Exact(), options, backend);
        foreach (Leader step in leader.Steps(10)) Assert.True(step.Iteration > 0);
        return leader.Parameters(0);
    }
}
