using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Problems;

public class ToyWorldTests
{
    private const double Cold = 1e-5;

    public static TheoryData<string> Names => ["frozen-lake", "frozen-lake 8x8", "cliff-walking", "cliff-walking with slip", "taxi"];

    [Theory, MemberData(nameof(Names))]
    public void GradientsAreDerivatives(string name)
    {
        FiniteProblem problem = name switch
        {
            "frozen-lake" => ToyWorlds.FrozenLake(),
            "frozen-lake 8x8" => ToyWorlds.FrozenLake(new FrozenLakeOptions { Map = Large, Temperature = 0.1 }),
            "cliff-walking" => ToyWorlds.CliffWalking(),
            "cliff-walking with slip" => ToyWorlds.CliffWalking(new CliffWalkingOptions { Slip = 0.2, Rows = 3, Columns = 5 }),
            _ => ToyWorlds.Taxi(),
        };
        double[] x = Solved.Start(problem, 4);
        // The cost |y| has no derivative at x = 0.
        for (int i = 0; i < x.Length; i++) x[i] += x[i] < 0 ? -0.1 : 0.1;
        double error = GradientCheck.Worst(problem, x, 2e-3);
        Assert.True(error < 2e-6, $"{name}: {error:E2}");
    }

    /// <summary>A follower without entropy or incentives has the values that are known of these worlds.</summary>
    [Fact]
    public void OptimalValuesAreTheKnownOnes()
    {
        // At discount 0.99 the slippery 4 × 4 lake is worth 0.5420; at 1 its goal is reached with probability 14/17, by a policy that
        // wanders for 10¹² steps: row sums that are one but for rounding move values by hundredths.
        Assert.Equal(
            0.5420, Value(ToyWorlds.FrozenLake(new FrozenLakeOptions { Gamma = 0.99, Temperature = Cold, WeightDeviation = 0 })), 3);
        Assert.Equal(
            14.0 / 17, Value(ToyWorlds.FrozenLake(new FrozenLakeOptions { Gamma = 1, Temperature = Cold, WeightDeviation = 0 })), 0.01);
        Assert.Equal(
            0.4146,
            Value(ToyWorlds.FrozenLake(new FrozenLakeOptions { Map = Large, Gamma = 0.99, Temperature = Cold, WeightDeviation = 0 })), 2);

        // Thirteen steps along the edge.
        Assert.Equal(-13, Value(ToyWorlds.CliffWalking(new CliffWalkingOptions { Gamma = 1, Temperature = Cold, WeightDeviation = 0 })), 2);
        Assert.Equal(
            -(1 - Math.Pow(0.9, 13)) / 0.1,
            Value(ToyWorlds.CliffWalking(new CliffWalkingOptions { Gamma = 0.9, Temperature = Cold, WeightDeviation = 0 })), 3);

        // The mean over the 300 starts that Taxi's leader boards know as the optimum.
        Assert.Equal(7.93, Value(ToyWorlds.Taxi(new TaxiOptions { Gamma = 1, Temperature = Cold, WeightDeviation = 0 })), 2);
    }

    [Fact]
    public void TransitionsAreThoseOfTheDocumentation()
    {
        // Lake: from 14, right of which is the goal, down slips to 13, stays, or ends the episode.
        ToyGrid lake = ToyWorlds.FrozenLake();
        Assert.Equal([(13, 0.333333333333), (14, 0.333333333333)], Row(lake, 14, 1));
        Assert.Equal([], Row(lake, 5, 0));
        Assert.Equal([(0, 0.666666666667), (4, 0.333333333333)], Row(lake, 0, 0));

        // Cliff: right of the start one falls, and is back; down from above the goal the episode ends.
        ToyGrid cliff = ToyWorlds.CliffWalking();
        Assert.Equal([(36, 1.0)], Row(cliff, 36, 1));
        Assert.Equal([(24, 1.0)], Row(cliff, 36, 0));
        Assert.Equal([], Row(cliff, 35, 2));

        // Taxi at (0, 0), passenger at the red stand 0, destination green 1: state 1. It picks up into 17; a wall is right of (0, 1).
        ToyWorld taxi = ToyWorlds.Taxi();
        Assert.Equal([(17, 1.0)], Row(taxi, 1, 4));
        Assert.Equal([(1, 1.0)], Row(taxi, 1, 5));
        Assert.Equal([(21, 1.0)], Row(taxi, 21, 2));
        Assert.Equal([(121, 1.0)], Row(taxi, 21, 0));
        Assert.Equal([], Row(taxi, (((0 * 5) + 4) * 20) + 16 + 1, 5));
        using Solved solved = new(taxi);
        double[] initial = solved.AtStart().Read(solved.Mdp.Initial, 500);
        Assert.Equal(300, initial.Count(p => p > 0));
        Assert.Equal(1, initial.Sum(), 12);
    }

    [Fact]
    public void ConstantsOutOfRangeAreRefused()
    {
        Assert.Equal(
            "frozen-lake: slip = 2; expected a number in [0, 1]", Refusal(() => ToyWorlds.FrozenLake(new FrozenLakeOptions { Slip = 2 })));
        Assert.Equal(
            "frozen-lake: map (0, 1) is 'X'; expected S, F, H or G",
            Refusal(() => ToyWorlds.FrozenLake(new FrozenLakeOptions { Map = ["SXG"] })));
        Assert.Equal(
            "frozen-lake: map has no G; expected a start (S) and a goal (G)",
            Refusal(() => ToyWorlds.FrozenLake(new FrozenLakeOptions { Map = ["SFF"] })));
        Assert.Equal(
            "frozen-lake: map lines differ in length, or are empty; expected a rectangle",
            Refusal(() => ToyWorlds.FrozenLake(new FrozenLakeOptions { Map = ["SG", "F"] })));
        Assert.Equal(
            "cliff-walking: rows = 1; expected an integer of at least 2",
            Refusal(() => ToyWorlds.CliffWalking(new CliffWalkingOptions { Rows = 1 })));
        Assert.Equal(
            "taxi: incentive_range = [1, 0]; expected [low, high] with low < high",
            Refusal(() => ToyWorlds.Taxi(new TaxiOptions { IncentiveRange = [1, 0] })));
    }

    private static IReadOnlyList<string> Large { get; } =
        ["SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"];

    private static double Value(FiniteProblem problem)
    {
        using Solved solved = new(problem, tolerance: 1e-10);
        solved.AtStart();
        double[] v = solved.Read(solved.Response.V, solved.States), initial = solved.Read(solved.Mdp.Initial, solved.States);
        return v.Zip(initial, (value, p) => value * p).Sum();
    }

    private static (int Next, double P)[] Row(FiniteProblem problem, int s, int a)
    {
        SparseMatrix matrix = problem.Transitions.Matrix;
        int row = (s * problem.Transitions.Actions) + a;
        return [.. Enumerable.Range((int)matrix.Offsets[row], (int)(matrix.Offsets[row + 1] - matrix.Offsets[row]))
            .Select(k => (matrix.Columns[k], Math.Round(matrix.Values[k], 12)))];
    }

    private static string Refusal(Action action) => Assert.Throws<InvalidInputException>(action).Message;
}
