using System.Text.Json;
using System.Xml.Linq;
using FastHyper.Experiments;
using FastHyper.Files;
using FastHyper.Tests.Experiments;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Cli;

/// <summary>A run of which some leaders diverge, and one of which all do.</summary>
[Collection(Host.Alone)]
public sealed class DivergenceTests : IDisposable
{
    // Gradients are x: with a rate of 1e60 rewards of x² have no sum after three steps.
    private static readonly string[] s_run =
        ["run", "random-mdp", "--iterations", "6", "--seeds", "2", "--set", "record_every=2", "--set", "leader.gradient_clip=null"];
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OthersFinishAndTheRecordsTell()
    {
        CliResult result = Run("mixed", "--set", "grid.learning_rate=[0.1, 1e60]"),
            calm = Run("calm", "--set", "grid.learning_rate=[0.1, 0.01]");
        Assert.Equal((0, ""), (calm.ExitCode, calm.Error));
        Assert.Equal(0, result.ExitCode);
        string[] lines = result.Error.TrimEnd('\n').Split('\n');
        Assert.Equal(
            [.. from seed in new[] { 1, 2 } select $"fasthyper: seed {seed}, learning rate 1E+60 diverged at iteration 3: random-mdp: "
                + $"follower reward[0] = NaN; expected a finite number"],
            lines);
        Assert.Contains("over 2 seeds after 6 iterations", result.Output);
        Assert.Contains("\n2 of 4 leaders finished, 2 diverged\n", result.Output);

        IReadOnlyList<MetricsRow> rows = Metrics("mixed"), expected = Metrics("calm");
        for (int i = 0; i < rows.Count; i++)
        {
            if (i % 4 < 2) Assert.Equal(expected[i] with { Seconds = 0 }, rows[i] with { Seconds = 0 });
            else Assert.Equal(rows[i].Iteration > 3, double.IsNaN(rows[i].Objective) && double.IsNaN(rows[i].Entropy)
                && double.IsNaN(rows[i].DirectNorm));
        }

        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder["mixed"], "summary.json")));
        Assert.Equal(
            (4, 2), (summary.RootElement.GetProperty("leaders").GetInt32(), summary.RootElement.GetProperty("finished").GetInt32()));
        Assert.Equal(
            [2, 3], summary.RootElement.GetProperty("diverged").EnumerateArray().Select(item => item.GetProperty("leader").GetInt32()));
        Assert.All(
            summary.RootElement.GetProperty("diverged").EnumerateArray(),
            item => Assert.Equal(3, item.GetProperty("iteration").GetInt64()));
        Assert.Equal(JsonValueKind.Null, summary.RootElement.GetProperty("settings")[1].GetProperty("objective_mean").ValueKind);
        Assert.All(
            summary.RootElement.GetProperty("settings")[1].GetProperty("objectives").EnumerateArray(),
            item => Assert.Equal(JsonValueKind.Null, item.ValueKind));

        string report = XDocument.Load(Path.Combine(_folder["mixed"], "report.html")).ToString();
        Assert.Contains("2 of 4", report);
        Assert.Contains("seed 2, learning rate 1E+60", report);
        Assert.Contains("0 of 2 finished", report);

        // The parameters are those that it last had, neither the first ones nor infinite.
        using NpzReader checkpoint = NpzReader.Open(Path.Combine(_folder["mixed"], "checkpoint.npz"));
        Assert.All(
            checkpoint.ReadDoubles("x").Data.Chunk(checkpoint.ReadDoubles("x").Shape[1]).Skip(2),
            x => Assert.InRange(x.Max(Math.Abs), 1e170, 1e185));
    }

    [Fact]
    public void WhereAllDivergeTheRunFails()
    {
        CliResult result = Run("lost", "--set", "grid.learning_rate=[1e60, 1e70]");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(5, result.Error.TrimEnd('\n').Split('\n').Length);
        Assert.EndsWith(
            $"fasthyper: all 4 leaders diverged by iteration 3; what there is of the run is in {_folder["lost"]}\n", result.Error);
        Assert.DoesNotContain("report", result.Output);
        Assert.Equal([0, 2], Metrics("lost").Select(row => row.Iteration).Distinct());

        CliResult resumed = Host.Run("run", "--resume", _folder["lost"], "--iterations", "9");
        Assert.Equal((1, result.Error), (resumed.ExitCode, resumed.Error));
    }

    [Fact]
    public void ACheckpointThatNamesNoLeaderIsRefused()
    {
        Assert.Equal(0, Run("mixed", "--set", "grid.learning_rate=[0.1, 1e60]").ExitCode);
        string config = Path.Combine(_folder["mixed"], "config.yaml"), checkpoint = Path.Combine(_folder["mixed"], "checkpoint.npz");
        StoredArrays.Edit(checkpoint, "diverged", seal: true, 4, 3, 2, 3);
        Assert.Contains(
            "checkpoint.npz: diverged does not name leaders of 0 to 3",
            Host.Refusal("run", "--resume", _folder["mixed"], "--iterations", "9"));
        Assert.True(File.Exists(config));
    }

    private IReadOnlyList<MetricsRow> Metrics(string folder) => MetricsFile.Read(Path.Combine(_folder[folder], "metrics.csv"));

    private CliResult Run(string folder, params string[] options) => Host.Run([.. s_run, .. options, "--out", _folder[folder]]);
}
