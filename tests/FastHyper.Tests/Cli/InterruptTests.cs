using System.Diagnostics;
using System.Text.Json;
using FastHyper.Experiments;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

public class InterruptTests
{
    /// <summary>An iteration without end is dropped: the process ends, and the run goes on from where it was saved.</summary>
    [Theory]
    [InlineData("-INT", 1)]
    [InlineData("-TERM", 75)]
    public async Task ARunThatIsStoppedWithinAnIterationEnds(string signal, int code)
    {
        using ScratchFolder folder = new();
        using Process run = Cli.Start(
            null, "run", "frozen-lake", "--estimator", "amd", "--seeds", "1", "--set", "estimator.amd.sweeps=2147483647", "--out",
            folder["out"]);
        Task<string> error = run.StandardError.ReadToEndAsync();
        Assert.StartsWith("iteration 0/", await run.StandardOutput.ReadLineAsync());
        using (Process kill = Process.Start("kill", [signal, run.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.Equal((code, $"fasthyper: stopped at iteration 0; go on with: run --resume {folder["out"]}\n"), (run.ExitCode, await error));
        using JsonDocument summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder["out"], "summary.json")));
        Assert.False(summary.RootElement.GetProperty("completed").GetBoolean());
        Assert.Equal(0, summary.RootElement.GetProperty("objectives_at").GetInt64());
        using Run resumed = Run.Resume(folder["out"]);
        Assert.Equal(0, resumed.Iteration);
    }

    [Theory]
    [InlineData("-INT", 1)]
    [InlineData("-TERM", 75)]
    public async Task AStoppedRunIsSavedAndGoesOn(string signal, int code)
    {
        using ScratchFolder folder = new();
        using Process run = Cli.Start(
            null, "run", "random", "--iterations", "100000000", "--seeds", "1", "--set", "record_every=1", "--out", folder["out"]);
        Task<string> error = run.StandardError.ReadToEndAsync();
        Assert.StartsWith("iteration 0/", await run.StandardOutput.ReadLineAsync());
        using (Process kill = Process.Start("kill", [signal, run.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.Equal(code, run.ExitCode);
        using JsonDocument summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder["out"], "summary.json")));
        Assert.False(summary.RootElement.GetProperty("completed").GetBoolean());
        long done = summary.RootElement.GetProperty("iterations").GetInt64();
        Assert.Equal($"fasthyper: stopped at iteration {done}; go on with: run --resume {folder["out"]}\n", await error);

        CliResult resumed = Cli.Run("run", "--resume", folder["out"], "--iterations", $"{done + 2}");
        Assert.Equal((0, ""), (resumed.ExitCode, resumed.Error));
        Assert.Equal(
            Enumerable.Range(0, (int)done + 3).Select(i => (long)i),
            MetricsFile.Read(Path.Combine(folder["out"], "metrics.csv")).Select(row => row.Iteration));
    }
}
