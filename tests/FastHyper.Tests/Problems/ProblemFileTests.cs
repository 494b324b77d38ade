using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Problems;
using FastHyper.Problems.Files;

namespace FastHyper.Tests.Problems;

public sealed class ProblemFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fasthyper-").FullName;

    private string FilePath => Path.Combine(_folder, "problem.npz");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("random-30x4", 30, 4, 12)]
    [InlineData("random-terminating-200x6", 200, 6, 400)]
    [InlineData("random-cold-64x3", 64, 3, 8)]
    public void GoldenProblemsLoadAndSurviveARoundTrip(string name, int states, int actions, int parameters)
    {
        ProblemData first = ProblemFile.Load($"golden/{name}.npz");
        Assert.Equal((states, actions, parameters), (first.Transitions.States, first.Transitions.Actions, first.X.Length));
        ProblemFile.Save(FilePath, first);
        ProblemData second = ProblemFile.Load(FilePath);
        AssertSame(first.Transitions.Matrix, second.Transitions.Matrix);
        AssertSame(first.Features!, second.Features!);
        AssertSame(first.LeaderFeatures!, second.LeaderFeatures!);
        Assert.Equal(first.Reward, second.Reward);
        Assert.Equal(first.LeaderReward, second.LeaderReward);
        Assert.Equal(first.Initial, second.Initial);
        Assert.Equal(first.X, second.X);
        Assert.Equal((first.Gamma, first.GammaLeader, first.Temperature), (second.Gamma, second.GammaLeader, second.Temperature));
    }

    [Fact]
    public void EveryGoldenFileReads()
    {
        string[] files = Directory.GetFiles("golden", "*.npz");
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            using NpzReader reader = NpzReader.Open(file);
            Assert.NotEmpty(reader.Names);
            foreach (string name in reader.Names)
            {
                NpyArray<double> array = reader.ReadDoubles(name);
                Assert.Equal(array.Shape.Aggregate(1, (product, length) => product * length), array.Data.Length);
                Assert.All(array.Data, value => Assert.True(double.IsFinite(value)));
            }
        }
    }

    [Fact]
    public void FeaturesAndParametersAreOptional()
    {
        ProblemData bare = Load(a => Without(a, "features_", "leader_features_", "x"));
        Assert.Null(bare.Features);
        Assert.Null(bare.LeaderFeatures);
        Assert.Empty(bare.X);

        ProblemData withoutX = Load(a => Without(a, "x"));
        Assert.Equal([0.0, 0, 0], withoutX.X);
        Assert.Equal((3, 3), (withoutX.Features!.ColumnCount, withoutX.LeaderFeatures!.ColumnCount));

        ProblemData one = Load(a => Without(a, "leader_features_"));
        Assert.Null(one.LeaderFeatures);
        Assert.Equal(4, one.Features!.ColumnCount);

        ProblemFile.Save(FilePath, bare);
        Assert.Null(ProblemFile.Load(FilePath).Features);
    }

    [Fact]
    public void TheStartIsUniformAndTheLeaderDiscountsAsTheFollower()
    {
        ProblemData problem = Load(a => Without(a, "initial", "gamma_leader"));

        Assert.Equal([0.5, 0.5], problem.Initial);
        Assert.Equal(0.9, problem.GammaLeader);
    }

    [Theory]
    [InlineData("indptr")]
    [InlineData("indices")]
    [InlineData("data")]
    [InlineData("reward")]
    [InlineData("leader_reward")]
    [InlineData("gamma")]
    [InlineData("temperature")]
    public void RefusesMissingArrays(string name) =>
        Assert.StartsWith($"{FilePath}: {name}: no such array; expected", Refusal(a => a.Remove(name)));

    [Theory]
    [InlineData("features_")]
    [InlineData("leader_features_")]
    public void RefusesFeaturesInPart(string prefix)
    {
        Assert.Equal(
            $"{FilePath}: {prefix}indices: missing, though {prefix}indptr is there; expected all three or none",
            Refusal(a => a.Remove(prefix + "indices")));
        Assert.Equal(
            $"{FilePath}: {prefix}indptr: missing, though {prefix}indices is there; expected all three or none",
            Refusal(a => a.Remove(prefix + "indptr")));
    }

    [Theory]
    [InlineData("indptr", "shape (4,); expected (5,), states x actions + 1")]
    [InlineData("data", "shape (4,); expected (5,), as many as indices")]
    [InlineData("leader_features_indptr", "shape (4,); expected (5,), states x actions + 1")]
    [InlineData("features_data", "shape (4,); expected (3,), as many as features_indices")]
    [InlineData("reward", "shape (4,); expected (states, actions), at least one of each")]
    [InlineData("leader_reward", "shape (4,); expected (2, 2), that of reward")]
    [InlineData("initial", "shape (4,); expected (2,), (states) as in reward")]
    [InlineData("gamma", "shape (4,); expected a scalar, ()")]
    public void RefusesShapesThatDisagree(string name, string expected) =>
        Assert.Equal($"{FilePath}: {name}: {expected}", Refusal(a => a[name] = ([4], [0.0, 0, 0, 0])));

    [Fact]
    public void RefusesOtherRanks()
    {
        Assert.EndsWith("x: shape (1, 2); expected one axis", Refusal(a => a["x"] = ([1, 2], [0.0, 0])));
        Assert.EndsWith("indices: shape (); expected one axis", Refusal(a => a["indices"] = ([], [0.0])));
        Assert.EndsWith("reward: shape (0, 2); expected (states, actions), at least one of each", Refusal(a => a["reward"] = ([0, 2], [])));
    }

    [Fact]
    public void ShapesAreCheckedBeforeAnythingIsRead()
    {
        // 2^40 rows in a header of 128 bytes; the data are not there to be read.
        using Files.HandmadeNpz huge = new(("reward.npy", Files.HandmadeNpz.Npy("<f8", "(1048576, 1048576)", [])));
        Assert.Contains(
            "reward: shape (1048576, 1048576); expected at most",
            Assert.Throws<InvalidInputException>(() => ProblemFile.Load(huge.Path)).Message);
        using Files.HandmadeNpz disagreeing = new(
            ("reward.npy", Files.HandmadeNpz.Npy("<f8", "(1000, 1000)", [])),
            ("leader_reward.npy", Files.HandmadeNpz.Npy("<f8", "(1000, 999)", [])));
        Assert.EndsWith(
            "leader_reward: shape (1000, 999); expected (1000, 1000), that of reward",
            Assert.Throws<InvalidInputException>(() => ProblemFile.Load(disagreeing.Path)).Message);
    }

    [Theory]
    [InlineData("indptr", 0, 1, "indptr[0] = 1; expected offsets that do not decrease, from 0 to the 5 entries")]
    [InlineData("indptr", 2, 0, "indptr[2] = 0; expected offsets that do not decrease")]
    [InlineData("indptr", 3, 9, "indptr[3] = 9; expected offsets that do not decrease")]
    [InlineData("indptr", 4, 4, "indptr[4] = 4; expected offsets that do not decrease")]
    [InlineData("indptr", 1, 0.5, "indptr[1] = 0.5; expected a 64-bit integer")]
    [InlineData("indices", 3, 2, "indices[3] = 2; expected a column from 0 to 1")]
    [InlineData("indices", 3, -1, "indices[3] = -1; expected a column from 0 to 1")]
    [InlineData("indices", 3, 4294967296, "indices[3] = 4294967296; expected a 32-bit integer")]
    [InlineData("data", 2, double.NaN, "data[2] = NaN; expected a finite number")]
    [InlineData("data", 2, -0.25, "data[2] = -0.25 (state 0, action 1); expected a probability in [0, 1]")]
    [InlineData("data", 4, 1.5, "data of row 3 (state 1, action 1) sums to 1.5; expected at most 1")]
    [InlineData("data", 0, 0.5000152587890625, "data of row 0 (state 0, action 0) sums to 1.0000152587890625; expected at most 1")]
    [InlineData("features_indptr", 0, 1, "features_indptr[0] = 1; expected offsets")]
    [InlineData("features_indices", 1, 4, "features_indices[1] = 4; expected a column from 0 to 3")]
    [InlineData("leader_features_indices", 0, -1, "leader_features_indices[0] = -1; expected a column from 0 to 3")]
    [InlineData("features_data", 1, double.PositiveInfinity, "features_data[1] = Infinity; expected a finite number")]
    [InlineData("leader_features_data", 0, double.NaN, "leader_features_data[0] = NaN; expected a finite number")]
    [InlineData("reward", 2, double.NaN, "reward[1, 0] = NaN; expected a finite number")]
    [InlineData("leader_reward", 3, double.NegativeInfinity, "leader_reward[1, 1] = -Infinity; expected a finite number")]
    [InlineData("initial", 1, double.NaN, "initial[1] = NaN; expected a finite number")]
    [InlineData("initial", 1, -0.25, "initial[1] = -0.25; expected a probability in [0, 1]")]
    [InlineData("initial", 1, 0.5, "initial[0..1] sums to 0.75; expected 1")]
    [InlineData("x", 3, double.NaN, "x[3] = NaN; expected a finite number")]
    [InlineData("gamma", 0, -0.1, "gamma = -0.1; expected a discount in [0, 1)")]
    [InlineData("gamma", 0, 1.01, "gamma = 1.01; expected a discount in [0, 1)")]
    [InlineData("gamma_leader", 0, double.NaN, "gamma_leader = NaN; expected a discount in [0, 1)")]
    [InlineData("temperature", 0, -1, "temperature = -1; expected a finite number above 0")]
    [InlineData("temperature", 0, double.PositiveInfinity, "temperature = Infinity; expected a finite number above 0")]
    public void RefusesValues(string name, int index, double value, string expected) =>
        Assert.Contains(expected, Refusal(a => a[name].Data[index] = value));

    [Fact]
    public void RefusesColumnsWithoutParameters()
    {
        Assert.EndsWith("features_indices: 3 entries; expected no entries, as there are no columns", Refusal(a => a["x"] = ([0], [])));
        string message = Refusal(a =>
        {
            a.Remove("x");
            a["features_indices"].Data[1] = int.MaxValue;
        });
        Assert.EndsWith("features_indices[1] = 2147483647; expected a column below 1280, as the features have 4 entries", message);
    }

    [Theory]
    [InlineData("gamma")]
    [InlineData("gamma_leader")]
    public void DiscountOneNeedsTerminationFromEveryState(string name)
    {
        // State 1 keeps to itself, though state 0 ends at times.
        string message = Refusal(a =>
        {
            a[name].Data[0] = 1;
            a["data"].Data[2] = 0.5;
        });
        Assert.Contains($"{name} = 1, but state 1 can never reach a terminating row; expected {name} below 1, or", message);

        ProblemData throughOther = Load(a =>
        {
            a[name].Data[0] = 1;
            a["data"].Data[2] = 0.5;
            a["indices"].Data[3] = 0;
        });
        Assert.Equal(1, name == "gamma" ? throughOther.Gamma : throughOther.GammaLeader);

        // A stored zero is no path, and a rounding error no termination.
        Assert.Contains("state 1 can never reach", Refusal(a =>
        {
            a[name].Data[0] = 1;
            a["data"].Data[2] = 0.5;
            a["data"].Data[3] = 1 - 1e-15;
            a["indptr"] = ([5], [0, 1, 2, 3, 5]);
            a["indices"] = ([5], [0, 0, 1, 0, 1]);
            a["data"] = ([5], [0.5, 1, 1, 0, 1 - 1e-15]);
        }));
    }

    [Fact]
    public void RefusesTruncationEverywhere()
    {
        Write(_ => { });
        byte[] whole = File.ReadAllBytes(FilePath);
        for (int length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(FilePath, whole[..length]);
            Assert.StartsWith(FilePath, Assert.Throws<InvalidInputException>(() => ProblemFile.Load(FilePath)).Message);
        }
    }

    [Fact]
    public void SaveRefusesWhatLoadWould()
    {
        ProblemData problem = Load(_ => { });
        foreach (ProblemData unsound in new[]
        {
            problem with { Reward = [1.0] }, problem with { X = [1.0] }, problem with { Initial = [1.0, double.NaN] },
                problem with { Gamma = 1 }, problem with { Temperature = -1 },
                problem with { Prior = [1, 0, 0.5, 0.5] },
        })
        {
            string path = Path.Combine(_folder, "unsound.npz");
            Assert.StartsWith(path, Assert.Throws<InvalidInputException>(() => ProblemFile.Save(path, unsound)).Message);
            Assert.False(File.Exists(path));
        }
    }

    /// <summary>Two states, two actions, four parameters of which three enter; no row terminates.</summary>
    private static Dictionary<string, (int[] Shape, double[] Data)> Sound() => new()
    {
        ["indptr"] = ([5], [0, 2, 3, 4, 5]),
        ["indices"] = ([5], [0, 1, 0, 1, 1]),
        ["data"] = ([5], [0.5, 0.5, 1, 1, 1]),
        ["reward"] = ([2, 2], [1, 2, 3, 4]),
        ["leader_reward"] = ([2, 2], [0, -1, 1, 0]),
        ["features_indptr"] = ([5], [0, 1, 2, 3, 3]),
        ["features_indices"] = ([3], [0, 1, 2]),
        ["features_data"] = ([3], [1, 1, 0.5]),
        ["leader_features_indptr"] = ([5], [0, 0, 0, 0, 1]),
        ["leader_features_indices"] = ([1], [2]),
        ["leader_features_data"] = ([1], [2]),
        ["initial"] = ([2], [0.25, 0.75]),
        ["gamma"] = ([], [0.9]),
        ["gamma_leader"] = ([], [0.95]),
        ["temperature"] = ([], [0.1]),
        ["x"] = ([4], [0.1, 0.2, 0.3, 0.4]),
    };

    private static void Without(Dictionary<string, (int[] Shape, double[] Data)> arrays, params string[] groups)
    {
        foreach (string name in arrays.Keys.Where(
            name => groups.Any(group => group.EndsWith('_') ? name.StartsWith(group, StringComparison.Ordinal) : name == group)).ToArray())
            arrays.Remove(name);
    }

    private void Write(Action<Dictionary<string, (int[] Shape, double[] Data)>> change)
    {
        Dictionary<string, (int[] Shape, double[] Data)> arrays = Sound();
        change(arrays);
        using NpzWriter writer = NpzWriter.Create(FilePath);
        foreach ((string name, (int[] shape, double[] data)) in arrays) writer.Write(name, data, shape);
        writer.Commit();
    }

    private ProblemData Load(Action<Dictionary<string, (int[] Shape, double[] Data)>> change)
    {
        Write(change);
        return ProblemFile.Load(FilePath);
    }

    private string Refusal(Action<Dictionary<string, (int[] Shape, double[] Data)>> change)
    {
        Write(change);
        string message = Assert.Throws<InvalidInputException>(() => ProblemFile.Load(FilePath)).Message;
        Assert.StartsWith(FilePath + ": ", message);
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static void AssertSame(SparseMatrix expected, SparseMatrix actual)
    {
        Assert.Equal(expected.ColumnCount, actual.ColumnCount);
        Assert.Equal(expected.Offsets, actual.Offsets);
        Assert.Equal(expected.Columns, actual.Columns);
        Assert.Equal(expected.Values, actual.Values);
    }
}
