using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Backends.OpenCl;

namespace FastHyper.Tests.Leaders;

/// <summary>A leader's bits do not depend on which others run beside it.</summary>
public sealed class NeighbourTests(OpenClFixture openCl) : IClassFixture<OpenClFixture>
{
    [Theory]
    [InlineData(Precision.F64)]
    [InlineData(Precision.F32)]
    public void ALeadersBitsDoNotDependOnItsNeighboursTemperature(Precision precision)
    {
        Assert.Equal(After(precision, 0.2), After(precision, 3000));
    }

    [Theory]
    [InlineData("random", Precision.F64), InlineData("random", Precision.F32)]
    [InlineData("four-rooms", Precision.F64), InlineData("four-rooms", Precision.F32)]
    [InlineData("mixing", Precision.F64), InlineData("mixing", Precision.F32)]
    public void ALeadersBitsAreThoseOfOneAlone(string problem, Precision precision)
    {
        using CpuBackend backend = new(1, 256);
        BitsAreThoseOfOneAlone(problem, precision, backend);
    }

    [Theory]
    [InlineData("random", Precision.F64), InlineData("random", Precision.F32)]
    [InlineData("four-rooms", Precision.F64), InlineData("four-rooms", Precision.F32)]
    public void ALeadersBitsAreThoseOfOneAloneOnOpenCl(string problem, Precision precision) =>
        BitsAreThoseOfOneAlone(problem, precision, openCl.Backend);

    private static void BitsAreThoseOfOneAlone(string problem, Precision precision, Backend backend)
    {
        double[] alone = Lead(Make(problem), backend, precision, [new LeaderSetting(1, 0.1)]);
        foreach (double[] rates in (double[][])[[0.03], [1, 10], [0.001, 0.3, 3, 30]])
            Assert.Equal(
                alone,
                Lead(Make(problem), backend, precision, [new LeaderSetting(1, 0.1), .. rates.Select(rate => new LeaderSetting(1, rate))]));
    }

    /// <summary>Small MDPs, whose linear solves are direct on the processor, and one that is too full for that.</summary>
    private static IncentiveProblem Make(string problem) => problem switch
    {
        "random" => LinearProblem.Create("random", RandomProblem.Generate(3, new RandomProblemOptions { States = 20 })),
        "mixing" =>
            LinearProblem.Create(
                "random", RandomProblem.Generate(3, new RandomProblemOptions { States = 400, Successors = 20, Gamma = 0.9 })),
        _ => FourRooms.Create(new FourRoomsOptions { Temperature = 0.05, Gamma = 0.9, GammaLeader = 0.9 }),
    };

    /// <summary>x of the leader at temperature 0.1 after ten exact steps beside one at another temperature.</summary>
    private static double[] After(Precision precision, double neighbour)
    {
        using CpuBackend backend = new(1, 256);
        return Lead(Make("random"), backend, precision, [new LeaderSetting(1, 0.1, 0.1), new LeaderSetting(1, 0.1, neighbour)]);
    }

    /// <summary>x of the first leader after ten exact steps.</summary>
    private static double[] Lead(FiniteProblem problem, Backend backend, Precision precision, IReadOnlyList<LeaderSetting> leaders)
    {
        LeaderOptions options =
            new()
            {
                Leaders = leaders,
                Precision = precision,
                Layout = EngineLayout.Instances,
                GradientClip = double.PositiveInfinity,
                Follower = new() { Tolerance = 1e-9 },
            };
        using Leader leader = new(problem, new ExactEstimator(), options, backend);
        foreach (long step in leader.Steps(10)) Assert.True(step > 0);
        return leader.Parameters(0);
    }
}
