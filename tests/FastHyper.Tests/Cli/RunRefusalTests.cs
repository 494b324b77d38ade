using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

[Collection(Host.Alone)]
public sealed class RunRefusalTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("seeds=0", "seeds: value 0")]
    [InlineData("iterations=-1", "iterations: value -1")]
    [InlineData("record_every=0", "record_every: value 0")]
    [InlineData("leader.learning_rate=-1", "leader.learning_rate")]
    [InlineData("leader.learning_rate=fast", "leader.learning_rate: value fast")]
    [InlineData("leader.gradient_clip=0", "leader.gradient_clip: value 0")]
    [InlineData("leader.optimizer=newton", "leader.optimizer: value newton")]
    [InlineData("grid.learning_rate=[0.1, -1]", "grid.learning_rate")]
    [InlineData("training_temperature=0", "training_temperature")]
    [InlineData("follower.tolerance=0", "follower.tolerance: value 0")]
    [InlineData("follower.max_sweeps=0", "follower.max_sweeps: value 0")]
    [InlineData("follower.method=newton", "expected one of auto, sweeps, gauss-seidel, shifted, anderson, policy-iteration")]
    [InlineData("estimator.linear_tolerance=0", "estimator.linear_tolerance: value 0")]
    [InlineData("estimator.steps=0", "estimator.steps: value 0")]
    [InlineData("estimator.streams=0", "estimator.streams: value 0")]
    [InlineData("estimator.streams=1000", "streams")]
    [InlineData("estimator.name=newton", "estimator: 'newton'")]
    [InlineData("estimator.critic.kind=oracle", "estimator.critic.kind: value oracle")]
    [InlineData("estimator.critic.step=2", "estimator.critic.step: value 2")]
    [InlineData("four_rooms.slip=2", "four_rooms.slip: value 2 (override four_rooms.slip=2), expected a number in [0, 1]")]
    [InlineData("four_rooms.goals=[[0, 0]]", "goals[0] = [0, 0]")]
    [InlineData("four_rooms.goals=[]", "goals")]
    [InlineData("four_rooms.start=[1]", "start = [1]")]
    [InlineData("four_rooms.temperature=0", "temperature")]
    [InlineData("four_rooms.gamma=1.5", "gamma")]
    [InlineData("four_rooms.doors_closed=[1]", "doors_closed")]
    [InlineData("contexts=all", "contexts: value all")]
    [InlineData("leader.rate=1", "leader.rate: unknown key")]
    [InlineData("lerning=1", "lerning: unknown key")]
    [InlineData("iterations=9000000000000000000", "iterations: value 9000000000000000000")]
    [InlineData("four_rooms.temperature=1e-310", "temperature of instance 0")]
    [InlineData("four_rooms.doors=[[3, 6], [3, 6], [7, 9], [10, 6]]", "doors[1] = [3, 6] is there already")]
    [InlineData("seeds", "override seeds: expected key.path=value")]
    public void SettingsByTheirKey(string setting, string expected) => Refused(expected, "four-rooms", "--set", setting);

    [Theory]
    [InlineData("--threads", "-1", "threads: value -1")]
    [InlineData("--threads", "two", "--threads")]
    [InlineData("--backend", "abacus", "backend: 'abacus'; expected auto, cpu")]
    [InlineData("--precision", "f16", "precision: value f16")]
    [InlineData(
        "--estimator", "newton",
            "estimator: 'newton'; expected exact, m-sobirl, amd, bc-hg, bc-hg-vr, hpgd, hpgd-sa, hpgd-oracle, sobirl, zero-order, naive, "
            + "bi-ac, fitted or first-order")]
    [InlineData("--seed", "-1", "seed: value -1")]
    [InlineData("--resume", "elsewhere", "--resume")]
    public void OptionsByTheirName(string option, string value, string expected) => Refused(expected, "four-rooms", option, value);

    [Theory]
    [InlineData("five-rooms", "'five-rooms' is no run, did you mean four-rooms?; expected a preset (")]
    [InlineData("absent.npz", "absent.npz: cannot be opened")]
    [InlineData("absent.yaml", "absent.yaml: cannot be read")]
    public void WhatIsNotThere(string name, string expected) => Refused(expected, name);

    [Fact]
    public void UnknownKeysOfAConfigurationWithTheirLine()
    {
        File.WriteAllText(_folder["c.yaml"], "seeds: 2\nleader:\n  speed: 3\n");
        string line = Host.Refusal("run", _folder["c.yaml"], "--out", _folder["out"]);
        Assert.Contains("leader.speed: unknown key", line);
        Assert.Contains("c.yaml", line);
        Assert.Contains("line 3", line);
        Assert.Equal([_folder["c.yaml"]], _folder.Entries);
    }

    [Fact]
    public void AFolderThatHoldsSomething()
    {
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllText(Path.Combine(_folder["out"], "metrics.csv"), "mine");
        Assert.Contains(
            "holds something already; expected a new or empty folder",
            Host.Refusal("run", "random", "--iterations", "1", "--out", _folder["out"]));
        Assert.Equal("mine", File.ReadAllText(Assert.Single(Directory.GetFileSystemEntries(_folder["out"]))));
    }

    [Fact]
    public void AFileInTheFoldersPlace()
    {
        File.WriteAllText(_folder["out"], "mine");
        Assert.Contains("holds something already", Host.Refusal("run", "random", "--iterations", "1", "--out", _folder["out"]));
        Assert.Equal("mine", File.ReadAllText(_folder["out"]));
    }

    [Fact]
    public void AFolderBelowAFile()
    {
        File.WriteAllText(_folder["file"], "mine");
        Assert.Contains(
            "out: cannot be created", Host.Refusal("run", "random", "--iterations", "1", "--out", Path.Combine(_folder["file"], "out")));
        Assert.Equal("mine", File.ReadAllText(_folder["file"]));
    }

    [Fact]
    public void ARunOfNothing() => Assert.Contains("run what? expected a preset", Host.Refusal("run"));

    private void Refused(string expected, params string[] arguments)
    {
        Assert.Contains(expected, Host.Refusal(["run", "--iterations", "0", "--seeds", "1", "--out", _folder["out"], .. arguments]));
        Assert.Empty(_folder.Entries);
    }
}
