using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Leaders;

public class OptimizerTests
{
    private static readonly IncentiveProblem Problem = LinearProblem.Create("random", RandomProblem.Generate(3, new RandomProblemOptions { States = 10, Parameters = 4 }));

    private static double[] Gradient
    {
        get
        {
            using Solved solved = new(Problem);
            return solved.AtStart().Gradient();
        }
    }

    [Fact]
    public void SgdStepsAlongTheGradient() =>
        Close.Within(1e-9, Close.Sum(Solved.Start(Problem), [.. Gradient.Select(g => 0.1 * g)]), OneStep(new LeaderOptions { GradientClip = double.PositiveInfinity }), "x");

    [Fact]
    public void ALongGradientIsScaledDownToTheClip()
    {
        double norm = Close.Norm(Gradient);
        double[] step = Close.Difference(OneStep(new LeaderOptions { GradientClip = norm / 2 }), Solved.Start(Problem));
        Close.Within(1e-9, [.. Gradient.Select(g => 0.05 * g)], step, "step");
    }

    [Fact]
    public void TheFirstStepOfAdamIsTheRateAlongEverySign()
    {
        double[] step = Close.Difference(OneStep(new LeaderOptions { Optimizer = OptimizerKind.Adam }), Solved.Start(Problem));
        Close.Within(1e-5, [.. Gradient.Select(g => 0.1 * Math.Sign(g))], step, "step");
    }

    [Fact]
    public void TheProjectionHasTheLastWord() =>
        Assert.All(OneStep(new LeaderOptions { Projection = (engine, x) => engine.Fill(x, 0.25) }), value => Assert.Equal(0.25, value));

    private static double[] OneStep(LeaderOptions options)
    {
        using CpuBackend backend = new(1);
        using Leader leader = new(Problem, new Exact(), options with { Follower = new() { Tolerance = 1e-13 } }, backend);
        leader.Step();
        return leader.Parameters();
    }
}
