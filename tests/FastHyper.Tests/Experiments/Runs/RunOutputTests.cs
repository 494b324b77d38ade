using System.Text.Json;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Files;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>What a run leaves says what the run was, and in every form the same.</summary>
public sealed class RunOutputTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MetricsTellWhoseTheyAreAndWhatTheyCost()
    {
        SmallRun.Begin(_folder["run"], 4, SmallRun.Host(), "grid.learning_rate=[0.1, 0.2, 0.3]");
        MetricsRow[] rows = [.. MetricsFile.Read(Path.Combine(_folder["run"], "metrics.csv"))];
        Assert.Equal(Enumerable.Range(0, 6), rows[..6].Select(row => row.Leader));
        Assert.Equal([0, 0, 1, 1, 2, 2], rows[..6].Select(row => row.Setting));
        Assert.All(rows, row => Assert.Equal(10 * row.Iteration, row.EnvironmentSteps));
        foreach (MetricsRow row in rows.Skip(6))
        {
            Assert.InRange(row.GradientNorm, 1e-12, row.DirectNorm + row.ResponseNorm + 1e-12);
            Assert.True(row.GradientNorm >= Math.Abs(row.DirectNorm - row.ResponseNorm) - 1e-12);
        }
    }

    [Theory]
    [InlineData("bc-hg", 10, "estimator.steps=10")]
    [InlineData("exact", 0)]
    [InlineData("zero-order", 20, "estimator.steps=10")]
    [InlineData("zero-order", 10, "estimator.steps=10", "estimator.zero_order.difference=one-point")]
    [InlineData("zero-order", 0, "estimator.zero_order.model=true")]
    [InlineData("hpgd-oracle", 17, "estimator.steps=10", "estimator.restart_steps=7")]
    public void AnEstimateIsMadeOfSoManySteps(string estimator, long steps, params string[] settings) =>
        Assert.Equal(steps, ConfigFile.Resolve("random", [$"estimator.name={estimator}", .. settings]).CreateEstimator().EnvironmentSteps);

    /// <summary>x are those of the checkpoint, and policy and V those that solving at x gives.</summary>
    [Fact]
    public void TheResultIsWhatLeadersCameTo()
    {
        RunSummary summary = SmallRun.Begin(_folder["run"], 4, SmallRun.Host());
        string path = Path.Combine(_folder["run"], "result.npz");
        using NpzReader result = NpzReader.Open(path);
        Assert.Equal([1.0, 2], result.ReadDoubles("seed").Data);
        Assert.Equal(4, result.ReadDoubles("iteration").Data[0]);
        Assert.Equal(summary.Settings[0].Objectives, result.ReadDoubles("objective").Data);
        NpyArray<double> x = result.ReadDoubles("x"), policy = result.ReadDoubles("policy"), v = result.ReadDoubles("V");
        Assert.Equal([2, 3], x.Shape);
        Assert.Equal([2, 1, 5, 2], policy.Shape);
        Assert.Equal([2, 1, 5], v.Shape);
        using NpzReader checkpoint = NpzReader.Open(Path.Combine(_folder["run"], "checkpoint.npz"));
        Assert.Equal(checkpoint.ReadDoubles("x").Data, x.Data);

        using CpuBackend backend = new(threads: 1);
        for (int leader = 0; leader < 2; leader++)
        {
            ProblemSolution solution = ProblemSolution.Solve(
                SmallRun.Config(4).CreateFiniteProblem("test"), backend, Precision.F64, new() { Tolerance = 1e-11 },
                x: x.Data[(3 * leader)..(3 * leader + 3)]);
            for (int i = 0; i < 10; i++) Assert.Equal(solution.Policy[i], policy.Data[(10 * leader) + i], 1e-6);
            for (int s = 0; s < 5; s++) Assert.Equal(solution.V[s], v.Data[(5 * leader) + s], 1e-6);
        }
    }

    [Fact]
    public void TheSummaryTellsWhereItComesFrom()
    {
        SmallRun.Begin(_folder["run"], 2, SmallRun.Host(), "grid.learning_rate=[0.1, 0.2]");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder["run"], "summary.json")));
        JsonElement json = document.RootElement;
        Assert.Matches("^[0-9]+[.][0-9]+[.][0-9]+", json.GetProperty("version").GetString()!);
        Assert.Equal(Environment.MachineName, json.GetProperty("host").GetString());
        Assert.Equal("1970-01-01T00:00:00Z", json.GetProperty("date").GetString());
        Assert.NotEqual("", json.GetProperty("processor").GetString());
        Assert.Contains(
            Path.GetFileName(Environment.GetCommandLineArgs()[0]), json.GetProperty("command_line").GetString(), StringComparison.Ordinal);
        Assert.Equal(2 * 10 * 4, json.GetProperty("environment_steps").GetInt64());
        Assert.Equal("best of 2 settings, chosen on the same seeds", json.GetProperty("best").GetProperty("choice").GetString());
        RunSummary read = RunSummary.TryLoad(_folder["run"])!;
        Assert.Equal((80, json.GetProperty("commit").GetString()), (read.EnvironmentSteps, read.Origin!.Commit));
    }

    [Fact]
    public void ASingleSettingIsNotChosen()
    {
        SmallRun.Begin(_folder["run"], 2, SmallRun.Host());
        Assert.DoesNotContain("chosen", File.ReadAllText(Path.Combine(_folder["run"], "summary.json")), StringComparison.Ordinal);
    }

    /// <summary>What a flat curve has left to tell is on an axis of powers of ten; settings are in a table, the best one named.</summary>
    [Fact]
    public void TheReportHasSettingsAndGaps()
    {
        string Report(string folder) => File.ReadAllText(Path.Combine(_folder[folder], "report.html"));
        RunConfig config =
            ConfigFile.Resolve("random-mdp", ["iterations=1000", "seeds=2", "record_every=20", "grid.learning_rate=[0.05, 0.1]"]);
        using (Run run = Run.Begin(config, _folder["flat"], SmallRun.Host())) run.Execute(null, CancellationToken.None);
        string flat = Report("flat");
        Assert.Contains("Distance to the best mean of the run", flat, StringComparison.Ordinal);
        Assert.Matches(">10⁻[¹²³⁴⁵⁶⁷⁸⁹]", flat);
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(flat, "<td>best of 2 settings, chosen on the same seeds</td>"));
        Assert.Contains("± and bands are one standard error of the mean over the seeds", flat, StringComparison.Ordinal);

        SmallRun.Begin(_folder["steep"], 4, SmallRun.Host());
        Assert.DoesNotContain("Distance to the best mean", Report("steep"), StringComparison.Ordinal);
        Assert.DoesNotContain("chosen on", Report("steep"), StringComparison.Ordinal);
    }

    /// <summary>A problem file that has moved is the same problem; another one is not.</summary>
    [Fact]
    public void AMovedProblemFileIsGoneOnWith()
    {
        File.Copy(Cli.Golden.Problem("random-30x4"), _folder["a.npz"]);
        using (Run run = Run.Begin(
            ConfigFile.Resolve(_folder["a.npz"], ["iterations=2", "seeds=1", "estimator.name=exact"]), _folder["run"]))
            run.Execute(null, CancellationToken.None);
        File.Move(_folder["a.npz"], _folder["it's b.npz"]);
        Assert.Contains(
            "a.npz", Assert.Throws<InvalidInputException>(() => Run.Resume(_folder["run"], 3)).Message, StringComparison.Ordinal);

        string other = Assert.Throws<InvalidInputException>(
            () => Run.Resume(_folder["run"], 3, problem: Cli.Golden.Problem("random-cold-64x3"))).Message;
        Assert.Contains("has SHA-256", other, StringComparison.Ordinal);
        Assert.Contains(
            "expected a problem file (.npz)",
            Assert.Throws<InvalidInputException>(() => Run.Resume(_folder["run"], 3, problem: "random")).Message, StringComparison.Ordinal);
        using (Run run = Run.Resume(_folder["run"], 3, problem: _folder["it's b.npz"]))
            Assert.Equal(3, run.Execute(null, CancellationToken.None).Iterations);

        // From then on it lies there.
        using Run again = Run.Resume(_folder["run"], 4);
        Assert.Equal(4, again.Execute(null, CancellationToken.None).Iterations);
    }
}
