using FastHyper.Problems.Files;
using FastHyper.Problems.Games;
using FastHyper.Tests.Cli;
using FastHyper.Tests.Files;

namespace FastHyper.Tests.Problems;

/// <summary>
/// Files that say they are large are judged by their headers, and by what is short in them, before memory is taken or entries are
/// read. The arrays that these say they have are not there: to read one would be to find it truncated.
/// </summary>
public class HostileFileTests
{
    private const long LittleMemory = 4_000_000;

    [Fact]
    public void AColumnFarBeyondTheEntries() => Refused(
        arrays => (arrays["features_indptr"], arrays["features_indices"], arrays["features_data"]) =
            (Longs("(5,)", 0, 1, 1, 1, 1), Ints("(1,)", 340_000_000), HostileProblem.Doubles("(1,)", 1)),
        "features_indices[0] = 340000000; expected a column below 1088, as the features have 1 entries",
        without: "x");

    [Fact]
    public void ParametersThatNoEntryIsFor() => Refused(
        arrays =>
        {
            (arrays["features_indptr"], arrays["features_indices"], arrays["features_data"]) =
                (Longs("(5,)", 0, 1, 1, 1, 1), Ints("(1,)", 0), HostileProblem.Doubles("(1,)", 1));
            arrays["x"] = HostileProblem.Doubles("(340000001,)");
        },
        "x: 340000001 parameters; expected at most 1088, as the features have 1 entries");

    [Fact]
    public void ParametersWithoutFeatures() => Refused(
        arrays => arrays["x"] = HostileProblem.Doubles("(340000001,)"),
        "x: 340000001 parameters; expected at most 1024, as the features have 0 entries");

    [Fact]
    public void MoreEntriesThanPlaces() => Refused(
        arrays => (arrays["indices"], arrays["data"]) = (Ints("(400000000,)"), HostileProblem.Doubles("(400000000,)")),
        "indices: 400000000 entries; expected at most 8, as 4 rows of 2 columns have");

    [Fact]
    public void MoreFeaturesThanPlaces() => Refused(
        arrays =>
        {
            (arrays["features_indptr"], arrays["features_indices"], arrays["features_data"]) =
                (Longs("(5,)", 0, 1, 1, 1, 1), Ints("(400000000,)"), HostileProblem.Doubles("(400000000,)"));
            arrays["x"] = HostileProblem.Doubles("(3,)", 1, 2, 3);
        },
        "features_indices: 400000000 entries; expected at most 12, as 4 rows of 3 columns have");

    [Theory]
    [InlineData(
        "(5,)", new long[] { 0, 0, 0, 0, 0 },
            "features_indptr[4] = 0; expected offsets that do not decrease, from 0 to the 400000000 entries")]
    [InlineData("(5,)", new long[] { 0, 400_000_001, 0, 0, 0 }, "features_indptr[1] = 400000001; expected offsets")]
    public void RowsThatDoNotHoldTheEntries(string shape, long[] offsets, string expected) => Refused(
        arrays => (arrays["features_indptr"], arrays["features_indices"], arrays["features_data"]) =
            (Longs(shape, offsets), Ints("(400000000,)"), HostileProblem.Doubles("(400000000,)")),
        expected, without: "x", memoryLimit: long.MaxValue);

    [Fact]
    public void ArraysThatDoNotFitTogether()
    {
        // 4·10⁸ entries take 4.8 GB, each of their two arrays less than the limit.
        Refused(
            arrays => (arrays["features_indptr"], arrays["features_indices"], arrays["features_data"]) =
                (Longs("(5,)", 0, 0, 0, 0, 400_000_000), Ints("(400000000,)"), HostileProblem.Doubles("(400000000,)")),
            "features_data: shape (400000000,), with which the arrays take 4800000220 bytes of memory; expected at most 4000000000",
            without: "x", memoryLimit: 4_000_000_000);
    }

