using FastHyper.Tests.Experiments;
using FastHyper.Tests.Files;
using static FastHyper.Tests.Cli.HostileProblem;

namespace FastHyper.Tests.Cli;

[Collection(Host.Alone)]
public class HostileProblemTests
{
    [Fact]
    public void RowsThatSumAboveOne() =>
        Refused("data", Doubles("(5,)", 0.5, 0.75, 1, 1, 1), "row 0 (state 0, action 0) sums to 1.25; expected at most 1");

    [Fact]
    public void NegativeProbabilities() =>
        Refused("data", Doubles("(5,)", 0.5, 0.5, -0.25, 1, 1), "data[2] = -0.25 (state 0, action 1); expected a probability");

    [Fact]
    public void NotANumber() => Refused("reward", Doubles("(2, 2)", 1, 2, double.NaN, 4), "reward[1, 0] = NaN; expected a finite number");

    [Fact]
    public void Infinities() =>
        Refused(
            "leader_reward", Doubles("(2, 2)", 1, double.PositiveInfinity, 0, 4),
            "leader_reward[0, 1] = Infinity; expected a finite number");

    [Fact]
    public void ColumnsOutOfRange() =>
        Refused(
            "indices", HandmadeNpz.Npy("<i4", "(5,)", HandmadeNpz.Bytes<int>([0, 1, 0, 2, 1])),
            "indices[3] = 2; expected a column from 0 to 1");

    [Fact]
    public void ShapesThatDisagree() => Refused("initial", Doubles("(3,)", 0.25, 0.75, 0), "initial: shape (3,); expected (2,)");

    [Theory]
    [InlineData(-0.5)]
    [InlineData(-1.0)]
    public void TemperaturesBelowZero(double temperature) =>
        Refused("temperature", Doubles("()", temperature), $"temperature = {temperature}; expected a finite number above 0, or 0 to solve");

    [Fact]
    public void DiscountOneWithoutTermination() =>
        Refused("gamma", Doubles("()", 1), "gamma = 1, but state 0 can never reach a terminating row");

    [Fact]
    public void NegativeSizes() => Refused("reward", Doubles("(-2, 2)", 1, 2, 3, 4), "reward: length -2 in its shape");

    [Fact]
    public void ObjectArrays() => Refused("reward", HandmadeNpz.Npy("|O", "(2, 2)", [1]), "reward: an array of Python objects");

    [Fact]
    public void ArraysCutShort() =>
        Refused("data", HandmadeNpz.Npy("<f8", "(5,)", new byte[39]), "data: truncated after 4 elements; expected 5");

    [Fact]
    public void ZipBombs() =>
        Refused("reward", [.. Doubles("(2, 2)", 1, 2, 3, 4), .. new byte[30_000_000]], "reward: more data than its header says");

    [Fact]
    public void HugeShapes() => Refused("reward", Doubles("(2000000, 2000000)"), "reward: shape (2000000, 2000000); expected at most");

    [Theory]
    [InlineData("indptr")]
    [InlineData("indices")]
    [InlineData("data")]
    [InlineData("reward")]
    [InlineData("leader_reward")]
    [InlineData("gamma")]
    [InlineData("temperature")]
    public void MissingArrays(string name)
    {
        Dictionary<string, byte[]> arrays = Sound();
        arrays.Remove(name);
        using HandmadeNpz file = Write(arrays);
        Refused(file, $"{name}: no such array; expected");
    }

    [Fact]
    public void TruncatedFiles()
    {
        using HandmadeNpz file = Write(Sound());
        File.WriteAllBytes(file.Path, File.ReadAllBytes(file.Path)[..^40]);
        Refused(file, "not a zip archive");
    }

    [Fact]
    public void WhatIsNoZip()
    {
        using HandmadeNpz file = new();
        File.WriteAllText(file.Path, "V = 3");
        Refused(file, "not a zip archive");
    }

    private static void Refused(string array, byte[] bytes, string expected)
    {
        Dictionary<string, byte[]> arrays = Sound();
        arrays[array] = bytes;
        using HandmadeNpz file = Write(arrays);
        Refused(file, expected);
    }

    private static void Refused(HandmadeNpz file, string expected)
    {
        using ScratchFolder folder = new();
        foreach (string command in new[] { "solve", "run" })
        {
            string line = Host.Refusal(command, file.Path, "--out", folder["out"]);
            Assert.StartsWith($"fasthyper: {file.Path}: ", line);
            Assert.Contains(expected, line);
        }

        Assert.Empty(folder.Entries);
        Assert.Single(file.FilesBeside);
    }
}
