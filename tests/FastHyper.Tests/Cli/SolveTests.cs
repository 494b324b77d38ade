using System.Text.Json;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

public class SolveTests
{
    [Theory]
    [InlineData("random-30x4", "f64", 1e-9)]
    [InlineData("random-30x4", "f32", 1e-4)]
    [InlineData("random-cold-64x3", "f64", 1e-9)]
    [InlineData("random-cold-64x3", "f32", 1e-4)]
    [InlineData("random-terminating-200x6", "f64", 1e-9)]
    [InlineData("random-terminating-200x6", "f32", 1e-4)]
    public void GivesTheGoldenAnswers(string name, string precision, double relative)
    {
        using ScratchFolder folder = new();
        CliResult result = Cli.Run("solve", Golden.Problem(name), "--out", folder["s.npz"], "--precision", precision);
        Assert.Equal(0, result.ExitCode);
        // A machine that is slow today sees progress.
        Assert.DoesNotContain("fasthyper:", result.Error);
        foreach (string array in new[] { "V", "Q", "policy" })
            Golden.AssertClose(Golden.Answer(name, array), Golden.Read(folder["s.npz"], array), relative);
        double residual = Golden.Read(folder["s.npz"], "residual").Data.Single();
        Assert.InRange(residual, 0, precision == "f64" ? 1e-10 : 1e-5);
        double bound = Golden.Read(folder["s.npz"], "bound").Data.Single(), exactness = 1e-12 * Golden.Answer(name, "V").Data.Max(Math.Abs);
        Assert.InRange(bound, residual, 1000 * Math.Max(residual, precision == "f64" ? 1e-15 : 1e-7));
        Assert.All(
            Golden.Answer(name, "V").Data.Zip(Golden.Read(folder["s.npz"], "V").Data),
            pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, bound + exactness));
        Assert.InRange(Golden.Read(folder["s.npz"], "iterations").Data.Single(), 1, 10_000);
        Assert.Single(folder.Entries);
    }

    // The discount does not count.
    [Fact]
    public void OfAnAverageRewardItGivesTheGain()
    {
        using ScratchFolder folder = new();
        string[] solve = ["solve", "random", "--out", folder["s.npz"], "--set", "criterion.kind=average"];
        CliResult first = Cli.Run(solve), other = Cli.Run([.. solve, "--set", "random.gamma=0.3"]);
        Assert.Equal((0, 0), (first.ExitCode, other.ExitCode));
        string line = Assert.Single(first.Output.Split('\n'), line => line.StartsWith("average reward a step", StringComparison.Ordinal));
        Assert.Contains(line, other.Output, StringComparison.Ordinal);
        double gain = Golden.Read(folder["s.npz"], "gain").Data.Single();
        Assert.Equal(gain, double.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture), 1e-12);
    }

    [Fact]
    public void OfAFiniteHorizonItGivesEachStep()
    {
        using ScratchFolder folder = new();
        Assert.Equal(
            0,
            Cli.Run(
                "solve", Golden.Problem("random-30x4"), "--out", folder["s.npz"], "--set", "criterion.kind=finite", "--set",
                "criterion.horizon=5").ExitCode);
        Assert.Equal([150], Golden.Read(folder["s.npz"], "V").Shape);
        CliResult refused =
            Cli.Run("solve", Golden.Problem("game-6x3x4.answer"), "--out", folder["t.npz"], "--set", "criterion.kind=average");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("average reward of a game", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void OfAGameItGivesTablesOverStatesAndLeaderActions()
    {
        using ScratchFolder folder = new();
        Assert.Equal(0, Cli.Run("solve", Golden.Problem("game-6x3x4.answer"), "--out", folder["s.npz"]).ExitCode);
        Assert.Equal([6, 3], Golden.Read(folder["s.npz"], "V").Shape);
        Assert.Equal([6, 3, 4], Golden.Read(folder["s.npz"], "Q").Shape);
        Assert.Equal([6, 3], Golden.Read(folder["s.npz"], "leader_policy").Shape);
        Assert.All(Golden.Read(folder["s.npz"], "g").Data.Chunk(4), row => Assert.Equal(1, row.Sum(), 1e-12));
    }

    [Fact]
    public void JsonTellsWhatTheFileHolds()
    {
        using ScratchFolder folder = new();
        CliResult result = Cli.Run("solve", Golden.Problem("random-30x4"), "--out", folder["s.npz"], "--json");
        using JsonDocument json = JsonDocument.Parse(result.Output);
        JsonElement root = json.RootElement;
        Assert.Equal(
            (30, 4, true),
            (root.GetProperty("states").GetInt32(), root.GetProperty("actions").GetInt32(), root.GetProperty("converged").GetBoolean()));
        foreach (string name in new[] { "residual", "bound", "iterations", "products" })
            Assert.Equal(Golden.Read(folder["s.npz"], name).Data.Single(), root.GetProperty(name).GetDouble());
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("sweeps")]
    [InlineData("gauss-seidel")]
    [InlineData("shifted")]
    [InlineData("anderson")]
    [InlineData("policy-iteration")]
    public void EveryMethodGivesTheGoldenAnswersAndTellsItsName(string method)
    {
        using ScratchFolder folder = new();
        CliResult result = Cli.Run("solve", Golden.Problem("random-30x4"), "--out", folder["s.npz"], "--method", method, "--json");
        Assert.Equal((0, ""), (result.ExitCode, result.Complaints));
        Golden.AssertClose(Golden.Answer("random-30x4", "V"), Golden.Read(folder["s.npz"], "V"), 1e-9);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        string told = json.RootElement.GetProperty("method").GetString()!;
        if (method == "auto") Assert.Contains(told, new[] { "sweeps", "shifted", "policy-iteration" });
        else Assert.Equal(method, told);
    }

    [Fact]
    public void TooFewSweepsFailAndTellTheResidual()
    {
        using ScratchFolder folder = new();
        CliResult result = Cli.Run(
            "solve", Golden.Problem("random-30x4"), "--out", folder["s.npz"], "--max-sweeps", "3", "--method", "sweeps");
        Assert.Equal(1, result.ExitCode);
        string line = Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("fasthyper: the solve stopped after 3 sweeps at residual 9.53E-001; expected 1.00E-011", line);
    }
}
