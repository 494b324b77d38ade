using System.Diagnostics;
using System.Globalization;
using FastHyper.Experiments;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

/// <summary>Runs under a queue: what stops them, with which code, and that nothing is lost.</summary>
public sealed class QueueTests : IDisposable
{
    private const int Requeue = 75;

    // How a process ends, and whether it is at work by then.
    private static readonly (string Signal, int Lines)[] s_kills = [("-KILL", 0), ("-KILL", 1), ("-USR1", 1), ("-KILL", 1), ("-KILL", 0)];
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("-TERM")]
    [InlineData("-USR1")]
    [InlineData("-USR2")]
    public async Task ASignalOfTheQueueSavesAndAsksToBeRequeued(string signal)
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("signals by number");
        using Process run = Endless(_folder["out"]);
        Task<string> error = run.StandardError.ReadToEndAsync();
        Assert.StartsWith("iteration 0/", await run.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        // A queue may send several.
        for (int i = 0; i < 2; i++)
        {
            using Process kill = Process.Start("kill", [signal, run.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }

        await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.Equal(Requeue, run.ExitCode);
        Assert.StartsWith("fasthyper: stopped at iteration ", await error, StringComparison.Ordinal);
        using Run resumed = Run.Resume(_folder["out"]);
    }

    [Fact]
    public void TheSameCommandGoesOnUntilAllIsDone()
    {
        string[] command =
        [
            "run", "random", "--seeds", "2", "--iterations", "40", "--set", "record_every=4", "--set", "random.states=5", "--backend",
            "cpu",
        ];
        Assert.Equal(0, Cli.Run([.. command, "--out", _folder["whole"]]).ExitCode);
        CliResult first = Cli.Run([.. command, "--out", _folder["parts"], "--max-time", "0s"]);
        Assert.Equal(Requeue, first.ExitCode);
        Assert.Equal(0, Cli.Run([.. command, "--out", _folder["parts"]]).ExitCode);
        Assert.Equal(Rows("whole"), Rows("parts"));

        // What is done stays as it is, and another run has no place there.
        Assert.Equal(0, Cli.Run([.. command, "--out", _folder["parts"]]).ExitCode);
        Assert.Equal(Rows("whole"), Rows("parts"));
        CliResult other = Cli.Run([.. command, "--out", _folder["parts"], "--seed", "9"]);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("config.yaml: seed: 9; expected seed: 1, as when the run began", other.Error, StringComparison.Ordinal);
    }

    /// <summary>A process that is killed at any moment loses what is since its last checkpoint, and nothing else.</summary>
    [Fact]
    public async Task KilledAtAnyMomentARunComesToTheSameBits()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("signals by number");
        string[] command =
        [
            "run", "random", "--seeds", "2", "--set", "record_every=50", "--set", "random.states=5", "--backend", "cpu", "--threads", "1",
        ];
        long saved = 0;
        foreach ((string signal, int lines) in s_kills)
        {
            using Process run = Cli.Start(null, [.. command, "--iterations", "100000000", "--out", _folder["killed"]]);
            Task<string> error = run.StandardError.ReadToEndAsync();
            if (lines > 0) Assert.StartsWith("iteration ", await run.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
            using (Process kill = Process.Start(
                "kill", [signal, run.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
            await run.StandardOutput.ReadToEndAsync();
            await run.WaitForExitAsync();
            await error;
            if (!Run.IsBegun(_folder["killed"])) continue;
            using Run resumed = Run.Resume(_folder["killed"]);
            Assert.True(resumed.Iteration >= saved, $"{signal}: {resumed.Iteration} after {saved}");
            saved = resumed.Iteration;
        }

        string iterations = (saved + 7).ToString(CultureInfo.InvariantCulture);
        CliResult last = Cli.Run([.. command, "--iterations", iterations, "--out", _folder["killed"]]);
        Assert.True(last.ExitCode == 0, last.Error);
        Assert.Equal(0, Cli.Run([.. command, "--iterations", iterations, "--out", _folder["whole"]]).ExitCode);
        Assert.Equal(Rows("whole"), Rows("killed"));
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("15")]
    [InlineData("-3m")]
    [InlineData("1:70:00")]
    [InlineData("99999999h")]
    public void OtherTimesAreRefused(string text) => Assert.Contains(
        $"--max-time: '{text}'; expected 90s, 55m, 12h, 2d, H:MM:SS or D-HH:MM:SS",
        Cli.Run("run", "random", $"--max-time={text}", "--out", _folder["out"]).Error, StringComparison.Ordinal);

    [Fact]
    public async Task ASweepThatIsKilledAndRequeuedHasTheBytesOfOneProcess()
    {
        await File.WriteAllTextAsync(_folder["sweep.yaml"], """
            base: random
            set: {iterations: 300, record_every: 100, seeds: 2, random.states: 6, backend: cpu}
            axes:
              - grid: {random.actions: [2, 3], leader.learning_rate: [0.1, 0.2]}
            replicates: 2
            """);
        Assert.Equal(0, Cli.Run("sweep", _folder["sweep.yaml"], "--out", _folder["one"]).ExitCode);
        for (int shard = 1; shard <= 3; shard++)
        {
            string[] command = ["sweep", _folder["sweep.yaml"], "--out", _folder["shards"], "--shard", $"{shard}/3"];
            if (shard == 2)
            {
                using Process killed = Cli.Start(null, command);
                await killed.StandardOutput.ReadLineAsync();
                killed.Kill();
                await killed.WaitForExitAsync();
                CliResult missing = Cli.Run("collect", _folder["shards"]);
                Assert.Equal(1, missing.ExitCode);
                Assert.Contains("is missing: ", missing.Error, StringComparison.Ordinal);
            }

            Assert.Equal(0, Cli.Run(command).ExitCode);
        }

        foreach (string folder in (string[])["one", "shards"])
        {
            CliResult collected = Cli.Run("collect", _folder[folder], "--by", "random.actions");
            Assert.Equal((0, ""), (collected.ExitCode, collected.Error));
            Assert.Contains("random.actions=3: ", collected.Output, StringComparison.Ordinal);
        }

        foreach (string file in (string[])["cells.csv", "leaders.csv", "cells.parquet", "leaders.parquet", "best.csv", "report.html"])
            Assert.Equal(
                await File.ReadAllBytesAsync(Path.Combine(_folder["one"], file)),
                await File.ReadAllBytesAsync(Path.Combine(_folder["shards"], file)));
    }

    private static Process Endless(string folder) => Cli.Start(
        null, "run", "random", "--iterations", "100000000", "--seeds", "1", "--set", "record_every=1", "--out", folder);

    private string[] Rows(string folder) =>
    [
        .. MetricsFile.Read(Path.Combine(_folder[folder], "metrics.csv")).Select(row => (row with { Seconds = 0 }).ToString()),
    ];
}
