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
    [InlineData("--max-sweeps", "0", "solve: maximal_sweeps = 0; expected an integer of at least 1")]
    [InlineData("--precision", "f16", "precision: 'f16'; expected f64 or f32")]
    [InlineData("--backend", "abacus", "backend: 'abacus'; expected auto, cpu")]
    [InlineData("--threads", "-1", "threads: -1; expected")]
    public void SolveRefusesOptionsByName(string option, string value, string expected)
    {
        Assert.Contains(expected, Host.Refusal("solve", Golden.Problem("random-30x4"), "--out", _folder["s.npz"], option, value));
        Assert.Empty(_folder.Entries);
    }

    [Fact]
    public void AnOutputThatCannotBeWrittenIsRefused() =>
        Assert.Contains("cannot be written", Host.Refusal("solve", Golden.Problem("random-30x4"), "--out", Path.Combine(_folder["absent"], "s.npz")));

    [Fact]
    public void DevicesNamesTheCpuAndOpenClOrHowToGetIt()
    {
        string output = Host.Run("devices").Output;
        Assert.StartsWith("cpu       CPU, ", output);
        Assert.Matches("\nopencl:0  |\nopencl    .*pocl-opencl-icd", output);
    }
}
