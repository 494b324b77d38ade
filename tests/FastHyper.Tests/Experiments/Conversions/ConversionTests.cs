using System.Globalization;
using System.Text;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Experiments.Conversions;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Experiments.Conversions;

public sealed class ConversionTests : IDisposable
{
    // So cold that soft values are the optimal ones to four digits.
    private const double Cold = 1e-6;
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FrozenLakeHasItsKnownValues()
    {
        // Optimal values of FrozenLake-v1, 4 x 4 and slippery, at discount 0.99.
        double[] known = [
            0.54202593, 0.49880319, 0.47069569, 0.45685170, 0.55845095, 0, 0.35834807, 0, 0.59179874, 0.64307982, 0.61520756, 0, 0,
                0.74172044, 0.86283743, 0];
        File.WriteAllText(_folder["lake.json"], FrozenLake());

        Assert.Empty(Conversion.Convert(_folder["lake.json"], _folder["lake.npz"], 0.99, Cold));

        double[] found = Solve("lake.npz");
        for (int s = 0; s < 16; s++)
            if (known[s] > 0) Assert.Equal(known[s], found[s], 3e-4);
    }

    [Fact]
    public void TheGridOfFourByThreeHasItsKnownUtilities()
    {
        // Russell and Norvig, Artificial Intelligence, figure 17.3, rows from the top, without the wall.
        double[] known = [0.812, 0.868, 0.918, 1, 0.762, 0.660, -1, 0.705, 0.655, 0.611, 0.388];
        File.WriteAllText(_folder["grid.mdp"], Grid());

        IReadOnlyList<string> notices = Conversion.Convert(_folder["grid.mdp"], _folder["grid.npz"], null, Cold);

        Assert.Equal("episodes end in states that keep to themselves and pay nothing: 11", Assert.Single(notices));
        double[] found = Solve("grid.npz");
        for (int s = 0; s < 11; s++) Assert.Equal(known[s], found[s], 6e-4);
    }

    [Fact]
    public void ADieOfCoinsTakesElevenThirdsOfThem()
    {
        // Knuth and Yao's die, PRISM's first example.
        int[] next = [1, 2, 3, 4, 5, 6, 1, 7, 8, 9, 10, 11, 2, 12];
        StringBuilder transitions = new("13 20\n"), rewards = new("13 7\n");
        for (int s = 0; s < 7; s++)
        {
            transitions.Append(CultureInfo.InvariantCulture, $"{s} {next[2 * s]} 0.5\n{s} {next[(2 * s) + 1]} 0.5\n");
            rewards.Append(CultureInfo.InvariantCulture, $"{s} 1\n");
        }

        for (int s = 7; s < 13; s++) transitions.Append(CultureInfo.InvariantCulture, $"{s} {s} 1\n");
        File.WriteAllText(_folder["die.tra"], transitions.ToString());
        File.WriteAllText(_folder["die.srew"], rewards.ToString());
        File.WriteAllText(_folder["die.lab"], "0=\"init\" 1=\"deadlock\" 2=\"done\"\n0: 0\n7: 2\n");

        Conversion.Convert(_folder["die.tra"], _folder["die.npz"], 1, 1);

        Assert.Equal(11 / 3.0, Solve("die.npz")[0], 1e-9);
        Assert.Equal(1, ProblemFile.Load(_folder["die.npz"]).Initial[0]);
    }

