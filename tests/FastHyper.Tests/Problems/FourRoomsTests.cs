using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Problems;

public class FourRoomsTests
{
    private static readonly FourRoomsOptions Published = new();

    [Theory]
    [InlineData(0.001, -0.741)]
    [InlineData(0.003, -0.726)]
    [InlineData(0.005, -0.667)]
    public void TheObjectiveAtZeroWeightsIsThePublishedOne(double temperature, double objective)
    {
        FourRooms problem = FourRooms.Create(Published with { Temperature = temperature });
        using Solved solved = new(problem);
        Assert.Equal(objective, solved.At(new double[105]).Objectives()[0], 5e-4);
    }

    [Fact]
    public void EveryRowSumsToOneExceptTheGoals()
    {
        foreach (double slip in (double[])[0, 0.44, 1])
        {
            FourRooms problem = FourRooms.Create(Published with { Slip = slip });
            Assert.Equal((104, 4), (problem.Transitions.States, problem.Transitions.Actions));
            int goal = Array.IndexOf(problem.Grid.CellOfState, (1 * 13) + 9);
            SparseMatrix matrix = problem.Transitions.Matrix;
            for (int row = 0; row < matrix.RowCount; row++)
                Assert.Equal(row / 4 == goal ? 0 : 1, matrix.Values[(int)matrix.Offsets[row]..(int)matrix.Offsets[row + 1]].Sum(), 1e-12);
        }
    }

    [Fact]
    public void WithoutSlipAnActionHasOneOutcome()
    {
        SparseMatrix matrix = FourRooms.Create(Published with { Slip = 0 }).Transitions.Matrix;
        Assert.All(matrix.Values, probability => Assert.Equal(1, probability));
        Assert.Equal(103 * 4, matrix.EntryCount);
    }

    [Fact]
    public void NobodyEntersADoorThatIsClosed()
    {
        FourRooms problem = FourRooms.Create(Published with { DoorsClosed = [1, 0, 0, 0] });
        int door = Array.IndexOf(problem.Grid.CellOfState, (3 * 13) + 6);
        Assert.DoesNotContain(door, Entered(problem.Transitions.Matrix, door));
        Assert.Single(problem.ContextProbabilities);
    }

    [Theory]
    [InlineData(IncentiveKind.Softmax)]
    [InlineData(IncentiveKind.Sigmoid)]
    public void TheIncentivesDrawnAreThoseTheFollowerGets(IncentiveKind kind)
    {
        FourRooms problem = FourRooms.Create(Published with { Incentive = kind, WeightDeviation = 1 });
        using Solved solved = new(problem);
        double[] reward = solved.AtStart().Read(solved.Mdp.Reward, 416);
        double[] incentives = Incentives(problem);
        int goal = Array.IndexOf(problem.Grid.CellOfState, (1 * 13) + 9);
        for (int s = 0; s < 104; s++) Assert.Equal(s == goal ? 1 : incentives[s], reward[4 * s], 1e-13);
    }

    [Fact]
    public void TheLeaderPaysForEveryIncentiveAtTheGoal()
    {
        FourRooms problem = FourRooms.Create(
            Published with { Incentive = IncentiveKind.Sigmoid, IncentiveRange = [-0.3, 0.2], WeightDeviation = 2 });
        using Solved solved = new(problem);
        double[] leader = solved.AtStart().Read(solved.Mdp.LeaderReward, 416);
        double[] incentives = Incentives(problem);
        int goal = Array.IndexOf(problem.Grid.CellOfState, (1 * 13) + 9), target = Array.IndexOf(problem.Grid.CellOfState, (8 * 13) + 4);
        for (int s = 0; s < 104; s++)
            Assert.Equal(s == goal ? -5 * incentives.Sum(Math.Abs) : s == target ? 1 : 0, leader[4 * s], 1e-12);
    }

    /// <summary>−0.2 softmax over cells and the unused slot, or a sigmoid for each cell, written out.</summary>
    private static double[] Incentives(FourRooms problem)
    {
        double[] x = Solved.Start(problem);
        double total = x.Sum(Math.Exp);
        double[] range = problem.Options.IncentiveRange;
        return
        [
            .. x.Take(104).Select(weight => problem.Options.Incentive == IncentiveKind.Softmax
                ? problem.Options.IncentiveScale * Math.Exp(weight) / total
                : range[0] + ((range[1] - range[0]) / (1 + Math.Exp(-weight)))),
        ];
    }

