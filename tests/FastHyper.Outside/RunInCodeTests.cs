using FastHyper.Backends.Cpu;
using FastHyper.Backends.Selection;
using FastHyper.Experiments;
using FastHyper.Files;
using FastHyper.Leaders;

namespace FastHyper.Outside;

/// <summary>A user's own problem and estimator, run from code.</summary>
public sealed class RunInCodeTests : IDisposable
{
    private static readonly string[] s_files =
        ["checkpoint.npz", "config.yaml", "figure.pdf", "figure.svg", "metrics.csv", "report.html", "result.npz", "summary.json"];
    private readonly Scratch _folder = new();

    private static RunSetup Setup => new(new Shop(new ShopOptions { Shelves = 3 }), new Spsa())
    {
        Options = new RunOptions { Iterations = 40, Seeds = 3, RecordEvery = 5, LearningRate = 0.3 },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ARunLeavesItsFolderAndTellsOfItsProgress()
    {
        List<RunProgress> told = [];
        using Run run = Run.Begin(Setup, _folder["run"]);
        RunSummary summary = run.Execute(new Told(told.Add), CancellationToken.None);
        Assert.True(summary.Completed);
        Assert.True(summary.Best.Mean > summary.InitialObjective + 0.5, $"{summary.InitialObjective} -> {summary.Best.Mean}");
        Assert.Equal(("my-shop", "spsa"), (summary.Problem, summary.Estimator));
        Assert.Equal(40, told[^1].Iteration);
        foreach (string file in s_files) Assert.True(new FileInfo(Path.Combine(_folder["run"], file)).Length > 0, file);
        string config = File.ReadAllText(Path.Combine(_folder["run"], "config.yaml"));
        Assert.Contains("estimator:\n  name: spsa\n  distance: 0.001\n", config, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunThatWasStoppedIsResumedToTheSameBits()
    {
        using (Run whole = Run.Begin(Setup, _folder["whole"])) whole.Execute(null, CancellationToken.None);
        using CancellationTokenSource stop = new();
        using (Run first = Run.Begin(Setup, _folder["parts"]))
            Assert.False(first.Execute(new Told(progress => { if (progress.Iteration >= 10) stop.Cancel(); }), stop.Token).Completed);
        using (Run second = Run.Resume(Setup, _folder["parts"])) Assert.True(second.Execute(null, CancellationToken.None).Completed);
        Assert.Equal(Rows("whole"), Rows("parts"));
        Assert.Equal(X("whole"), X("parts"));
    }

    [Fact]
    public void ARunOfAnotherSetupIsNotResumed()
    {
        using (Run run = Run.Begin(Setup, _folder["run"])) run.Execute(null, CancellationToken.None);
        RunSetup other = Setup with { Estimator = new Spsa { Distance = 0.5 } };
        Assert.EndsWith(
            "config.yaml: estimator.distance: 0.5; expected estimator.distance: 0.001, as when the run began",
            Refusal(() => Run.Resume(other, _folder["run"])), StringComparison.Ordinal);
        RunSetup dearer = Setup with { Problem = new Shop(new ShopOptions { Shelves = 3, Value = 2 }) };
        Assert.Contains("config.yaml: problem_hash: ", Refusal(() => Run.Resume(dearer, _folder["run"])), StringComparison.Ordinal);
        Assert.StartsWith("problem: 'my-shop'; expected", Refusal(() => Run.Resume(_folder["run"])), StringComparison.Ordinal);
    }

    [Fact]
    public void APullbackIsChecked()
    {
        using CpuBackend backend = new(1);
        Assert.True(GradientCheck.Run(new Shop(new ShopOptions()), backend).Passed);
    }

    [Fact]
    public void LeadersOfOnesOwnLoopHaveCheckpoints()
    {
        using var backend = BackendSelector.Create("auto", threads: 1);
        using Leader straight = Setup.CreateLeader(backend), restored = Setup.CreateLeader(backend);
        for (int i = 0; i < 4; i++) straight.Step();
        Checkpoint.Save(_folder["c.npz"], straight);
        Checkpoint.Read(_folder["c.npz"]).Restore(restored);
        straight.Step();
        restored.Step();
        Assert.Equal(5, restored.Iteration);
        for (int leader = 0; leader < 3; leader++) Assert.Equal(straight.Parameters(leader), restored.Parameters(leader));
    }

    [Fact]
    public void OptionsAreHeldToTheirRanges() =>
        Assert.Equal("shop: shelves = 1; expected an integer in [2, 100]", Refusal(() => new ShopOptions { Shelves = 1 }));

    private static string Refusal(Func<object> work) => Assert.Throws<InvalidInputException>(work).Message;

    private IEnumerable<MetricsRow> Rows(string run) =>
        MetricsFile.Read(Path.Combine(_folder[run], "metrics.csv")).Select(row => row with { Seconds = 0 });

    private double[] X(string run)
    {
        using NpzReader reader = NpzReader.Open(Path.Combine(_folder[run], "checkpoint.npz"));
        return reader.ReadDoubles("x").Data;
    }

    private sealed class Told(Action<RunProgress> tell) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) => tell(value);
    }
}
