using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Leaders;

public class OptimizerTests
{
    private static readonly IncentiveProblem Problem = LinearProblem.Create(
        "random", RandomProblem.Generate(3, new RandomProblemOptions { States = 10, Parameters = 4 }));

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
        Close.Within(
            1e-9, Close.Sum(Solved.Start(Problem), [.. Gradient.Select(g => 0.1 * g)]),
            OneStep(new LeaderOptions()), "x");

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
    public void ThreeStepsOfAdamAreThoseByHand()
    {
        double[] x = Solved.Start(Problem), first = new double[4], second = new double[4];
        using Solved solved = new(Problem);
        for (int step = 1; step <= 3; step++)
        {
            double[] gradient = solved.At(x).Gradient();
            for (int i = 0; i < x.Length; i++)
            {
                first[i] = (0.9 * first[i]) + (0.1 * gradient[i]);
                second[i] = (0.999 * second[i]) + (0.001 * gradient[i] * gradient[i]);
                x[i] += 0.1 * first[i] / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.999, step))) + 1e-8);
            }
        }

        LeaderOptions options = new() { Optimizer = OptimizerKind.Adam, GradientClip = double.PositiveInfinity };
        Close.Within(1e-7, x, Steps(options, 3), "x");
    }

    [Fact]
    public void TheProjectionHasTheLastWord() =>
        Assert.All(OneStep(new LeaderOptions { Projection = (engine, x) => engine.Fill(x, 0.25) }), value => Assert.Equal(0.25, value));

    private static double[] OneStep(LeaderOptions options) => Steps(options, 1);

    private static double[] Steps(LeaderOptions options, int count)
    {
        using CpuBackend backend = new(1);
        using Leader leader = new(Problem, new ExactEstimator(), options with { Follower = new() { Tolerance = 1e-13 } }, backend);
        for (int i = 0; i < count; i++) leader.Step();
        return leader.Parameters();
    }
}
