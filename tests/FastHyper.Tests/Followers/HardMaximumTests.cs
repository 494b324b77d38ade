using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Followers;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Followers;

/// <summary>The maximum at temperature zero, which has values and a policy but no gradient.</summary>
public class HardMaximumTests
{
    public static TheoryData<SolveMethod, Precision> Ways
    {
        get
        {
            TheoryData<SolveMethod, Precision> data = [];
            foreach (SolveMethod method in Enum.GetValues<SolveMethod>())
                foreach (Precision precision in Enum.GetValues<Precision>()) data.Add(method, precision);
            return data;
        }
    }

    [Theory, MemberData(nameof(Ways))]
    public void IsWhatPlainValueIterationFinds(SolveMethod method, Precision precision)
    {
        using CpuBackend backend = new(1);
        foreach (int states in (int[])[7, 64, 130])
        {
            ProblemData data = RandomProblem.Generate(3, new RandomProblemOptions { States = states, Actions = 3, Temperature = 0 });
            double[] v = Iterate(data, out double[] policy);
            ProblemSolution found = ProblemSolution.Solve(
                LinearProblem.Create("random", data), backend, precision, new SolveOptions { Tolerance = 1e-9, Method = method });
            double tolerance = precision == Precision.F64 ? 1e-7 : 1e-3;
            for (int s = 0; s < states; s++) Assert.Equal(v[s], found.V[s], tolerance);
            Assert.Equal(policy, found.Policy);
            Assert.All(found.V.Zip(v), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, found.Certificate.Bound + 1e-11));
        }
    }

    [Fact]
    public void ActionsThatAreWorthTheSameLeaveTheFirst()
    {
        using CpuBackend backend = new(1);
        ProblemData data = RandomProblem.Generate(3, new RandomProblemOptions { States = 6, Actions = 3, Temperature = 0 });
        ProblemSolution found = ProblemSolution.Solve(
            LinearProblem.Create("same", data with { Reward = new double[18], X = new double[data.X.Length] }), backend, Precision.F64,
            new SolveOptions());
        Assert.All(found.V, value => Assert.Equal(0, value));
        for (int row = 0; row < 18; row++) Assert.Equal(row % 3 == 0 ? 1 : 0, found.Policy[row]);
    }

    [Fact]
    public void HasNoGradient()
    {
        using CpuBackend backend = new(1);
        IncentiveProblem problem = LinearProblem.Create("hard", RandomProblem.Generate(3, new RandomProblemOptions { Temperature = 0 }));
        InvalidInputException refused = Assert.Throws<InvalidInputException>(
            () => new Leader(problem, new ExactEstimator(), new LeaderOptions(), backend));
        Assert.Equal("hard: temperature = 0: a hard maximum has no gradient; expected a temperature above 0", refused.Message);
    }

    [Fact]
    public void TheToleranceDecides()
    {
        using CpuBackend backend = new(1);
        ProblemData data = RandomProblem.Generate(3, new RandomProblemOptions { States = 50, Gamma = 0.99, Temperature = 1e-7 });
        ProblemSolution Solve(double tolerance) => ProblemSolution.Solve(
            LinearProblem.Create("cold", data), backend, Precision.F64,
            new SolveOptions { Tolerance = tolerance, Method = SolveMethod.Sweeps });
        ProblemSolution coarse = Solve(1e-4), fine = Solve(1e-8);
        Assert.InRange(coarse.Certificate.Residual, 1e-5, 1e-4);
        Assert.InRange(fine.Certificate.Residual, 1e-10, 1e-8);
        Assert.Equal(1e-12, new SolveOptions { Tolerance = 1e-10 }.ForPolicy(0.01).Tolerance, 1e-26);
    }

    private static double[] Iterate(ProblemData data, out double[] policy)
    {
        int states = data.Transitions.States, actions = data.Transitions.Actions;
        SparseMatrix p = data.Transitions.Matrix;
        double[] v = new double[states];
        policy = new double[states * actions];
        for (double change = 1; change > 1e-13;)
        {
            double[] next = new double[states];
            Array.Clear(policy);
            for (int s = 0; s < states; s++)
            {
                int best = 0;
                for (int a = 0; a < actions; a++)
                {
                    int row = (s * actions) + a;
                    double q = data.Reward[row];
                    for (int i = 0; i < data.X.Length && data.Features is not null; i++)
                        q += Features(data.Features, row, i) * data.X[i];
                    for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++) q += data.Gamma * p.Values[k] * v[p.Columns[k]];
                    if (a > 0 && q <= next[s]) continue;
                    next[s] = q;
                    best = a;
                }

                policy[(s * actions) + best] = 1;
            }

            change = Enumerable.Range(0, states).Max(s => Math.Abs(next[s] - v[s]));
            v = next;
        }

        return v;
    }

    private static double Features(SparseMatrix features, int row, int parameter)
    {
        double value = 0;
        for (long k = features.Offsets[row]; k < features.Offsets[row + 1]; k++)
            if (features.Columns[k] == parameter) value += features.Values[k];
        return value;
    }
}
