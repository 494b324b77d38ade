using System.Text.Json;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Files;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Cli;

public sealed class FitTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ParametersAreFoundFromStepsAndFromCounts()
    {
        double[] x = Simulate();
        CliResult steps = Cli.Run(
            "fit", "replacement", "--choices", _folder["steps.npz"], "--set", "replacement.states=20", "--set", "replacement.gamma=0.99",
            "--set", "replacement.cost_scale=0.02", "--json");
        Assert.Equal(0, steps.ExitCode);
        using JsonDocument json = JsonDocument.Parse(steps.Output);
        for (int p = 0; p < 2; p++)
        {
            double found = json.RootElement.GetProperty("x")[p].GetDouble(), error = json.RootElement.GetProperty("stderr")[p].GetDouble();
            Assert.True(Math.Abs(found - x[p]) < 3 * error && error < 0.2 * x[p], $"x[{p}] = {found} ± {error}");
        }

        CliResult counts = Cli.Run(
            "fit", "replacement", "--choices", _folder["counts.npz"], "--set", "replacement.states=20", "--set", "replacement.gamma=0.99",
            "--set", "replacement.cost_scale=0.02", "--out", _folder["fit.npz"]);
        Assert.Equal(0, counts.ExitCode);
        Assert.Contains("x[1] = ", counts.Output);
        Assert.Equal(json.RootElement.GetProperty("x")[0].GetDouble(), Golden.Read(_folder["fit.npz"], "x").Data[0]);
        Assert.Equal([2, 2], Golden.Read(_folder["fit.npz"], "covariance").Shape);
    }

    [Fact]
    public void ALeaderClimbsTheLikelihoodToTheSame()
    {
        Simulate();
        CliResult run = Cli.Run(
            "run", "replacement", "--estimator", "exact", "--iterations", "1000", "--seeds", "1", "--out", _folder["run"], "--set",
            "replacement.states=20", "--set", "replacement.gamma=0.99",
            "--set", "replacement.cost_scale=0.02", "--set", "objective.kind=log-likelihood", "--set",
            $"objective.choices={_folder["counts.npz"]}", "--set", "leader.optimizer=adam", "--set", "leader.gradient_clip=1", "--set",
            "leader.learning_rate=geometric(0.2, 0.0001, 900)", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        using JsonDocument led = JsonDocument.Parse(run.Output);
        CliResult fit = Cli.Run(
            "fit", "replacement", "--choices", _folder["counts.npz"], "--set", "replacement.states=20", "--set", "replacement.gamma=0.99",
            "--set", "replacement.cost_scale=0.02", "--json");
        using JsonDocument fitted = JsonDocument.Parse(fit.Output);
        double best = fitted.RootElement.GetProperty("log_likelihood").GetDouble();
        Assert.Equal(best, led.RootElement.GetProperty("settings")[0].GetProperty("objective_mean").GetDouble(), 1e-6 * Math.Abs(best));
    }

    [Theory]
    [InlineData("--choices", "nowhere.npz", "nowhere.npz")]
    [InlineData("--choices", "golden/random-30x4.npz", "states: missing; expected counts (S, A), or states and actions of each step")]
    public void WhatIsWrongIsNamed(string option, string value, string message)
    {
        CliResult result = Cli.Run("fit", "replacement", option, value);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error);
    }

    private double[] Simulate()
    {
        double[] x = [6, 3];
        using CpuBackend backend = new(1);
        using Mdp mdp = new(Replacement.Create(new ReplacementOptions { States = 20, Gamma = 0.99, CostScale = 0.02, X = x }), backend);
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-11 });
        using EpisodeSampler sampler = new(mdp, new SamplingOptions { Steps = 10_000, Streams = 100 });
        mdp.Initialise([1]);
        mdp.Configure();
        response.Respond([1], 0);
        sampler.Sample(response, [1], 0);
        RolloutRecord record = sampler.Buffer.Download();
        double[] counts = new double[40];
        for (int k = 0; k < record.State.Length; k++) counts[(2 * record.State[k]) + record.Action[k]]++;
        using (NpzWriter writer = NpzWriter.Create(_folder["steps.npz"]))
        {
            writer.Write("states", record.State.AsSpan(), record.State.Length);
            writer.Write("actions", record.Action.AsSpan(), record.Action.Length);
            writer.Commit();
        }

        using (NpzWriter writer = NpzWriter.Create(_folder["counts.npz"]))
        {
            writer.Write("counts", counts.AsSpan(), 20, 2);
            writer.Commit();
        }

        return x;
    }
}
