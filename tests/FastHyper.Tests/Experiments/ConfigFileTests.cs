using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Tests.Experiments;

public class ConfigFileTests
{
    public static TheoryData<string> Names => [.. ConfigFile.Presets, "random", "some.npz"];

    [Fact]
    public void ThePresetsAreThoseDescribed() =>
        Assert.Equal(
            [
                "bilevel-lqr", "building-thermal", "cliff-walking", "discrete-toy", "four-rooms", "four-rooms-cold", "four-rooms-exact", "four-rooms-hpgd", "four-rooms-published", "frozen-lake",
                "preference", "random-mdp", "taxi", "warehouse", "warehouse-game", "warehouse-sampled",
            ],
            ConfigFile.Presets);

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatIsWrittenIsReadBack(string name)
    {
        using ScratchFolder folder = new();
        string[] goals = name.StartsWith("four-rooms", StringComparison.Ordinal) ? ["four_rooms.goals=[[1, 9], [11, 11]]"] : [];
        RunConfig config = ConfigFile.Resolve(
            name, ["seed=9", "grid.learning_rate=[0.5, 'geometric(0.1, 0.01, 5)']", "leader.gradient_clip=null", .. goals]);
        string written = config.ToYaml();
        File.WriteAllText(folder["c.yaml"], written);
        RunConfig read = ConfigFile.Load(folder["c.yaml"], []);
        Assert.Equal(written, read.ToYaml());
        Assert.Equal((9, 2, double.PositiveInfinity), (read.Options.Seed, read.Options.LearningRates.Count, read.Leader.GradientClip));
        if (goals.Length > 0) Assert.Equal(2, read.CreateProblem().ContextProbabilities.Count);
    }

    [Theory]
    [InlineData("four-rooms", 0.005)]
    [InlineData("four-rooms-cold", 0.001)]
    [InlineData("four-rooms-exact", 0.005)]
    [InlineData("four-rooms-published", 0.005)]
    [InlineData("warehouse", 0.02)]
    [InlineData("warehouse-sampled", 0.02)]
    public void EveryPresetMakesALeader(string name, double temperature)
    {
        RunConfig config = ConfigFile.Resolve(name, ["seeds=2"]);
        Problem problem = config.CreateProblem();
        using CpuBackend backend = new(1);
        using Leader leader = config.CreateLeader(problem, backend);
        Assert.Equal((2, temperature), (leader.Mdp.Engine.Leaders, problem.Temperature));
    }
}
