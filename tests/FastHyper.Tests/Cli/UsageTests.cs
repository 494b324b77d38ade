using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

[Collection(Host.Alone)]
public sealed class UsageTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--out", "solve", "x.npz")]
    [InlineData("--out", "gradient", "x.npz")]
    [InlineData("--fast", "solve", "x.npz", "--out", "y.npz", "--fast")]
    [InlineData("'3 sweeps'", "solve", "x.npz", "--out", "y.npz", "--max-sweeps", "3 sweeps")]
    public void BadUsageIsOneLine(string expected, params string[] arguments) => Assert.Contains(expected, Host.Refusal(arguments));

    [Theory]
    [InlineData("--tolerance", "0", "solve: tolerance = 0; expected a finite number above 0")]
    [InlineData("--tolerance", "NaN", "solve: tolerance = NaN; expected a finite number above 0")]
    [InlineData("--method", "newton", "method: 'newton'; expected auto, sweeps, gauss-seidel, shifted, anderson or policy-iteration")]
    [InlineData("--max-sweeps", "0", "solve: max_sweeps = 0; expected an integer of at least 1")]
    [InlineData("--precision", "f16", "precision: 'f16'; expected f64 or f32")]
    [InlineData("--backend", "abacus", "backend: 'abacus'; expected auto, cpu")]
    [InlineData("--threads", "-1", "threads: -1; expected")]
    public void SolveRefusesOptionsByName(string option, string value, string expected)
    {
        Assert.Contains(expected, Host.Refusal("solve", Golden.Problem("random-30x4"), "--out", _folder["s.npz"], option, value));
        Assert.Empty(_folder.Entries);
    }

    [Theory]
    [InlineData("gradient", "--out", "out.npz")]
    [InlineData("check-gradient")]
    [InlineData("run", "--estimator", "exact", "--out", "out")]
    public void AProblemWithoutParametersIsRefused(string command, params string[] options)
    {
        using Files.HandmadeNpz file = HostileProblem.Write(HostileProblem.Sound());
        string[] given = [.. options.Select(option => option.StartsWith("out", StringComparison.Ordinal) ? _folder[option] : option)];
        Assert.Equal(
            "fasthyper: some: no leader parameters; expected some, as a problem file has with features or leader_features",
            Host.Refusal([command, file.Path, .. given]));
        Assert.Empty(_folder.Entries);
        Assert.Equal(0, Host.Run("solve", file.Path, "--out", _folder["s.npz"]).ExitCode);
    }

    [Fact]
    public void AnEmptyConfigurationIsRefused()
    {
        File.WriteAllText(_folder["c.yaml"], "");
        Assert.StartsWith(
            $"fasthyper: {_folder["c.yaml"]}: empty; expected a configuration with problem: ",
            Host.Refusal("run", _folder["c.yaml"], "--out", _folder["out"]));
        Assert.Equal([_folder["c.yaml"]], _folder.Entries);
    }

    [Fact]
    public void AnOutputThatCannotBeWrittenIsRefused() =>
        Assert.Contains(
            "cannot be written", Host.Refusal("solve", Golden.Problem("random-30x4"), "--out", Path.Combine(_folder["absent"], "s.npz")));

    [Fact]
    public void DevicesNamesTheCpuAndOpenClOrHowToGetIt()
    {
        string output = Host.Run("devices").Output;
        Assert.StartsWith("cpu       CPU, ", output);
        Assert.Matches("\nopencl:0  |\nopencl    .*pocl-opencl-icd", output);
    }
}