    [Fact]
    public void StormsFilesAreReadToo()
    {
        File.WriteAllText(_folder["two.tra"], "mdp\n0 0 1 1\n0 1 0 0.25 slow\n0 1 1 0.75 slow\n1 0 1 1\n");
        File.WriteAllText(_folder["two.lab"], "#DECLARATION\ninit goal\n#END\n0 init\n1 goal\n");
        File.WriteAllText(_folder["two.rew"], "0 -1\n");

        IReadOnlyList<string> notices = Conversion.Convert(_folder["two.tra"], _folder["two.npz"], 0.5, 1);

        ProblemData problem = ProblemFile.Load(_folder["two.npz"]);
        Assert.Equal([-1, -1, 0, 0], problem.Reward);
        Assert.Equal([1, 0], problem.Initial);
        Assert.Equal([0.25], problem.Transitions.Matrix.Values);
        Assert.Contains(notices, notice => notice.StartsWith("1 states of fewer than 2 choices", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("there.json")]
    [InlineData("there.mdp")]
    [InlineData("there.tra")]
    public void WhatIsWrittenIsReadBack(string there)
    {
        ProblemData problem = RandomProblem.Generate(3, new RandomProblemOptions { States = 12, Actions = 3, Termination = 0.1 });
        ProblemFile.Save(_folder["a.npz"], problem);
        Conversion.Convert(_folder["a.npz"], _folder[there], null, 1);
        Conversion.Convert(_folder[there], _folder["b.npz"], problem.Gamma, problem.Temperature);

        double[] expected = Solve("a.npz"), found = Solve("b.npz");
        Close.Within(1e-12, expected, found[..expected.Length], there);
    }

    [Theory]
    [InlineData("a.json", "[[[[0.5, 0, 1]]]]", "P[0][0][0]: [0.5, 0, 1]; expected [probability, next state, reward, true or false]")]
    [InlineData("a.json", "[[[[1, 3, 1, false]]]]", "next state 3; expected 0 to 0")]
    [InlineData("a.json", "[[[[1.5, 0, 1, false]]]]", "sums to 1.5; expected at most 1")]
    [InlineData("a.json", "{", "no JSON: ")]
    [InlineData("a.mdp", "discount: 0.9\nstates: 2\nactions: 1\nT: 0 : 0\n0.5 x", "line 5: 'x'; expected a finite number")]
    [InlineData("a.mdp", "discount: 0.9\nstates: 2\nactions: 1\nT: 0 : up\n", "line 4: 'up'; expected a state, by name or from 0 to 1")]
    [InlineData("a.mdp", "states: 2\nactions: 1\nT: 0 identity\nstates: 2", "line 4: 'states'; expected T, O or R")]
    [InlineData("a.mdp", "discount: 0.9\nstates: 2\nactions: 1\nT: 0 : 0 : 1 1", "transitions of state 1, action 0 sum to 0; expected 1")]
    [InlineData("a.pomdp", "states: 1\nactions: 1\nobservations: 2\nT: 0 identity\nR: 0 : 0 : 0 : 1 5", "line 5: '1'; expected *: rewards")]
    [InlineData("a.tra", "2 2\n0 1 half\n", "line 2: '0 1 half'; expected a finite number as word 3")]
    [InlineData("a.tra", "0 0 1 1\n", "line 1: '0 0 1 1'; expected dtmc or mdp, or the numbers")]
    [InlineData("a.txt", "", "a name that ends so; expected .npz")]
    public void BadFilesAreRefused(string name, string text, string expected)
    {
        File.WriteAllText(_folder[name], text);
        string message = Assert.Throws<InvalidInputException>(() => Conversion.Convert(_folder[name], _folder["b.npz"], 0.9, 1)).Message;
        Assert.StartsWith(_folder[name], message);
        Assert.Contains(expected, message);
        Assert.False(File.Exists(_folder["b.npz"]));
    }

    [Fact]
    public void TheDiscountMustComeFromSomewhere()
    {
        File.WriteAllText(_folder["a.json"], "[[[[1, 0, 1, false]]]]");
        string message = Assert.Throws<InvalidInputException>(() => Conversion.Convert(_folder["a.json"], _folder["b.npz"], null, 1))
            .Message;
        Assert.EndsWith("gamma: the format has none; expected --gamma", message);
    }

    /// <summary>Moves slip to either side; holes and the goal end the episode, the goal pays one.</summary>
    private static string FrozenLake()
    {
        const string map = "SFFFFHFHFFFHHFFG";
        (int Row, int Column)[] moves = [(0, -1), (1, 0), (0, 1), (-1, 0)];
        StringBuilder text = new("{");
        for (int s = 0; s < 16; s++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(s > 0 ? "," : "")}\"{s}\":{{");
            for (int a = 0; a < 4; a++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(a > 0 ? "," : "")}\"{a}\":[");
                for (int slip = -1; slip <= 1; slip++)
                {
                    (int row, int column) = moves[(a + slip + 4) % 4];
                    int next = (Math.Clamp((s / 4) + row, 0, 3) * 4) + Math.Clamp((s % 4) + column, 0, 3);
                    if (map[s] is 'H' or 'G') next = s;
                    text.Append(
                        CultureInfo.InvariantCulture,
                            $"{(slip > -1 ? "," : "")}[{1 / 3.0:R},{next},{(map[next] == 'G' && next != s ? 1 : 0)}.0,"
                                + $"{(map[next] is 'H' or 'G' ? "true" : "false")}]");
                }

                text.Append(']');
            }

            text.Append('}');
        }

        return text.Append('}').ToString();
    }

    /// <summary>Moves slip to either side by 0.1 each; each step costs 0.04, and the two states at the right end the episode.</summary>
    private static string Grid()
    {
        (int Row, int Column)[] cells = [.. Enumerable.Range(0, 12).Where(i => i != 5).Select(i => (i / 4, i % 4))];
        (int Row, int Column)[] moves = [(-1, 0), (0, 1), (1, 0), (0, -1)];
        string[] names = ["north", "east", "south", "west"];
        StringBuilder text =
            new("# The grid of four by three.\ndiscount: 1\nvalues: reward\nstates: 12\nactions: north east south west\nstart: 7\n\n");
        for (int s = 0; s < 11; s++)
        {
            for (int a = 0; a < 4; a++)
            {
                double[] row = new double[12];
                if (s is 3 or 6) row[11] = 1;
                else
                {
                    for (int slip = -1; slip <= 1; slip++)
                    {
                        (int up, int right) = moves[(a + slip + 4) % 4];
                        int next = Array.IndexOf(cells, (cells[s].Row + up, cells[s].Column + right));
                        row[next < 0 ? s : next] += slip == 0 ? 0.8 : 0.1;
                    }
                }

                text.Append(
                    CultureInfo.InvariantCulture,
                        $"T: {names[a]} : {s}\n{string.Join(" ", row.Select(p => p.ToString(CultureInfo.InvariantCulture)))}\n");
            }
        }

        return text.Append("T: * : 11 : 11 1\nR: * : * : * -0.04\nR: * : 3 : * 1\nR: * : 6 : * -1\nR: * : 11 : * 0\n").ToString();
    }

    private double[] Solve(string name)
    {
        using CpuBackend backend = new(1);
        return ProblemSolution.Solve(LinearProblem.Load(_folder[name]), backend, Precision.F64, new SolveOptions { Tolerance = 1e-12 }).V;
    }
}
