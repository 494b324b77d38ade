using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

[Collection(Host.Alone)]
public sealed class ResumeRefusalTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public ResumeRefusalTests() =>
        Assert.Equal(0, Host.Run("run", "random", "--iterations", "2", "--seeds", "2", "--out", _folder["run"]).ExitCode);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("config.yaml")]
    [InlineData("checkpoint.npz")]
    [InlineData("metrics.csv")]
    public void AMissingFile(string name)
    {
        File.Delete(At(name));
        Assert.Contains(name, Refusal());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(700)]
    public void ACheckpointCutShort(int length)
    {
        File.WriteAllBytes(At("checkpoint.npz"), File.ReadAllBytes(At("checkpoint.npz"))[..length]);
        Assert.Contains("checkpoint.npz: ", Refusal());
    }

    [Fact]
    public void ADamagedCheckpoint()
    {
        byte[] bytes = File.ReadAllBytes(At("checkpoint.npz"));
        bytes.AsSpan(200, 60).Fill(0xA5);
        File.WriteAllBytes(At("checkpoint.npz"), bytes);
        Assert.Contains("checkpoint.npz: ", Refusal());
    }

    [Fact]
    public void AProblemFileThatHasChanged()
    {
        string problem = _folder["problem.npz"], run = _folder["of file"];
        File.Copy(Golden.Problem("random-30x4"), problem);
        Assert.Equal(
            0, Host.Run("run", problem, "--iterations", "2", "--seeds", "1", "--set", "estimator.name=exact", "--out", run).ExitCode);
        File.Copy(Golden.Problem("random-cold-64x3"), problem, overwrite: true);
        CliResult result = Host.Run("run", "--resume", run, "--iterations", "4");
        Assert.Equal(2, result.ExitCode);
        Assert.Matches("problem.npz: has SHA-256 [0-9a-f]{64}; expected [0-9a-f]{64}, as when the run began\n$", result.Error);
        File.Copy(Golden.Problem("random-30x4"), problem, overwrite: true);
        Assert.Equal(0, Host.Run("run", "--resume", run, "--iterations", "4").ExitCode);
    }

    [Fact]
    public void ACheckpointOfAnotherConfiguration()
    {
        File.WriteAllText(At("config.yaml"), File.ReadAllText(At("config.yaml")).Replace("seeds: 2", "seeds: 3", StringComparison.Ordinal));
        Assert.Contains("config.yaml: seeds: 3; expected seeds: 2, as when the run began", Refusal());
    }

    [Theory]
    [InlineData("")]
    [InlineData("iteration\n")]
    [InlineData("neither\nheader nor rows\n")]
    [InlineData(
        "iteration,leader,setting,seed,learning_rate,temperature,environment_steps,objective,estimate,gradient_norm,"
            + "direct_norm,response_norm,follower_iterations,follower_residual,follower_bound,linear_residual,gradient_error,"
            + "entropy,seconds\n")]
    public void MetricsWithoutRows(string text)
    {
        File.WriteAllText(At("metrics.csv"), text);
        Assert.Contains("metrics.csv", Refusal());
        Assert.Equal(text, File.ReadAllText(At("metrics.csv")));
    }

    [Fact]
    public void NegativeIterations() => Assert.Contains("iterations", Refusal("--iterations", "-5"));

    [Fact]
    public void AFolderThatIsNotThere() => Assert.Contains("config.yaml", Host.Refusal("run", "--resume", _folder["absent"]));

    private string At(string name) => Path.Combine(_folder["run"], name);

    private string Refusal(params string[] options) => Host.Refusal(["run", "--resume", _folder["run"], .. options]);
}
