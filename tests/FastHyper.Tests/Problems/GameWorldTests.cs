using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Tests.Problems;

/// <summary>The built-in games are what they say.</summary>
public class GameWorldTests
{
    // State, leader's action, follower's action, next state, follower's and leader's reward.
    [Theory]
    [InlineData("S0a A 1 1")]
    [InlineData("S1a A 1 1")]
    [InlineData("S0b B 1 0")]
    [InlineData("S1b B 1 0")]
    [InlineData("S0s S 0 0")]
    [InlineData("A0s S 0 0")]
    [InlineData("A0b B 3 0")]
    [InlineData("A0a A 0 0")]
    [InlineData("A1s S -1 0")]
    [InlineData("A1a S -1 0")]
    [InlineData("A1b S -1 0")]
    [InlineData("B0s S 0 0")]
    [InlineData("B1s S 0 0")]
    [InlineData("B0a B 0 0")]
    [InlineData("B1b B 0 0")]
    public void ADiscreteToyMovesAsPublished(string line)
    {
        DiscreteToy game = DiscreteToy.Create(new DiscreteToyOptions { Bonus = 3 });
        int state = "SAB".IndexOf(line[0]), choice = line[1] - '0', answer = "sab".IndexOf(line[2]);
        string[] expected = line.Split(' ');
        int row = (((state * 2) + choice) * 3) + answer;
        SparseMatrix p = game.Transitions.Matrix;
        Assert.Equal(1, p.Offsets[row + 1] - p.Offsets[row]);
        Assert.Equal("SAB".IndexOf(expected[1][0]), p.Columns[p.Offsets[row]]);
        (double reward, double leaderReward) = Rewards(game, row);
        Assert.Equal(double.Parse(expected[2]), reward);
        Assert.Equal(double.Parse(expected[3]), leaderReward);
    }

    [Theory]
    [InlineData(7, 9, 3)]
    [InlineData(3, 2, 1)]
    [InlineData(5, 6, 2)]
    public void CartsOfAWarehouseGameNeverShareACell(int rows, int columns, int shelves)
    {
        WarehouseGame game = WarehouseGame.Create(new WarehouseGameOptions { Rows = rows, Columns = columns, ShelfColumns = shelves });
        SparseMatrix p = game.Transitions.Matrix;
        int[] leader = game.Players[0].CellOfState, follower = game.Players[1].CellOfState;
        int pairs = game.Transitions.Actions;
        bool moved = false;
        for (int s = 0; s < game.Transitions.States; s++)
        {
            if (leader[s] == follower[s]) continue;
            for (int row = s * pairs; row < (s + 1) * pairs; row++)
            {
                double sum = 0;
                for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
                {
                    int next = p.Columns[k];
                    sum += p.Values[k];
                    Assert.NotEqual(leader[next], follower[next]);
                    Assert.True(Distance(leader[s], leader[next], columns) <= 1 && Distance(follower[s], follower[next], columns) <= 1);
                    moved |= leader[next] != leader[s] && follower[next] != follower[s];
                }

                Assert.Equal(1, sum, 1e-12);
            }
        }

        Assert.True(moved || rows * columns == 6);
    }

    [Theory]
    [InlineData("rows = 2; expected an integer of at least 3", 2, null)]
    [InlineData("leader_pick_up = [1, 1]; expected the row and column of a free cell", 7, new[] { 1, 1 })]
    [InlineData("a cart's pick-up is its delivery, or both carts' pick-up; expected different cells", 7, new[] { 6, 1 })]
    public void AWarehouseGameRefuses(string message, int rows, int[]? pickUp)
    {
        InvalidInputException e = Assert.Throws<InvalidInputException>(
            () => WarehouseGame.Create(new WarehouseGameOptions { Rows = rows, LeaderPickUp = pickUp }));
        Assert.Equal($"warehouse-game: {message}", e.Message);
    }

    private static int Distance(int cell, int other, int columns) =>
        Math.Abs((cell / columns) - (other / columns)) + Math.Abs((cell % columns) - (other % columns));

    private static (double Reward, double LeaderReward) Rewards(FiniteProblem game, int row)
    {
        using FastHyper.Backends.Cpu.CpuBackend backend = new(1);
        using Mdp mdp = new(game, backend);
        mdp.Initialise([1]);
        mdp.Configure();
        double[] values = new double[mdp.Reward.Length], leader = new double[values.Length];
        mdp.Engine.Download(mdp.Reward, 0, values);
        mdp.Engine.Download(mdp.LeaderReward, 0, leader);
        return (values[row], leader[row]);
    }
}
