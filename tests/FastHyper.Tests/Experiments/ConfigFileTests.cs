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
                "cliff-walking", "discrete-toy", "four-rooms", "four-rooms-cold", "four-rooms-exact", "four-rooms-hpgd", "four-rooms-published", "frozen-lake",
                "preference", "random-mdp", "taxi", "warehouse", "warehouse-game", "warehouse-sampled",
            ],
            ConfigFile.Presets);

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatIsWrittenIsReadBack(string name)
    {
        using ScratchFolder folder = new();
        string[] goals = name.StartsWith("four-rooms", StringComparison.Ordinal) ? ["four_rooms.goals=[[1, 9], [11, 11]]"] : [];
        RunConfig config = ConfigFile.Resolve(name, ["seed=9", "grid.learning_rate=[0.5, 'geometric(0.1, 0.01, 5)']", "leader.gradient_clip=null", .. goals]);
        string written = ConfigFile.Write(config);
        File.WriteAllText(folder["c.yaml"], written);
        RunConfig read = ConfigFile.Load(folder["c.yaml"], []);
        Assert.Equal(written, ConfigFile.Write(read));
        Assert.Equal((9, 2, goals.Length + 1, null), (read.Seed, read.Grid.LearningRate.Count, read.FourRooms.Goals.Length, read.Leader.GradientClip));
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
        Problem problem = ExperimentFactory.CreateProblem(config);
        using CpuBackend backend = new(1);
        using Leader leader = ExperimentFactory.CreateLeader(config, problem, backend);
        Assert.Equal((2, temperature), (leader.Mdp.Engine.Leaders, problem.Temperature));
    }
}
