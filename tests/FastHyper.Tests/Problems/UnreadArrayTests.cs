using FastHyper.Backends;
using FastHyper.Experiments;
using FastHyper.Files;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Problems.Games;
using FastHyper.Tests.Cli;
using FastHyper.Tests.Experiments;
using FastHyper.Tests.Files;

namespace FastHyper.Tests.Problems;

/// <summary>A problem file holds what is read, and answers; a misspelt name is refused, not ignored.</summary>
public sealed class UnreadArrayTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("featurs_indptr", ", did you mean features_indptr?")]
    [InlineData("feature", ", did you mean features?")]
    [InlineData("leader_feature_data", ", did you mean leader_features_data?")]
    [InlineData("rewards", ", did you mean reward?")]
    [InlineData("theta_0", ", did you mean theta?")]
    [InlineData("folower_reward", ", did you mean follower_reward?")]
    [InlineData("value_weight", ", did you mean value_weights?")]
    [InlineData("notes", "")]
    public void AnUnknownArrayIsRefusedByName(string name, string nearest)
    {
        Dictionary<string, byte[]> arrays = HostileProblem.Sound();
        arrays[name] = HostileProblem.Doubles("(1,)", 1);
        using HandmadeNpz file = HostileProblem.Write(arrays);
        string message = Assert.Throws<InvalidInputException>(() => StoredProblem.Load(file.Path)).Message;
        Assert.StartsWith(
            $"{file.Path}: {name}: unknown array{nearest}; expected no other than indptr, indices, data, P, reward, ", message);
    }

    [Theory]
    [InlineData("thetas", ", did you mean theta?")]
    [InlineData("features", "")]
    public void AGameIsHeldToItsOwnArrays(string name, string nearest)
    {
        using (NpzWriter writer = NpzWriter.Create(_folder["game.npz"]))
        {
            WriteGame(writer);
            writer.Write(name, [1.0], 1);
            writer.Commit();
        }

        string message = Assert.Throws<InvalidInputException>(() => StoredProblem.Load(_folder["game.npz"])).Message;
        Assert.StartsWith($"{_folder["game.npz"]}: {name}: unknown array{nearest}", message);
        Assert.Contains("follower_reward, leader_reward, initial, gamma, gamma_leader, temperature, theta, state_features", message);
    }

    [Theory]
    [InlineData("indptr", "P_indptr", "P_indices", "P_data")]
    [InlineData("P", "P_indptr", "P_indices", "P_data")]
    [InlineData("P", "indptr", "indices", "data")]
    public void TransitionsOfAGameAreGivenOnce(string second, params string[] first)
    {
        using (NpzWriter writer = NpzWriter.Create(_folder["game.npz"]))
        {
            WriteGame(writer, transitions: false);
            writer.Write(first[0], new long[9], 9);
            writer.Write(first[1], Array.Empty<int>(), 0);
            writer.Write(first[2], Array.Empty<double>(), 0);
            if (second == "P") writer.Write("P", new double[16], 2, 2, 2, 2);
            else writer.Write(second, new long[9], 9);
            writer.Commit();
        }

        Assert.Equal(
            $"{_folder["game.npz"]}: {second}: there beside {(second == "P" ? first[0] : "P_indptr")}; expected one of them",
            Assert.Throws<InvalidInputException>(() => GameFile.Load(_folder["game.npz"])).Message);
    }

    [Fact]
    public void WhatIsNoArrayIsRefused()
    {
        using HandmadeNpz file = new([.. HostileProblem.Sound().Select(item => (item.Key + ".npy", item.Value)), ("features.np", [1])]);
        Assert.Equal(
            $"{file.Path}: features.np: not a .npy file; expected nothing but arrays",
            Assert.Throws<InvalidInputException>(() => ProblemFile.Load(file.Path)).Message);
    }

    [Fact]
    public void AnswersMayStandBesideTheProblem()
    {
        Assert.Equal(0, Host("solve", Golden.Problem("random-30x4"), "--out", _folder["s.npz"]));
        Assert.Equal(
            0,
            Host(
                "gradient", Golden.Problem("random-30x4"), "--out", _folder["g.npz"], "--estimator", "naive", "--batches", "2", "--steps",
                "10"));
        Assert.Equal(0, Host("solve", "golden/game-6x3x4.answer.npz", "--out", _folder["h.npz"]));
        Assert.Equal(0, Host("solve", Golden.Problem("linear-dense-40x4"), "--out", _folder["l.npz"]));
        Dictionary<string, byte[]> arrays = HostileProblem.Sound();
        foreach (string answer in (string[])["s.npz", "g.npz", "h.npz", "l.npz"])
        {
            using NpzReader reader = NpzReader.Open(_folder[answer]);
            Assert.NotEmpty(reader.Names);
            foreach (string name in reader.Names) arrays[name] = HostileProblem.Doubles("(1,)", 1);
        }

        Assert.Equal(HostileProblem.Sound().Count + ResultArrays.Names.Count, arrays.Count);
        using HandmadeNpz file = HostileProblem.Write(arrays);
        Assert.Equal(2, ProblemFile.Load(file.Path).Transitions.States);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void DenseArraysAreReadAsTheirCompressedRows(bool dense, bool withX)
    {
        ProblemData given = ProblemFile.Load(Golden.Problem("random-30x4"));
        using (NpzWriter writer = NpzWriter.Create(_folder["dense.npz"]))
        {
            writer.Write("P", Dense(given.Transitions.Matrix), 30, 4, 30);
            if (dense) writer.Write("features", Dense(given.Features!), 30, 4, 12);
            else ProblemFile.WriteMatrix(writer, "features_", given.Features!);
            writer.Write("leader_features", Dense(given.LeaderFeatures!), 30, 4, 12);
            writer.Write("reward", given.Reward, 30, 4);
            writer.Write("leader_reward", given.LeaderReward, 30, 4);
            writer.Write("initial", given.Initial, 30);
            writer.WriteScalar("gamma", given.Gamma);
            writer.WriteScalar("gamma_leader", given.GammaLeader);
            writer.WriteScalar("temperature", given.Temperature);
            if (withX) writer.Write("x", given.X, 12);
            writer.Commit();
        }

        ProblemData read = ProblemFile.Load(_folder["dense.npz"]);
        Assert.Equal(withX ? given.X : new double[12], read.X);
        foreach (
            (SparseMatrix? expected,
                SparseMatrix? found) in new[]
            {
                (given.Transitions.Matrix, read.Transitions.Matrix), (given.Features, read.Features),
                (given.LeaderFeatures, read.LeaderFeatures),
            })
        {
            Assert.Equal(expected!.Offsets, found!.Offsets);
            Assert.Equal(expected.Columns, found.Columns);
            Assert.Equal(expected.Values, found.Values);
        }
    }

    [Theory]
    [InlineData("features", "(4, 3)", "features: shape (4, 3); expected (2, 2, parameters), states, actions and parameters")]
    [InlineData("features", "(2, 2)", "features: shape (2, 2); expected (2, 2, parameters)")]
    [InlineData("leader_features", "(2, 3, 1)", "leader_features: shape (2, 3, 1); expected (2, 2, parameters)")]
    [InlineData("features", "(2, 2, 1)", "features: shape (2, 2, 1); expected 0 parameters, as x has")]
    [InlineData("P", "(2, 2, 2)", "P: there beside indptr; expected one of them")]
    public void DenseArraysOfOtherShapesAreRefused(string name, string shape, string expected)
    {
        Dictionary<string, byte[]> arrays = HostileProblem.Sound();
        arrays[name] = HostileProblem.Doubles(shape);
        using HandmadeNpz file = HostileProblem.Write(arrays);
        Assert.StartsWith($"{file.Path}: {expected}", Assert.Throws<InvalidInputException>(() => ProblemFile.Load(file.Path)).Message);
    }

    [Fact]
    public void DenseFeaturesThatAreNoNumbersAreRefused()
    {
        Dictionary<string, byte[]> arrays = HostileProblem.Sound();
        arrays["features"] = HostileProblem.Doubles("(2, 2, 1)", 1, 0, double.NaN, 0);
        arrays["x"] = HostileProblem.Doubles("(1,)", 1);
        using HandmadeNpz file = HostileProblem.Write(arrays);
        Assert.Equal(
            $"{file.Path}: features: row 2, column 0: NaN; expected a finite number",
            Assert.Throws<InvalidInputException>(() => ProblemFile.Load(file.Path)).Message);
    }

    private static double[] Dense(SparseMatrix matrix)
    {
        double[] dense = new double[matrix.RowCount * matrix.ColumnCount];
        for (int row = 0; row < matrix.RowCount; row++)
            for (long k = matrix.Offsets[row]; k < matrix.Offsets[row + 1]; k++)
                dense[(row * matrix.ColumnCount) + matrix.Columns[k]] = matrix.Values[k];
        return dense;
    }

    private static int Host(params string[] arguments) => FastHyper.Tests.Cli.Cli.Run(arguments).ExitCode;

    private static void WriteGame(NpzWriter writer, bool transitions = true)
    {
        foreach (string name in (string[])["follower_reward", "leader_reward"]) writer.Write(name, new double[8], 2, 2, 2);
        writer.Write("initial", [0.5, 0.5], 2);
        foreach (string name in (string[])["gamma", "gamma_leader", "temperature"]) writer.WriteScalar(name, 0.5);
        if (transitions) writer.Write("P", new double[16], 2, 2, 2, 2);
    }
}