    [Theory]
    [InlineData("initial", 0.25, 0.5, "initial[0..1] sums to 0.75; expected 1")]
    [InlineData("initial", -1, 2, "initial[0] = -1; expected a probability in [0, 1]")]
    public void WhatIsShortIsJudgedBeforeEntriesAreRead(string name, double first, double second, string expected) => Refused(
        arrays =>
        {
            arrays[name] = HostileProblem.Doubles("(2,)", first, second);
            arrays["data"] = HostileProblem.Doubles("(5,)");
        },
        expected);

    [Theory]
    [InlineData("gamma", 2, "gamma = 2; expected a discount")]
    [InlineData("temperature", -1, "temperature = -1; expected a finite number above 0")]
    public void ScalarsAreJudgedBeforeEntriesAreRead(string name, double value, string expected) => Refused(
        arrays =>
        {
            arrays[name] = HostileProblem.Doubles("()", value);
            arrays["data"] = HostileProblem.Doubles("(5,)");
        },
        expected);

    [Fact]
    public void DenseFeaturesWhoseParametersAreNotThoseOfX() => Refused(
        arrays =>
        {
            arrays["features"] = HostileProblem.Doubles("(2, 2, 100000000)");
            arrays["x"] = HostileProblem.Doubles("(3,)", 1, 2, 3);
        },
        "features: shape (2, 2, 100000000); expected 3 parameters, as x has");

    [Fact]
    public void AGameOfMoreEntriesThanPlaces()
    {
        Dictionary<string, byte[]> arrays = Game();
        (arrays["P_indptr"], arrays["P_indices"], arrays["P_data"]) =
            (Longs("(9,)", 0, 0, 0, 0, 0, 0, 0, 0, 0), Ints("(400000000,)"), HostileProblem.Doubles("(400000000,)"));
        Refused(arrays, path => GameFile.Load(path), "P_indices: 400000000 entries; expected at most 16, as 8 rows of 2 columns have");
    }

    [Fact]
    public void AGameThatDoesNotFit()
    {
        Dictionary<string, byte[]> arrays = Game();
        arrays["P"] = HostileProblem.Doubles("(2, 2, 2, 2)");
        foreach (string name in (string[])["follower_reward", "leader_reward"]) arrays[name] = HostileProblem.Doubles("(100000, 2, 2, 2)");
        Refused(
            arrays, path => GameFile.Load(path, 1_000_000),
            "leader_reward: shape (100000, 2, 2, 2), with which the arrays take 12800336 bytes of memory; expected at most 1000000");
    }

    private static Dictionary<string, byte[]> Game() => new()
    {
        ["follower_reward"] = HostileProblem.Doubles("(2, 2, 2)", new double[8]),
        ["leader_reward"] = HostileProblem.Doubles("(2, 2, 2)", new double[8]),
        ["initial"] = HostileProblem.Doubles("(2,)", 0.5, 0.5),
        ["gamma"] = HostileProblem.Doubles("()", 0.9),
        ["gamma_leader"] = HostileProblem.Doubles("()", 0.9),
        ["temperature"] = HostileProblem.Doubles("()", 0.1),
    };

    private static byte[] Longs(string shape, params long[] values) => HandmadeNpz.Npy("<i8", shape, HandmadeNpz.Bytes(values));

    private static byte[] Ints(string shape, params int[] values) => HandmadeNpz.Npy("<i4", shape, HandmadeNpz.Bytes(values));

    private static void Refused(Action<Dictionary<string, byte[]>> spoil, string expected, string? without = null, long? memoryLimit = null)
    {
        Dictionary<string, byte[]> arrays = HostileProblem.Sound();
        spoil(arrays);
        if (without is not null) arrays.Remove(without);
        Refused(arrays, path => ProblemFile.Load(path, memoryLimit), expected);
    }

    private static void Refused(Dictionary<string, byte[]> arrays, Action<string> load, string expected)
    {
        using HandmadeNpz file = HostileProblem.Write(arrays);
        long before = GC.GetAllocatedBytesForCurrentThread();
        InvalidInputException refusal = Assert.Throws<InvalidInputException>(() => load(file.Path));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.StartsWith($"{file.Path}: {expected}", refusal.Message);
        Assert.InRange(allocated, 0, LittleMemory);
    }
}
