using System.Text.Json;
using FastHyper.Files;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

[Collection(Host.Alone)]
public sealed class GradientTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("random-30x4", "f64", 1e-9)]
    [InlineData("random-30x4", "f32", 1e-4)]
    [InlineData("random-cold-64x3", "f64", 1e-9)]
    [InlineData("random-cold-64x3", "f32", 1e-4)]
    [InlineData("random-terminating-200x6", "f64", 1e-9)]
    [InlineData("random-terminating-200x6", "f32", 1e-4)]
    public void ExactGivesTheGoldenAnswers(string name, string precision, double relative)
    {
        Estimate("g.npz", name, "--precision", precision);
        foreach (string array in new[] { "gradient", "direct", "response", "objective" })
            Golden.AssertClose(Golden.Answer(name, array), Golden.Read(_folder["g.npz"], array), relative);
        using NpzReader reader = NpzReader.Open(_folder["g.npz"]);
        Assert.False(reader.Contains("stderr"));
    }

    [Theory]
    [InlineData("game-6x3x4", "f64", 1e-9)]
    [InlineData("game-6x3x4", "f32", 1e-4)]
    [InlineData("game-12x2x5", "f64", 1e-9)]
    public void ExactGivesTheGoldenAnswersOfGames(string name, string precision, double relative)
    {
        // The answers hold the games, and their arrays have the shape of theta.
        Estimate("g.npz", name + ".answer", "--precision", precision);
        foreach (string array in new[] { "gradient", "direct", "response", "objective" })
            Golden.AssertClose(Golden.Answer(name, array), Golden.Read(_folder["g.npz"], array), relative);
    }

    /// <summary>What is said of an estimate beside the exact gradient is what the arrays say.</summary>
    [Theory]
    [InlineData("bc-hg", false, "--average-visits", "false")]
    [InlineData("naive", true)]
    public void EstimatesAreSetBesideTheExactGradient(string estimator, bool biased, params string[] options)
    {
        string[] arguments =
            ["gradient", Golden.Problem("random-30x4"), "--estimator", estimator, "--out", _folder["g.npz"], "--json", .. options];
        CliResult result = Cli.Run(arguments);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        using JsonDocument document = JsonDocument.Parse(result.Output);
        JsonElement json = document.RootElement;
        double[] g = Golden.Read(_folder["g.npz"], "gradient").Data, error = Golden.Read(_folder["g.npz"], "stderr").Data;
        double[] exact = Golden.Answer("random-30x4", "gradient").Data;
        double off = Math.Sqrt(g.Zip(exact, (a, b) => (a - b) * (a - b)).Sum());
        Assert.Equal(off / Math.Sqrt(exact.Sum(v => v * v)), json.GetProperty("exact_error").GetDouble(), 1e-6);
        Assert.Equal(
            g.Zip(exact, (a, b) => a * b).Sum() / Math.Sqrt(g.Sum(v => v * v) * exact.Sum(v => v * v)),
            json.GetProperty("exact_cosine").GetDouble(), 1e-6);
        Assert.Equal(off / Math.Sqrt(error.Sum(v => v * v)), json.GetProperty("exact_standard_errors").GetDouble(), 1e-6);
        Assert.Equal(biased, json.GetProperty("biased").GetBoolean());
    }

    [Fact]
    public void WhatIsExactIsSetBesideNothing()
    {
        string output = Host.Run("gradient", Golden.Problem("random-30x4"), "--out", _folder["g.npz"]).Output;
        Assert.DoesNotContain("beside", output, StringComparison.Ordinal);
        Assert.Contains(
            ": biased", Host.Run("gradient", Golden.Problem("random-30x4"), "--estimator", "naive", "--out", _folder["n.npz"]).Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void BiAcHasACriticOfItsOwn()
    {
        Estimate("bi-ac.npz", "game-6x3x4.answer", "--estimator", "bi-ac");
        Estimate("naive.npz", "game-6x3x4.answer", "--estimator", "naive");
        Assert.NotEqual(Golden.Read(_folder["naive.npz"], "gradient").Data, Golden.Read(_folder["bi-ac.npz"], "gradient").Data);
        Estimate("fitted.npz", "game-6x3x4.answer", "--estimator", "bc-hg", "--fit-follower", "--average-visits", "false");
        Golden.AssertClose(Golden.Answer("game-6x3x4", "gradient"), Golden.Read(_folder["fitted.npz"], "gradient"), 0.2);
    }

    [Theory]
    [InlineData("sweeps")]
    [InlineData("gauss-seidel")]
    [InlineData("shifted")]
    [InlineData("anderson")]
    [InlineData("policy-iteration")]
    public void EveryMethodGivesTheGoldenGradient(string method)
    {
        Estimate("g.npz", "random-cold-64x3", "--method", method);
        Golden.AssertClose(Golden.Answer("random-cold-64x3", "gradient"), Golden.Read(_folder["g.npz"], "gradient"), 1e-9);
    }

    [Theory]
    [InlineData("m-sobirl", "random-30x4")]
    [InlineData("m-sobirl", "random-cold-64x3")]
    [InlineData("m-sobirl", "random-terminating-200x6")]
    [InlineData("amd", "random-30x4")]
    [InlineData("amd", "random-cold-64x3")]
    [InlineData("amd", "random-terminating-200x6")]
    public void InexactMethodsIterateToTheGoldenGradient(string estimator, string name)
    {
        Estimate("g.npz", name, "--estimator", estimator);
        foreach (string array in new[] { "gradient", "direct", "response", "objective" })
            Golden.AssertClose(Golden.Answer(name, array), Golden.Read(_folder["g.npz"], array), 1e-8);
    }

    [Fact]
    public void IterationsAreAsManyAsAskedFor()
    {
        string[] options =
            ["gradient", Golden.Problem("random-30x4"), "--out", _folder["g.npz"], "--json", "--estimator", "m-sobirl", "--iterations"];
        JsonElement few = Json([.. options, "3"]), published = Json([.. options, "3", "--adjoint", "normal-equation"]),
            many = Json([.. options, "10000"]);
        Assert.Equal(3, few.GetProperty("iterations").GetInt32());
        Assert.InRange(few.GetProperty("change").GetDouble(), 1e-6, 1);
        Assert.NotEqual(few.GetProperty("gradient_norm").GetDouble(), published.GetProperty("gradient_norm").GetDouble());
        Assert.InRange(many.GetProperty("iterations").GetInt32(), 4, 9999);
        Assert.InRange(many.GetProperty("change").GetDouble(), 0, 1e-13);
    }

    [Theory]
    [InlineData("bc-hg", "gradient")]
    [InlineData("bc-hg-vr", "gradient")]
    [InlineData("hpgd-oracle", "gradient")]
    [InlineData("naive", "direct")]
    [InlineData("bc-hg", "gradient", "game-6x3x4.answer")]
    [InlineData("naive", "direct", "game-12x2x5.answer")]
    public void SampledMeansAreWithinFiveStandardErrors(string estimator, string exact, string problem = "random-30x4")
    {
        // Averages over visits are biased a little.
        Estimate("g.npz", problem, ["--estimator", estimator, .. estimator == "bc-hg" ? (string[])["--average-visits", "false"] : []]);
        double[] mean = Golden.Read(_folder["g.npz"], "gradient").Data;
        double[] error = Golden.Read(_folder["g.npz"], "stderr").Data;
        double[] expected = Golden.Answer(problem.Replace(".answer", ""), exact).Data;
        Assert.Equal(expected.Length, error.Length);
        for (int p = 0; p < expected.Length; p++)
        {
            Assert.InRange(error[p], 1e-9, 10);
            Assert.InRange(mean[p], expected[p] - (5 * error[p]), expected[p] + (5 * error[p]));
        }
    }

    [Theory]
    [InlineData("sarsa")]
    [InlineData("td-lambda")]
    [InlineData("average-returns")]
    public void TheSeedDecidesEveryBit(string critic)
    {
        string[] options = ["--estimator", "bc-hg", "--critic", critic, "--batches", "3", "--steps", "300", "--warm-up", "2"];
        Estimate("one.npz", "random-30x4", [.. options, "--seed", "7", "--threads", "1"]);
        Estimate("two.npz", "random-30x4", [.. options, "--seed", "7", "--threads", "2"]);
        Estimate("other.npz", "random-30x4", [.. options, "--seed", "8"]);
        Assert.Equal(File.ReadAllBytes(_folder["one.npz"]), File.ReadAllBytes(_folder["two.npz"]));
        Assert.NotEqual(Golden.Read(_folder["one.npz"], "gradient").Data, Golden.Read(_folder["other.npz"], "gradient").Data);
    }

    [Theory]
    [InlineData(
        "--estimator", "newton",
            "estimator: 'newton'; expected exact, m-sobirl, amd, bc-hg, bc-hg-vr, hpgd, hpgd-sa, hpgd-oracle, sobirl, zero-order, naive, "
            + "bi-ac, fitted or first-order")]
    [InlineData("--method", "newton", "method: 'newton'; expected auto, sweeps, gauss-seidel, shifted, anderson or policy-iteration")]
    [InlineData(
        "--critic", "oracle",
            "critic.kind: value oracle (estimator bc-hg), expected one of sarsa, expected-sarsa, lstd, lstd-q, td-lambda, "
            + "average-returns, stackelberg, exact", "--estimator", "bc-hg")]
    [InlineData("--steps", "0", "steps: 0; expected")]
    [InlineData("--batches", "1", "batches: 1; expected", "--estimator", "naive")]
    [InlineData("--batches", "8", "--batches: not read by exact")]
    [InlineData("--steps", "8", "--steps: not read by exact")]
    [InlineData("--warm-up", "8", "--warm-up: not read by exact")]
    [InlineData("--critic", "sarsa", "--critic: not read by exact")]
    [InlineData("--critic-step", "0.5", "--critic-step: not read by exact")]
    [InlineData("--adjoint", "krylov", "--adjoint: not read by exact")]
    [InlineData("--critic-step", "0.5", "--critic-step: not read by naive with these options", "--estimator", "naive")]
    [InlineData(
        "--critic-step", "2", "critic.step: value 2 (estimator naive), expected a number in (0, 1]", "--estimator", "naive", "--critic",
            "sarsa")]
    [InlineData("--estimator", "hpgd", "--average-visits: not read by hpgd", "--average-visits")]
    [InlineData("--estimator", "hpgd", "--fit-follower: not read by hpgd", "--fit-follower")]
    [InlineData("--seed", "-1", "seed: -1; expected")]
    [InlineData("--threads", "-1", "threads: -1; expected")]
    [InlineData("--backend", "abacus", "backend: 'abacus'; expected")]
    [InlineData("--precision", "f16", "precision: 'f16'; expected f64 or f32")]
    [InlineData(
        "--adjoint", "direct", "adjoint.step: value direct (estimator m-sobirl), expected one of normal-equation, krylov", "--estimator",
            "m-sobirl")]
    [InlineData("--iterations", "5", "iterations: 5; expected none with exact, they are for m-sobirl and amd")]
    public void RefusesOptionsByName(string option, string value, string expected, params string[] others)
    {
        Assert.Contains(
            expected, Host.Refusal(["gradient", Golden.Problem("random-30x4"), "--out", _folder["g.npz"], option, value, .. others]));
        Assert.Empty(_folder.Entries);
    }

    private static JsonElement Json(params string[] command)
    {
        CliResult result = Cli.Run(command);
        Assert.Equal((0, ""), (result.ExitCode, result.Complaints));
        using JsonDocument document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }

    private void Estimate(string file, string problem, params string[] options)
    {
        CliResult result = Host.Run(["gradient", Golden.Problem(problem), "--out", _folder[file], .. options]);
        Assert.Equal((0, ""), (result.ExitCode, result.Complaints));
    }
}
