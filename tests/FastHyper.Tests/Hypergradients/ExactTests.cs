using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Reference.Dense;
using FastHyper.Tests.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

public class ExactTests
{
    private const double Tolerance = 2e-6;

    private static readonly FourRoomsOptions Warm = new() { Temperature = 0.03, WeightDeviation = 0.5, Slip = 0.2, Beta = 2 };

    public static TheoryData<string> Variants => [.. FourRoomsVariants.Keys];

    private static Dictionary<string, FourRoomsOptions> FourRoomsVariants { get; } = new()
    {
        ["softmax"] = Warm,
        ["positive softmax"] = Warm with { IncentiveScale = 0.3 },
        ["negative sigmoid"] = Warm with { Incentive = IncentiveKind.Sigmoid },
        ["positive sigmoid"] = Warm with { Incentive = IncentiveKind.Sigmoid, IncentiveRange = [0, 0.1] },
        ["sigmoid of both signs"] = Warm with { Incentive = IncentiveKind.Sigmoid, IncentiveRange = [-0.2, 0.1], WeightDeviation = 4 },
        ["two goals"] = Warm with { Goals = [[1, 9], [11, 11]] },
        ["doors by chance"] = Warm with { DoorsClosed = [0.3, 0, 0, 0] },
        ["published constants"] = new() { WeightDeviation = 1 },
        ["no slip, no cost"] = Warm with { Slip = 0, Beta = 0 },
        ["myopic follower"] = Warm with { Gamma = 0 },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void IsTheDerivativeOfTheObjectiveInFourRooms(string variant)
    {
        FourRooms problem = FourRooms.Create(FourRoomsVariants[variant]);
        double[] x = Solved.Start(problem, 3);
        if (variant == "sigmoid of both signs") AwayFromTheKink(x);
        double error = GradientCheck.Worst(problem, x, 2e-3);
        Assert.True(error < Tolerance, $"{variant}: {error:E2}");
    }

    [Fact]
    public void IsTheDerivativeWhereTheLeaderControlsTransitionsAndTheStart()
    {
        foreach (double temperature in (double[])[0.05, 0.2, 2])
        {
            OwnProblemExample problem = new(temperature: temperature);
            double error = GradientCheck.Worst(problem, Solved.Start(problem), 2e-3 * Math.Min(1, temperature));
            Assert.True(error < Tolerance, $"temperature {temperature}: {error:E2}");
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0.9, 1)]
    [InlineData(1, 0.9)]
    public void IsTheDerivativeWithoutDiscountWhereEveryStepMayEnd(double gamma, double gammaLeader)
    {
        IncentiveProblem problem = LinearProblem.Create("undiscounted", RandomProblem.Generate(4, new RandomProblemOptions
        {
            States = 12,
            Parameters = 6,
            Termination = 0.15,
            Gamma = gamma,
            GammaLeader = gammaLeader,
        }));
        double error = GradientCheck.Worst(problem, Solved.Start(problem), 1e-3);
        Assert.True(error < Tolerance, $"{error:E2}");
    }

    [Fact]
    public void IsTheDenseOneOfRandomProblems() => RandomCase.Check(60, c =>
    {
        ReferenceAnswer exact = ReferenceAnswer.Of(c.Data())!;
        (double[] direct, double[] response) = (exact.Direct.Values, exact.Response.Values);
        using Solved solved = new(c.Problem());
        (double[] actualDirect, double[] actualResponse) = solved.AtStart().Parts();
        double scale = Math.Max(Close.Largest(direct), Close.Largest(response)) + 1e-3;
        Assert.True(Close.Largest(Close.Difference(actualDirect, direct)) < 1e-8 * scale, "direct");
        Assert.True(Close.Largest(Close.Difference(actualResponse, response)) < 1e-8 * scale, "response");
    });

    /// <summary>−0.2 + 0.3 σ(w) is zero at w = log 2, where the cost |y| has no derivative.</summary>
    private static void AwayFromTheKink(double[] weights)
    {
        for (int i = 0; i < weights.Length; i++)
            if (Math.Abs(weights[i] - Math.Log(2)) < 0.2) weights[i] += 0.5;
        Assert.Contains(weights, w => w > Math.Log(2));
        Assert.Contains(weights, w => w < Math.Log(2));
    }
}
