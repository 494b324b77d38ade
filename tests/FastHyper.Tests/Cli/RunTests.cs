using System.Text.Json;
using System.Xml.Linq;
using FastHyper.Experiments;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

[Collection(Host.Alone)]
public sealed class RunTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private string Out => _folder["out"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LeavesAWholeFolder()
    {
        CliResult result = Cli.Run("run", "four-rooms", "--iterations", "30", "--seeds", "3", "--set", "record_every=10", "--out", Out);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("over 3 seeds after 30 iterations", result.Output);
        Assert.Equal(
            [".fasthyper.lock", "checkpoint.npz", "config.yaml", "figure.pdf", "figure.svg", "metrics.csv", "report.html", "result.npz",
                "summary.json"],
            Directory.GetFileSystemEntries(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        Assert.All(File.ReadAllLines(Path.Combine(Out, "metrics.csv")), line => Assert.Equal(19, line.Split(',').Length));
        IReadOnlyList<MetricsRow> rows = Rows();
        Assert.Equal([0, 0, 0, 10, 10, 10, 20, 20, 20, 30, 30, 30], rows.Select(row => row.Iteration));
        Assert.All(rows.Chunk(3), chunk => Assert.Equal([1UL, 2, 3], chunk.Select(row => row.Seed)));

        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(Out, "summary.json")));
        Assert.True(summary.RootElement.GetProperty("completed").GetBoolean());
        Assert.Equal(30, summary.RootElement.GetProperty("iterations").GetInt64());
        Assert.Equal(
            rows.TakeLast(3).Select(row => row.Objective),
            summary.RootElement.GetProperty("settings")[0].GetProperty("objectives").EnumerateArray().Select(j => j.GetDouble()));

        XDocument report = XDocument.Load(Path.Combine(Out, "report.html"));
        Assert.Contains(report.Descendants(), element => element.Name.LocalName == "svg");
    }

    [Fact]
    public void JsonKeepsProgressOffStandardOutput()
    {
        CliResult result = Cli.Run("run", "random", "--iterations", "2", "--seeds", "1", "--json", "--out", Out);
        using JsonDocument summary = JsonDocument.Parse(result.Output);
        Assert.Equal("random", summary.RootElement.GetProperty("problem").GetString());
        Assert.StartsWith("iteration ", result.Error);
    }

    [Fact]
    public void LogsInOtherForms()
    {
        Assert.Equal(
            0, Host.Run("run", "random", "--iterations", "2", "--seeds", "1", "--log", "jsonl", "tensorboard", "--out", Out).ExitCode);
        Assert.Equal(Rows().Count, File.ReadAllLines(Path.Combine(Out, "metrics.jsonl")).Length);
        Assert.NotEmpty(File.ReadAllBytes(Path.Combine(Out, "events.out.tfevents.fasthyper")));
        Assert.Contains("log[0]: value yaml", Host.Refusal("run", "random", "--log", "yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void RunsAProblemFile()
    {
        Begin(Golden.Problem("random-30x4"), "--estimator", "exact", "--iterations", "5");
        Assert.Equal(Golden.Answer("random-30x4", "objective").Data.Single(), Rows()[0].Objective, 1e-7);
        Assert.True(Rows()[^1].Objective > Rows()[0].Objective);
    }

    [Fact]
    public void AGridRunsEveryPointWithEverySeed()
    {
        Begin(
            "random", "--iterations", "3", "--seeds", "2", "--set", "grid.learning_rate=[0.1, 0.01]", "--set",
            "grid.training_temperature=[0.1, 0.2, 0.3]");
        MetricsRow[] first = [.. Rows().Take(12)];
        Assert.Equal(
            from rate in new[] { 0.1, 0.01 }
            from temperature in new[] { 0.1, 0.2, 0.3 }
            from seed in new ulong[] { 1, 2 }
            select (
                rate, temperature, seed),
            first.Select(row => (row.LearningRate, row.Temperature, row.Seed)));
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(Out, "summary.json")));
        Assert.Equal(6, summary.RootElement.GetProperty("settings").GetArrayLength());
    }

    [Fact]
    public void OptionsWinOverTheConfigurationAndSettingsOverOptions()
    {
        File.WriteAllText(_folder["c.yaml"], "problem: random\niterations: 7\nseeds: 5\nseed: 40\nrandom:\n  states: 12\n");
        Begin(_folder["c.yaml"], "--iterations", "2", "--seeds", "3", "--set", "seeds=2");
        Assert.Equal([(0, 40UL), (0, 41), (2, 40), (2, 41)], Rows().Select(row => (row.Iteration, row.Seed)));
        Assert.Contains("states: 12", File.ReadAllText(Path.Combine(Out, "config.yaml")));
    }

    private IReadOnlyList<MetricsRow> Rows() => MetricsFile.Read(Path.Combine(Out, "metrics.csv"));

    private void Begin(params string[] arguments)
    {
        CliResult result = Host.Run(["run", .. arguments, "--out", Out]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
    }
}
