using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Followers;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Problems;

/// <summary>Problems that end after some steps.</summary>
public class FiniteHorizonTests
{
    private const int States = 8;
    private const int Actions = 3;

    [Theory, InlineData(1, 0.9), InlineData(2, 1.0), InlineData(7, 1.0), InlineData(20, 0.95)]
    public void ValuesAreThoseOfBackwardPasses(int horizon, double gamma)
    {
        ProblemData data = Data(horizon, gamma);
        using CpuBackend backend = new(1);
        ProblemSolution found = ProblemSolution.Solve(
            LinearProblem.Create("ends", data), backend, Precision.F64, new SolveOptions { Tolerance = 1e-13 });
        (double[] v, double[] policy, double objective) = Backwards(data, horizon);
        for (int i = 0; i < v.Length; i++) Assert.Equal(v[i], found.V[i], 1e-10);
        for (int i = 0; i < policy.Length; i++) Assert.Equal(policy[i], found.Policy[i], 1e-10);
        double[] objectives = new double[1];
        using ObjectiveEvaluator evaluator = new(LinearProblem.Create("ends", data), 1, backend, 1e-12);
        evaluator.Evaluate([data.X], objectives);
        Assert.Equal(objective, objectives[0], 1e-9);
    }

    [Theory, InlineData(1.0), InlineData(0.9)]
    public void TheGradientIsThatOfCentralDifferences(double gamma)
    {
        using CpuBackend backend = new(1);
        GradientCheck check = GradientCheck.Run(LinearProblem.Create("ends", Data(6, gamma)), backend);
        Assert.True(check.Passed, check.ToString());
    }

    [Fact]
    public void AFileKeepsIt()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.npz");
        try
        {
            ProblemFile.Save(path, Data(5, 1));
            Assert.Equal(5, ProblemFile.Load(path).Horizon);
            Assert.Equal(5 * States, LinearProblem.Load(path).Transitions.States);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void NoStepsAreRefused() => Assert.Contains(
        "ends: horizon = 0; expected at least 1",
        Assert.Throws<InvalidInputException>(() => LinearProblem.Create("ends", Data(0, 0.9))).Message, StringComparison.Ordinal);

    private static ProblemData Data(int horizon, double gamma) => RandomProblem.Generate(
        4, new RandomProblemOptions { States = States, Actions = Actions, Gamma = 0.9, Temperature = 0.3 }) with
    {
        Horizon = horizon,
        Gamma = gamma,
        GammaLeader = gamma,
    };

    /// <summary>V and policy of each time, and the leader's return from the first.</summary>
    private static (double[] V, double[] Policy, double Objective) Backwards(ProblemData data, int horizon)
    {
        double[] v = new double[horizon * States], policy = new double[horizon * States * Actions];
        double[] next = new double[States], leaderNext = new double[States];
        SparseMatrix p = data.Transitions.Matrix;
        for (int t = horizon - 1; t >= 0; t--)
        {
            double[] now = new double[States], leaderNow = new double[States];
            for (int s = 0; s < States; s++)
            {
                double sum = 0;
                double[] leaderQ = new double[Actions], weights = new double[Actions];
                for (int a = 0; a < Actions; a++)
                {
                    int row = (s * Actions) + a;
                    double q = data.Reward[row] + Dot(data.Features, row, data.X);
                    leaderQ[a] = data.LeaderReward[row] + Dot(data.LeaderFeatures, row, data.X);
                    for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
                    {
                        q += data.Gamma * p.Values[k] * next[p.Columns[k]];
                        leaderQ[a] += data.GammaLeader * p.Values[k] * leaderNext[p.Columns[k]];
                    }

                    sum += weights[a] = Math.Exp(q / data.Temperature);
                }

                now[s] = v[(t * States) + s] = data.Temperature * Math.Log(sum);
                for (int a = 0; a < Actions; a++)
                {
                    policy[(((t * States) + s) * Actions) + a] = weights[a] / sum;
                    leaderNow[s] += weights[a] / sum * leaderQ[a];
                }
            }

            (next, leaderNext) = (now, leaderNow);
        }

        return (v, policy, data.Initial.Zip(leaderNext, (mu, value) => mu * value).Sum());
    }

    private static double Dot(SparseMatrix? matrix, int row, double[] x)
    {
        double sum = 0;
        for (long k = matrix?.Offsets[row] ?? 0; k < (matrix?.Offsets[row + 1] ?? 0); k++)
            sum += matrix!.Values[k] * x[matrix.Columns[k]];
        return sum;
    }
}
