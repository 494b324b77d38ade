using System.Diagnostics;
using System.Globalization;
using FastHyper.Experiments;
using FastHyper.Tests.Cli;

namespace FastHyper.Tests.Experiments.Runs;

/// <summary>A folder has one writer at a time, whoever else wants it.</summary>
public sealed class RunFolderTests : IDisposable
{
    private const string InUse = "another run writes to it at the moment; expected a folder of its own, or one whose run has ended";

    // What is refused for its folder is refused before anything is computed, or else this would be refused first.
    private static readonly RunConfig s_unknown = ConfigFile.Resolve("unknown.npz", []);
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ASecondWriterIsRefusedAtOnce()
    {
        string folder = _folder["run"];
        using (Run run = Run.Begin(SmallRun.Config(2), folder, SmallRun.Host()))
        {
            string refusal = $"{folder}: {InUse}";
            Assert.Equal(refusal, Refusal(() => Run.Begin(s_unknown, folder)));
            Assert.Equal(refusal, Refusal(() => Run.Resume(folder)));
            CliResult other = Cli.Cli.Run("run", "random", "--out", folder);
            Assert.Equal((2, "", $"fasthyper: {refusal}\n"), (other.ExitCode, other.Output, other.Error));
            run.Execute(null, CancellationToken.None);
            Assert.Equal(refusal, Refusal(() => Run.Resume(folder)));
        }

        SortedDictionary<string, byte[]> files = SmallRun.Files(folder);
        Assert.Equal(
            $"{folder}: holds something already; expected a new or empty folder, or --resume to go on with a run",
            Refusal(() => Run.Begin(s_unknown, folder)));
        SmallRun.Resume(folder, SmallRun.Host());
        SmallRun.AssertSame(files, SmallRun.Files(folder), "resumed after all");
    }