    [Fact]
    public void TheAveragedObjectiveIsTheMeanOfSingleGoals()
    {
        FourRoomsOptions options = Published with { Temperature = 0.005, WeightDeviation = 1 };
        int[][] goals = [[1, 9], [11, 11]];
        double Objective(params int[][] these)
        {
            using Solved solved = new(FourRooms.Create(options with { Goals = these }));
            return solved.AtStart().Objectives()[0];
        }

        Assert.Equal(goals.Average(goal => Objective(goal)), Objective(goals), 1e-10);
    }

    [Fact]
    public void ContextsAreDrawnAsOftenAsTheyAreLikely()
    {
        FourRooms problem = FourRooms.Create(Published with { DoorsClosed = [0.3, 0, 0, 0] });
        using Solved solved = new(problem, contextMode: ContextMode.Drawn);
        const int draws = 4000;
        int closed = 0;
        for (uint iteration = 0; iteration < draws; iteration++)
        {
            solved.Mdp.DrawContexts([7], iteration);
            closed += solved.Mdp.Contexts[0];
        }

        // 4 standard deviations of a binomial.
        Assert.InRange((double)closed / draws, 0.3 - 0.029, 0.3 + 0.029);
    }

    public static TheoryData<string, Func<FourRoomsOptions>> BadConstants => new()
    {
        { "map", () => Published with { Map = ["xxx", "x x", "xx"] } },
        { "map (0, 1)", () => Published with { Map = ["x x", "x x", "xxx"] } },
        { "start", () => Published with { Start = [0, 0] } },
        { "start", () => Published with { Start = [4] } },
        { "target", () => Published with { Target = [99, 1] } },
        { "goals", () => Published with { Goals = [] } },
        { "goals[1]", () => Published with { Goals = [[1, 9], [6, 0]] } },
        { "doors[0]", () => Published with { Doors = [[0, 0]], DoorsClosed = [0] } },
        { "doors_closed", () => Published with { DoorsClosed = [0] } },
        { "doors_closed[2]", () => Published with { DoorsClosed = [0, 0, 1.5, 0] } },
        { "slip", () => Published with { Slip = -0.1 } },
        { "slip", () => Published with { Slip = double.NaN } },
        { "incentive_scale", () => Published with { IncentiveScale = 0 } },
        { "incentive_range", () => Published with { Incentive = IncentiveKind.Sigmoid, IncentiveRange = [0.1, 0] } },
        { "incentive_range", () => Published with { Incentive = IncentiveKind.Sigmoid, IncentiveRange = [0, double.PositiveInfinity] } },
        { "weight_deviation", () => Published with { WeightDeviation = -1 } },
        { "weight_deviation", () => Published with { WeightDeviation = double.PositiveInfinity } },
        { "beta", () => Published with { Beta = double.NaN } },
        { "target_reward", () => Published with { TargetReward = double.PositiveInfinity } },
        { "goal_reward", () => Published with { GoalReward = double.NaN } },
        { "gamma", () => Published with { Gamma = 1.01 } },
        { "gamma_leader", () => Published with { GammaLeader = -0.1 } },
        { "temperature", () => Published with { Temperature = -1 } },
    };

    /// <summary>Cells entered with positive probability from another cell than the door.</summary>
    private static IEnumerable<int> Entered(SparseMatrix matrix, int door) =>
        matrix.Columns.Where((_, k) => matrix.Values[k] > 0 && (k < matrix.Offsets[4 * door] || k >= matrix.Offsets[(4 * door) + 4]));

    [Theory]
    [MemberData(nameof(BadConstants))]
    public void ABadConstantIsRefusedByName(string name, Func<FourRoomsOptions> options)
    {
        string message = Assert.Throws<InvalidInputException>(() => FourRooms.Create(options())).Message;
        Assert.Contains(name, message, StringComparison.Ordinal);
        Assert.Contains("expected", message, StringComparison.Ordinal);
    }
}
