using FastHyper.Files;
using FastHyper.Tests.Backends.OpenCl;
using FastHyper.Tests.Experiments;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Cli;

[Collection(Host.Alone)]
public sealed class OpenClTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData("f64", 1e-9), InlineData("f32", 1e-4)]
    public void SolvesAsTheProcessorDoes(string precision, double tolerance)
    {
        string device = Device();
        foreach (string backend in (string[])["cpu", device])
            Assert.Equal(0, Host.Run(
                "solve", Golden.Problem("random-30x4"), "--out", _folder[backend[..3]], "--backend", backend, "--precision", precision)
                    .ExitCode);
        using NpzReader expected = NpzReader.Open(_folder["cpu"]), found = NpzReader.Open(_folder["ope"]);
        foreach (string array in (string[])["V", "Q", "policy"])
            Close.Within(tolerance, expected.ReadDoubles(array).Data, found.ReadDoubles(array).Data, array);
    }

    [Fact]
    public void ARunThatIsResumedEndsWithTheSameBits()
    {
        string device = Device();
        Assert.Equal(0, Host.Run("run", "four-rooms", "--backend", device, "--iterations", "12", "--out", _folder["whole"]).ExitCode);
        Assert.Equal(0, Host.Run("run", "four-rooms", "--backend", device, "--iterations", "5", "--out", _folder["parts"]).ExitCode);
        Assert.Equal(0, Host.Run("run", "--resume", _folder["parts"], "--iterations", "12").ExitCode);
        using NpzReader whole = NpzReader.Open(Path.Combine(_folder["whole"], "checkpoint.npz")),
            parts = NpzReader.Open(Path.Combine(_folder["parts"], "checkpoint.npz"));
        Assert.Equal(whole.ReadDoubles("x").Data, parts.ReadDoubles("x").Data);
        Assert.Equal(whole.ReadDoubles("critic").Data, parts.ReadDoubles("critic").Data);
    }

    [Theory]
    [InlineData("random-mdp", 1e-5)] // ten sweeps in place and ten of Jacobi leave different rests
    [InlineData("frozen-lake", 1e-6)]
    [InlineData("cliff-walking", 1e-6)]
    [InlineData("taxi", 1e-6, "follower.kind=q-learning")]
    [InlineData("frozen-lake", 1e-6, "estimator.name=amd")]
    public void RunsAsTheProcessorDoes(string preset, double tolerance, string setting = "seed=1")
    {
        string device = Device();
        string[] settings = [setting, "follower.tolerance=1e-10", "leader.optimizer=sgd", .. setting == "estimator.name=amd"
            ? Array.Empty<string>() : ["estimator.linear_tolerance=1e-12"]];
        foreach (string backend in (string[])["cpu", device])
            Assert.Equal(0, Host.Run([
                "run", preset, "--backend", backend, "--iterations", "4", "--seeds", "2", "--out", _folder[backend[..3]],
                    .. settings.SelectMany(s => new[] { "--set", s })]).ExitCode);
        using NpzReader expected = NpzReader.Open(Path.Combine(_folder["cpu"], "checkpoint.npz")),
            found = NpzReader.Open(Path.Combine(_folder["ope"], "checkpoint.npz"));
        Close.Within(tolerance, expected.ReadDoubles("x").Data, found.ReadDoubles("x").Data, "x");
    }

    [Fact]
    public void ARunSaysThatItsSweepsAreNotInPlace()
    {
        const string line = "has no sweeps in place; gauss-seidel is sweeps there";
        string device = Device();
        string[] run = [
            "run", "random-mdp", "--iterations", "1", "--seeds", "2", "--set", "follower.kind=best-response", "--set",
                "follower.method=gauss-seidel"];
        Assert.Contains(line, Host.Run([.. run, "--backend", device, "--out", _folder["device"]]).Error);
        Assert.DoesNotContain(line, Host.Run([.. run, "--backend", "cpu", "--out", _folder["cpu"]]).Error);
        Assert.DoesNotContain(
            line, Host.Run([.. run, "--backend", device, "--set", "follower.kind=q-learning", "--out", _folder["learns"]]).Error);
    }

    [Fact]
    public void ADeviceThatIsNotThereIsOneLine() =>
        Assert.Contains(
            "backend: ",
            Host.Refusal("solve", Golden.Problem("random-30x4"), "--out", _folder["s.npz"], "--backend", "opencl:no such device"));

    private static string Device() => $"opencl:{OpenClRequired.Device().Index}";
}
