using FastHyper.Experiments;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>
/// Runs that are asked to stop, and wait for nothing: what they leave can be gone on with to the bytes of an uninterrupted run.
/// </summary>
public sealed class StopTests : IDisposable
{
    private const int Iterations = 6;
    private readonly ScratchFolder _folder = new();
    private readonly SortedDictionary<string, byte[]> _whole;

    public StopTests()
    {
        SmallRun.Begin(_folder["whole"], Iterations, SmallRun.Host());
        _whole = SmallRun.Files(_folder["whole"]);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Stopped with an iteration done, and no time to evaluate it: the checkpoint is of that iteration, and the summary of the rows
    /// there are.
    /// </summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 2)]
    [InlineData(Iterations, Iterations)]
    public void BetweenTwoIterations(long at, long recorded)
    {
        string folder = _folder["run"];
        RunSummary summary = Stopped(folder, SmallRun.Host() with { Grace = TimeSpan.Zero }, progress => progress.Iteration == at);
        Assert.Equal((at, recorded, false), (summary.Iterations, summary.ObjectivesAt, summary.Completed));
        IReadOnlyList<MetricsRow> rows = MetricsFile.Read(Path.Combine(folder, "metrics.csv"));
        Assert.Equal(rows.TakeLast(2).Select(row => row.Objective), summary.Settings.Single().Objectives);
        RunSummary stored = RunSummary.TryLoad(folder)!;
        Assert.Equal((at, recorded, false), (stored.Iterations, stored.ObjectivesAt, stored.Completed));
        SmallRun.Resume(folder, SmallRun.Host());
        SmallRun.AssertSame(_whole, SmallRun.Files(folder), "resumed");
    }

    /// <summary>Within an iteration that takes long what is done of it is dropped, and the run goes on from its last checkpoint.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void WithinAnIteration(long at)
    {
        string folder = _folder["run"];
        HashSet<string> told = [];
        RunSummary summary = Stopped(folder, Hasty(), progress =>
        {
            if (progress.Iteration == at && progress.Activity is string activity) told.Add(activity.Split(':')[0]);
            return told.Count == 2;
        });
        Assert.Equal((at, false), (summary.Iterations, summary.Completed));
        Assert.Equal(["the critic's passes", "the follower's sweeps"], told.Order(StringComparer.Ordinal));
        SmallRun.Resume(folder, SmallRun.Host());
        AssertSameButForSeconds(folder);
    }

    [Fact]
    public void BeforeTheFirstCheckpoint()
    {
        string folder = _folder["run"];
        using (CancellationTokenSource stop = new())
        using (Run run = Run.Begin(SmallRun.Config(Iterations), folder, Hasty()))
        {
            Assert.Throws<OperationCanceledException>(() => run.Execute(
                new OnReport(progress =>
                {
                    if (progress.Activity is not null) stop.Cancel();
                }),
                stop.Token));
            Assert.Throws<InvalidOperationException>(() => run.Execute(null, CancellationToken.None));
        }

        Assert.DoesNotContain("checkpoint.npz", SmallRun.Files(folder).Keys);
        SmallRun.Resume(folder, SmallRun.Host());
        SmallRun.AssertSame(_whole, SmallRun.Files(folder), "begun again");
    }

    [Fact]
    public void ARunThatHasTimeEndsWhole()
    {
        using CancellationTokenSource stop = new();
        stop.Cancel();
        using Run run = Run.Begin(SmallRun.Config(Iterations), _folder["run"], SmallRun.Host() with { Grace = TimeSpan.FromDays(1) });
        RunSummary summary = run.Execute(null, stop.Token);
        Assert.Equal((0L, false, null), (summary.Iterations, summary.Completed, summary.ObjectivesAt));
        Assert.True(File.Exists(Path.Combine(_folder["run"], "report.html")));
    }

    private static RunHost Hasty() => SmallRun.Host() with { Clock = new LeapingClock(), Grace = TimeSpan.Zero };

    private static RunSummary Stopped(string folder, RunHost host, Func<RunProgress, bool> when)
    {
        using CancellationTokenSource stop = new();
        using Run run = Run.Begin(SmallRun.Config(Iterations), folder, host);
        return run.Execute(
            new OnReport(progress =>
            {
                if (when(progress)) stop.Cancel();
            }),
            stop.Token);
    }

    private void AssertSameButForSeconds(string folder)
    {
        IEnumerable<MetricsRow> Rows(string name) =>
            MetricsFile.Read(Path.Combine(name, "metrics.csv")).Select(row => row with { Seconds = 0 });
        Assert.Equal(Rows(_folder["whole"]), Rows(folder));
        Assert.Equal(_whole["figure.svg"], SmallRun.Files(folder)["figure.svg"]);
        double[] Objectives(string name) => RunSummary.TryLoad(name)!.Settings.Single().Objectives;
        Assert.Equal(Objectives(_folder["whole"]), Objectives(folder));
    }

    /// <summary>A clock by which everything takes long.</summary>
    private sealed class LeapingClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _now += 60;
    }
}
