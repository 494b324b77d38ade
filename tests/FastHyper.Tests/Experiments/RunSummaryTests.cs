using System.Text.Json;
using FastHyper.Experiments;
using FastHyper.Followers;
using FastHyper.Leaders;

namespace FastHyper.Tests.Experiments;

public class RunSummaryTests
{
    [Fact]
    public void MeanAndStandardErrorAreOverSeeds()
    {
        SettingSummary setting = new("0.1", "0.005", [1, 2, 3, 6]);
        Assert.Equal(3, setting.Mean);
        // Deviations 4 + 1 + 0 + 9 over n − 1 = 3, over n = 4.
        Assert.Equal(Math.Sqrt(14.0 / 12), setting.StandardError, 1e-15);
    }

    [Fact]
    public void OneSeedHasNoStandardError() => Assert.Equal(0, new SettingSummary("0.1", "1", [5]).StandardError);

    [Fact]
    public void TheBestSettingHasTheLargestMean()
    {
        SettingSummary better = new("0.2", "1", [-1, 0]);
        Assert.Same(better, Summary(new SettingSummary("0.1", "1", [-9, 7]), better, new SettingSummary("0.3", "1", [-2, -2])).Best);
    }

    [Fact]
    public void JsonHoldsEverySetting()
    {
        using JsonDocument json = JsonDocument.Parse(
            Summary(new SettingSummary("0.1", "1", [1, 3]), new SettingSummary("0.2", "1", [4])).ToJson());
        Assert.Equal(
            [2, 4], json.RootElement.GetProperty("settings").EnumerateArray().Select(s => s.GetProperty("objective_mean").GetDouble()));
        Assert.Equal(
            [1, 0],
            json.RootElement.GetProperty("settings").EnumerateArray().Select(s => s.GetProperty("objective_standard_error").GetDouble()));
        Assert.Equal(7, json.RootElement.GetProperty("iterations").GetInt64());
    }

    [Fact]
    public void WhoDivergedIsInNoMean()
    {
        SettingSummary setting = new("0.1", "0.005", [1, double.NaN, 2, 3, 6]);
        Assert.Equal((4, 1, "4 of 5"), (setting.Finished, setting.Diverged, setting.Seeds));
        Assert.Equal(3, setting.Mean);
        Assert.Equal(Math.Sqrt(14.0 / 12), setting.StandardError, 1e-15);
        Assert.True(double.IsNaN(new SettingSummary("0.1", "1", [double.NaN]).Mean));
    }

    [Fact]
    public void ASettingThatLosesSeedsIsTheBestOnlyWhereAllDo()
    {
        SettingSummary safe = new("0.1", "1", [0, 1]), lucky = new("1", "1", [9, double.NaN]),
            lost = new("10", "1", [double.NaN, double.NaN]);
        Assert.Same(safe, Summary(lost, lucky, safe).Best);
        Assert.Same(safe, (Summary(new SettingSummary("1", "1", [-9, double.NaN]), safe) with { Minimized = true }).Best);
        Assert.Same(lucky, Summary(lost, lucky).Best);
    }

    [Fact]
    public void DivergencesSurviveTheirFile()
    {
        using ScratchFolder folder = new();
        LeaderDivergence[] diverged = [
            new(1, new LeaderSetting(8, 0.5, Schedule.Geometric(1, 0.1, 9)), 3, "its gradient is not finite"),
                new(0, new LeaderSetting(7, 0.5), 4, "a \"word\"")];
        RunSummary summary = Summary(
            new SettingSummary("0.1", "1", [double.NaN, double.NaN]), new SettingSummary("0.2", "1", [4, 5])) with
        { Diverged = diverged };
        Directory.CreateDirectory(folder["run"]);
        File.WriteAllText(Path.Combine(folder["run"], "summary.json"), summary.ToJson());
        RunSummary read = RunSummary.TryLoad(folder["run"])!;
        Assert.Equal(diverged, read.Diverged);
        Assert.Equal((4, 2), (read.Leaders, read.Finished));
        Assert.Equal([double.NaN, double.NaN, 4, 5], read.Settings.SelectMany(setting => setting.Objectives));
        Assert.Equal("0.2", read.Best.LearningRate);
    }

    /// <summary>
    /// Of a run that leaves the choice, the summary and the report name what was chosen; a run that has not taken a step has solved none.
    /// </summary>
    [Fact]
    public void TheMethodChosenIsNamed()
    {
        using ScratchFolder folder = new();
        RunConfig config = ConfigFile.Resolve("four-rooms-exact", ["iterations=3", "seeds=2"]);
        using (Run run = Run.Begin(config, folder["run"]))
        {
            Assert.Equal([SolveMethod.PolicyIteration], run.Execute(null, default).SolvedBy);
        }

        Assert.Equal([SolveMethod.PolicyIteration], RunSummary.TryLoad(folder["run"])!.SolvedBy);
        Assert.Contains("policy-iteration", File.ReadAllText(Path.Combine(folder["run"], "report.html")), StringComparison.Ordinal);
        using Run none = Run.Begin(ConfigFile.Resolve("four-rooms-exact", ["iterations=0", "seeds=2"]), folder["none"]);
        Assert.Empty(none.Execute(null, default).SolvedBy);
    }

    [Theory]
    [InlineData(false, "0.2")]
    [InlineData(true, "0.1")]
    public void WhatIsMinimizedSurvivesItsFile(bool minimized, string best)
    {
        using ScratchFolder folder = new();
        Directory.CreateDirectory(folder["run"]);
        RunSummary summary =
            Summary(new SettingSummary("0.1", "1", [1]), new SettingSummary("0.2", "1", [4])) with { Minimized = minimized };
        File.WriteAllText(Path.Combine(folder["run"], "summary.json"), summary.ToJson());
        Assert.Equal(best, RunSummary.TryLoad(folder["run"])!.Best.LearningRate);
    }

    private static RunSummary Summary(params SettingSummary[] settings) =>
        new("p", "e", SolveMethod.Auto, 7, true, 0.5, settings, 1.5, 4.5, "folder");
}
