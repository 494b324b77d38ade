using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Files;
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
                "bilevel-lqr", "bilevel-lqr-sampled", "building-thermal", "building-thermal-sampled", "cliff-walking", "discrete-toy",
                    "four-rooms", "four-rooms-cold", "four-rooms-exact", "four-rooms-hpgd", "four-rooms-published", "frozen-lake",
                "guided-cart-pole", "pendulum", "preference", "random-mdp", "taxi", "warehouse", "warehouse-game", "warehouse-sampled",
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

    [Fact]
    public void PathsCountFromTheFile()
    {
        using ScratchFolder folder = new();
        Directory.CreateDirectory(folder["in"]);
        File.Copy(Cli.Golden.Problem("random-30x4"), folder["p.npz"]);
        using (NpzWriter writer = NpzWriter.Create(folder["c.npz"]))
        {
            writer.Write("counts", Enumerable.Repeat(1.0, 120).ToArray(), 30, 4);
            writer.Commit();
        }

        const string yaml = "problem: ../p.npz\nestimator: {name: exact}\nobjective: {kind: log-likelihood, choices: ../c.npz}";
        File.WriteAllText(folder["in/c.yaml"], yaml);
        RunConfig config = ConfigFile.Load(folder["in/c.yaml"], []);
        Assert.Equal(folder["p.npz"], config.Problem);
        Assert.Contains($"choices: {folder["c.npz"]}", config.ToYaml(), StringComparison.Ordinal);
        Assert.Equal("log-likelihood", config.CreateObjective()!.Name);

        // Those of overrides count from where the user stands.
        RunConfig other = ConfigFile.Load(folder["in/c.yaml"], ["problem=q.npz"]);
        Assert.Equal(Path.GetFullPath("q.npz"), other.Problem);
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
