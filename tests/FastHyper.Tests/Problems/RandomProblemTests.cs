using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Problems;

public class RandomProblemTests
{
    private static readonly RandomProblemOptions Options =
        new() { States = 30, Actions = 3, Successors = 4, Parameters = 8, Termination = 0.15 };

    [Fact]
    public void TheSameSeedGivesTheSameBits()
    {
        AssertSame(RandomProblem.Generate(7, Options), RandomProblem.Generate(7, Options));
        Assert.NotEqual(RandomProblem.Generate(7, Options).Reward, RandomProblem.Generate(8, Options).Reward);
    }

    [Fact]
    public void RowsSumToOneLessTerminationOverDistinctSortedSuccessors()
    {
        foreach (double termination in (double[])[0, 0.15, 1])
        {
            SparseMatrix p = RandomProblem.Generate(7, Options with { Termination = termination }).Transitions.Matrix;
            Assert.Equal(90, p.RowCount);
            for (int row = 0; row < p.RowCount; row++)
            {
                Range entries = (int)p.Offsets[row]..(int)p.Offsets[row + 1];
                int[] successors = p.Columns[entries];
                Assert.Equal(4, successors.Length);
                Assert.Equal(successors.Distinct().Order(), successors);
                Assert.Equal(1 - termination, p.Values[entries].Sum(), 1e-14);
            }
        }
    }

    [Fact]
    public void SavedAndLoadedItHasTheSameBitsAndTheSameExactGradient()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string path = Path.Combine(folder, "problem.npz");
            ProblemData data = RandomProblem.Generate(7, Options);
            ProblemFile.Save(path, data);
            AssertSame(data, ProblemFile.Load(path));
            using Solved generated = new(LinearProblem.Create("generated", data)), loaded = new(LinearProblem.Load(path));
            double[] gradient = generated.AtStart().Gradient();
            Assert.True(Close.Largest(gradient) > 1e-3, "the gradient vanishes");
            Assert.Equal(gradient, loaded.AtStart().Gradient());
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static void AssertSame(ProblemData expected, ProblemData actual)
    {
        AssertSame(expected.Transitions.Matrix, actual.Transitions.Matrix);
        AssertSame(expected.Features!, actual.Features!);
        AssertSame(expected.LeaderFeatures!, actual.LeaderFeatures!);
        Assert.Equal(expected.Reward, actual.Reward);
        Assert.Equal(expected.LeaderReward, actual.LeaderReward);
        Assert.Equal(expected.Initial, actual.Initial);
        Assert.Equal(expected.X, actual.X);
        Assert.Equal((expected.Gamma, expected.GammaLeader, expected.Temperature), (actual.Gamma, actual.GammaLeader, actual.Temperature));
    }

    private static void AssertSame(SparseMatrix expected, SparseMatrix actual)
    {
        Assert.Equal(expected.ColumnCount, actual.ColumnCount);
        Assert.Equal(expected.Offsets, actual.Offsets);
        Assert.Equal(expected.Columns, actual.Columns);
        Assert.Equal(expected.Values, actual.Values);
    }
}
