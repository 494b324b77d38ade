using System.Text.Json;
using FastHyper.Experiments;
using FastHyper.Followers;

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
        using JsonDocument json = JsonDocument.Parse(Summary(new SettingSummary("0.1", "1", [1, 3]), new SettingSummary("0.2", "1", [4])).ToJson());
        Assert.Equal([2, 4], json.RootElement.GetProperty("settings").EnumerateArray().Select(s => s.GetProperty("objective_mean").GetDouble()));
        Assert.Equal([1, 0], json.RootElement.GetProperty("settings").EnumerateArray().Select(s => s.GetProperty("objective_standard_error").GetDouble()));
        Assert.Equal(7, json.RootElement.GetProperty("iterations").GetInt64());
    }

    private static RunSummary Summary(params SettingSummary[] settings) => new("p", "e", SolveMethod.Auto, 7, true, 0.5, settings, 1.5, 4.5, "folder");
}