    [Fact]
    public void ManyAtOnceTakeFoldersOfTheirOwn()
    {
        const int runs = 12;
        using Barrier together = new(runs);
        string[] folders = new string[runs];
        Thread[] threads = [.. Enumerable.Range(0, runs).Select(i => new Thread(() =>
        {
            together.SignalAndWait();
            using Run run = Run.BeginNext(SmallRun.Config(2, $"seed={10 * i}"), _folder["run"]);
            folders[i] = run.Folder;
            run.Execute(null, CancellationToken.None);
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.Equal(
            Enumerable.Range(1, runs).Select(i => _folder[i == 1 ? "run" : $"run-{i}"]).Order(StringComparer.Ordinal),
            folders.Order(StringComparer.Ordinal));
        for (int i = 0; i < runs; i++)
            Assert.Equal([10UL * (ulong)i, (10UL * (ulong)i) + 1], Seeds(folders[i]));
    }

    [Fact]
    public async Task ProcessesAtOnceTakeFoldersOfTheirOwn()
    {
        Process[] processes = [.. Enumerable.Range(1, 4).Select(seed => Cli.Cli.StartIn(
            _folder[""], "run", "random", "--iterations", "2", "--seeds", "1", "--set", "random.states=5",
            "--seed", seed.ToString(CultureInfo.InvariantCulture)))];
        foreach (Process process in processes)
        {
            Task<string> error = process.StandardError.ReadToEndAsync();
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal((0, ""), (process.ExitCode, await error));
            process.Dispose();
        }

        Assert.Equal(
            "1 2 3 4", string.Join(" ", Directory.GetDirectories(_folder["runs"]).Select(folder => Assert.Single(Seeds(folder))).Order()));
    }

    [Fact]
    public async Task AKilledProcessLeavesItsFolderToOthers()
    {
        string folder = _folder["run"];
        using Process process = Cli.Cli.StartIn(
            _folder[""], "run", "random", "--iterations", "100000000", "--seeds", "1", "--set", "record_every=1", "--out", folder);
        Assert.StartsWith("iteration 0/", await process.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        Assert.EndsWith(InUse, Refusal(() => Run.Resume(folder)), StringComparison.Ordinal);
        process.Kill();
        await process.WaitForExitAsync();
        using Run run = Run.Resume(folder);
        Assert.Equal(0, run.Iteration);
    }

    [Theory]
    [InlineData("config.yaml")]
    [InlineData("metrics.csv")]
    [InlineData("notes.txt")]
    public void WhatOthersHaveThereStays(string name)
    {
        string folder = SmallRun.Put(_folder["run"], new Dictionary<string, byte[]> { [name] = "mine"u8.ToArray() });
        Assert.Contains("holds something already", Refusal(() => Run.Begin(SmallRun.Config(1), folder)), StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => Run.Resume(folder));
        Assert.Equal([name], SmallRun.Files(folder).Keys);

        // So it does beside what a run left that was killed as it began.
        File.WriteAllText(Path.Combine(folder, ".fasthyper.lock"), "");
        if (name == "config.yaml") return;
        Assert.Contains("holds something already", Refusal(() => Run.Begin(SmallRun.Config(1), folder)), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(folder, name)));
    }

    [Fact]
    public void AFinishedRunWithoutItsCheckpointIsNotBegunAgain()
    {
        string folder = _folder["run"];
        SmallRun.Begin(folder, 2, SmallRun.Host());
        foreach (string name in (string[])["checkpoint.npz", "summary.json", "report.html", "figure.svg"])
            File.Delete(Path.Combine(folder, name));
        SortedDictionary<string, byte[]> files = SmallRun.Files(folder);
        Assert.EndsWith(
            "checkpoint.npz: is not there; expected the folder of a run", Refusal(() => Run.Resume(folder)), StringComparison.Ordinal);
        Assert.Contains("holds something already", Refusal(() => Run.Begin(SmallRun.Config(1), folder)), StringComparison.Ordinal);
        SmallRun.AssertSame(files, SmallRun.Files(folder), "refused");
    }

    [Fact]
    public void AFolderThatCannotBeUsedIsGivenBack()
    {
        Assert.Throws<InvalidInputException>(() => Run.Begin(s_unknown, Path.Combine(_folder["one"], "two", "three")));
        Assert.Throws<InvalidInputException>(() => Run.BeginNext(s_unknown, Path.Combine(_folder["runs"], "unknown")));
        Assert.Empty(_folder.Entries);
    }

    [Fact]
    public void MetricsThatAnotherProgramWritesToStopTheRun()
    {
        using Run run = Run.Begin(SmallRun.Config(4), _folder["run"], SmallRun.Host());
        string metrics = Path.Combine(_folder["run"], "metrics.csv");
        OnReport other = new(_ => File.AppendAllText(metrics, "2,1,0.1,0.1,1,,,,,,,,,1,0\n"));
        Assert.Equal(
            $"{metrics}: has changed since this run wrote to it; expected no other program to write there",
            Assert.Throws<InvalidOperationException>(() => run.Execute(other, CancellationToken.None)).Message);
    }

    /// <summary>A run that is refused where another was killed as it began leaves what that left.</summary>
    [Fact]
    public void WhatAKilledRunLeftStaysWhereTheNextIsRefused()
    {
        SortedDictionary<string, byte[]> left = new(StringComparer.Ordinal)
        {
            [".fasthyper.lock"] = [],
            ["config.yaml"] = [.. "seeds: 3\n"u8],
            ["metrics.csv"] = [.. "itera"u8],
        };
        string folder = SmallRun.Put(_folder["run"], left);
        Assert.Contains("unknown.npz: ", Refusal(() => Run.Begin(s_unknown, folder)), StringComparison.Ordinal);
        SmallRun.AssertSame(left, SmallRun.Files(folder), "refused");
    }

    /// <summary>Where machines do not see each other's locks, one refuses what another has not released.</summary>
    [Fact]
    public void WhereLocksAreLocalTheOwnersMachineIsNamed()
    {
        string folder = _folder[""];
        using (FolderLock first = FolderLock.TryTake(folder, false, "one")!) Assert.True(first.IsNew);
        // Released, it is anybody's.
        using (FolderLock second = FolderLock.TryTake(folder, false, "two")!) Assert.False(second.IsNew);
        // What a killed process leaves is its own machine's.
        File.WriteAllText(Path.Combine(folder, FolderLock.Name), "one");
        Assert.Null(FolderLock.TryTake(folder, false, "two"));
        Assert.Equal("one", FolderLock.Machine(folder));
        using (FolderLock own = FolderLock.TryTake(folder, false, "one")!) Assert.NotNull(own);
        Assert.Null(FolderLock.Machine(folder));
        using FolderLock last = FolderLock.TryTake(folder, false, "two")!;
        Assert.NotNull(last);
    }

    [Theory]
    [InlineData("/data/runs", false)]
    [InlineData("/scratch/a b/runs", true)]
    [InlineData("/scratch", false)]
    [InlineData("/lustre/x", true)]
    [InlineData("/nfs3", true)]
    [InlineData("/nfs33", false)]
    public void MountsTellWhetherTheirLocksAreLocal(string path, bool expected) => Assert.Equal(expected, Mounts.KeepLocksLocal(
        path,
        [
            "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
            "30 22 0:40 / /data rw,relatime shared:2 - nfs4 server:/data rw,vers=4.2,local_lock=none,addr=10.0.0.1",
            "31 22 0:41 / /scratch rw - nfs4 server:/scratch rw,vers=4.2,local_lock=none",
            @"32 31 0:42 / /scratch/a\040b rw - nfs server:/b rw,vers=3,local_lock=flock",
            "33 22 0:43 / /lustre rw - lustre mgs:/fs rw,localflock",
            "34 22 0:44 / /nfs3 rw - nfs server:/c rw,vers=3,nolock,local_lock=all",
        ]));

    [Fact]
    public void TheLockIsOne()
    {
        using (FolderLock first = FolderLock.TryTake(_folder[""])!)
        {
            Assert.True(first.IsNew && first.Holds());
            Assert.Null(FolderLock.TryTake(_folder[""]));
        }

        Assert.Null(FolderLock.TryTake(_folder[""], needsNew: true));
        using FolderLock second = FolderLock.TryTake(_folder[""])!;
        Assert.False(second.IsNew);
        second.Remove();
        Assert.Empty(_folder.Entries);
    }

    private static string Refusal(Func<object> act) => Assert.Throws<InvalidInputException>(act).Message;

    private static IEnumerable<ulong> Seeds(string folder) =>
        MetricsFile.Read(Path.Combine(folder, "metrics.csv")).Select(row => row.Seed).Distinct();
}
