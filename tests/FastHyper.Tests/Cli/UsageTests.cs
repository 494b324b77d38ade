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
    [InlineData("fasthyper: rnu: no command, did you mean run?; expected check-gradient, collect, config, convert, ", "rnu", "four-rooms")]
    [InlineData(
        "fasthyper: --iteratons: no option of run, did you mean --iterations?; expected --backend, ", "run", "four-rooms", "--iteratons",
            "3")]
    [InlineData("fasthyper: --iteratons=3: no option of run, did you mean --iterations?; expected ", "run", "four-rooms", "--iteratons=3")]
    [InlineData("fasthyper: more: more than devices takes; expected no more", "devices", "more")]
    public void WhatIsMisspeltIsNamedWithASuggestion(string expected, params string[] arguments) =>
        Assert.StartsWith(expected, Host.Refusal(arguments));

    /// <summary>Help names the program and shows it at work, also without what a command cannot do without.</summary>
    [Theory]
    [InlineData("  fasthyper [command] [options]", "  fasthyper run four-rooms ")]
    [InlineData("  fasthyper [command] [options]", "  fasthyper config --problem four-rooms > c.yaml", "--help")]
    [InlineData("  fasthyper gradient <problem> [options]", "  fasthyper gradient problem.npz --out gradient.npz", "gradient", "--help")]
    [InlineData("  fasthyper run [<problem>] [options]", "  fasthyper run --resume runs/mine --iterations 200", "run", "-h")]
    public void HelpHasExamples(string usage, string example, params string[] arguments)
    {
        CliResult help = Host.Run(arguments);
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        Assert.Contains(usage, help.Output, StringComparison.Ordinal);
        Assert.Contains($"Examples:\n", help.Output, StringComparison.Ordinal);
        Assert.Contains(example, help.Output, StringComparison.Ordinal);
    }

    /// <summary>Each command has examples, all of whose options it has.</summary>
    [Fact]
    public void ExamplesAreOfOptionsThatAreThere()
    {
        string root = Host.Run().Output;
        string[] commands = [.. root.Split("Commands:\n")[1].Split("\n\n")[0].Split('\n').Select(line => line.Trim().Split(' ')[0])];
        Assert.True(commands.Length >= 10);
        foreach (string command in commands)
        {
            string[] parts = Host.Run(command, "--help").Output.Split("Examples:\n");
            Assert.True(parts.Length == 2, command);
            foreach (string option in parts[1].Split([' ', '\n']).Where(word => word.StartsWith("--", StringComparison.Ordinal)))
                Assert.Contains($" {option}", parts[0], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("iteration 5", 20, "iteration 5")]
    [InlineData("iteration 5", 11, "iteration 5")]
    [InlineData("iteration 5", 10, "iteration…")]
    [InlineData("iteration 5", 1, "…")]
    [InlineData("iteration 5", 0, "iteration 5")]
    public void ALineThatWouldWrapIsCut(string text, int width, string expected) =>
        Assert.Equal(expected, FastHyper.Cli.StatusLine.Fit(text, width));

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
