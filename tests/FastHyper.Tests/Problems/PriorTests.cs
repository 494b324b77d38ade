using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Problems;

/// <summary>A policy that the temperature keeps the follower's near.</summary>
public class PriorTests
{
    private const int States = 9;
    private const int Actions = 3;

    [Fact]
    public void ThePolicyIsThePriorTimesExponentials()
    {
        ProblemData data = Data();
        using CpuBackend backend = new(1);
        ProblemSolution found = ProblemSolution.Solve(
            LinearProblem.Create("near", data), backend, Precision.F64, new SolveOptions { Tolerance = 1e-13 });
        // Plain iteration of V = τ log Σ π₀ exp((r + γ P V)/τ).
        double[] v = new double[States], policy = new double[States * Actions];
        for (int sweep = 0; sweep < 600; sweep++)
        {
            double[] next = new double[States];
            for (int s = 0; s < States; s++)
            {
                double sum = 0;
                for (int a = 0; a < Actions; a++)
                {
                    int row = (s * Actions) + a;
                    double q = data.Reward[row];
                    for (long k = data.Transitions.Matrix.Offsets[row]; k < data.Transitions.Matrix.Offsets[row + 1]; k++)
                        q += data.Gamma * data.Transitions.Matrix.Values[k] * v[data.Transitions.Matrix.Columns[k]];
                    sum += policy[row] = data.Prior![row] * Math.Exp(q / data.Temperature);
                }

                next[s] = data.Temperature * Math.Log(sum);
                for (int a = 0; a < Actions; a++) policy[(s * Actions) + a] /= sum;
            }

            v = next;
        }

        for (int s = 0; s < States; s++) Assert.Equal(v[s], found.V[s], 1e-9);
        for (int row = 0; row < policy.Length; row++) Assert.Equal(policy[row], found.Policy[row], 1e-9);
    }

    [Fact]
    public void TheUniformOneTakesTheLogarithmOfTheActionsOff()
    {
        ProblemData data = Data() with { Prior = [.. Enumerable.Repeat(1.0 / Actions, States * Actions)] };
        using CpuBackend backend = new(1);
        SolveOptions options = new() { Tolerance = 1e-12 };
        ProblemSolution near = ProblemSolution.Solve(LinearProblem.Create("near", data), backend, Precision.F64, options);
        ProblemSolution plain = ProblemSolution.Solve(
            LinearProblem.Create("plain", data with { Prior = null }), backend, Precision.F64, options);
        double less = data.Temperature * Math.Log(Actions) / (1 - data.Gamma);
        for (int s = 0; s < States; s++) Assert.Equal(plain.V[s] - less, near.V[s], 1e-9);
    }

    [Fact]
    public void ASetTemperatureWeighsItAnew()
    {
        ProblemData data = Data();
        using CpuBackend backend = new(1);
        double[] rewards = new double[States * Actions], expected = new double[States * Actions];
        using Mdp mdp = new(LinearProblem.Create("near", data), backend), cold = new(
            LinearProblem.Create("cold", data with { Temperature = 0.01 }), backend);
        mdp.SetTemperatures([0.01]);
        foreach ((Mdp each, double[] read) in ((Mdp, double[])[])[(mdp, rewards), (cold, expected)])
        {
            each.Initialise([0]);
            each.Configure();
            each.Engine.Download(each.Reward, 0, read);
        }

        for (int row = 0; row < rewards.Length; row++) Assert.Equal(expected[row], rewards[row], 1e-14);
    }

    [Fact]
    public void TheGradientIsThatOfCentralDifferences()
    {
        using CpuBackend backend = new(1);
        GradientCheck check = GradientCheck.Run(LinearProblem.Create("near", Data()), backend);
        Assert.True(check.Passed, check.ToString());
    }

    [Fact]
    public void AFileKeepsIt()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.npz");
        try
        {
            ProblemFile.Save(path, Data());
            Assert.Equal(Data().Prior, ProblemFile.Load(path).Prior);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(4, 0.0, "prior[1, 1] = 0; expected a probability above 0, as at 0 the action is worth minus infinity")]
    [InlineData(4, 0.9, "expected 1")]
    [InlineData(2, double.NaN, "prior[0, 2] = NaN; expected a finite number")]
    public void WhatIsNoPolicyIsRefused(int row, double value, string expected)
    {
        ProblemData data = Data();
        data.Prior![row] = value;
        Assert.EndsWith(expected, Assert.Throws<InvalidInputException>(() => LinearProblem.Create("near", data)).Message);
    }

    private static ProblemData Data()
    {
        ProblemData data = RandomProblem.Generate(
            5, new RandomProblemOptions { States = States, Actions = Actions, Gamma = 0.9, Temperature = 0.3 });
        double[] prior = new double[States * Actions];
        for (int s = 0; s < States; s++)
            for (int a = 0; a < Actions; a++) prior[(s * Actions) + a] = (1 + ((s + a) % Actions)) / 6.0;
        return data with { Prior = prior, X = new double[data.X.Length] };
    }
}
