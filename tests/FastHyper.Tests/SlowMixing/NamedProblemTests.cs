using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Followers;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Problems;
using FastHyper.Reference.Dense;

namespace FastHyper.Tests.SlowMixing;

/// <summary>Problems that were solved wrongly, or refused where numpy solves them at once.</summary>
public class NamedProblemTests
{
    private static readonly Dictionary<string, Lazy<(ProblemData Data, ReferenceAnswer Exact)>> s_problems = new()
    {
        ["chain 150, 0.99"] = Lazily(() => NamedProblems.Chain(150, 0.99)),
        ["chain 400, 0.99"] = Lazily(() => NamedProblems.Chain(400, 0.99)),
        ["ring 100 with a leak, 0.9999"] = Lazily(() => NamedProblems.RingWithLeak(100, 0.9999)),
        ["sticky 5 x 2, 0.99999"] = Lazily(() => NamedProblems.StickyFive(0.99999)),
        ["sticky 8 x 3, 0.9999"] = Lazily(() => NamedProblems.Sticky(8, 3, 0.9999, 1)),
        ["sticky 30 x 4, 0.9999"] = Lazily(() => NamedProblems.Sticky(30, 4, 0.9999, 2)),
        ["cycle 400, 0.99999"] = Lazily(() => NamedProblems.Cycle(400, 0.99999, 0.99999, 0.01)),
        ["cycle 2000, 0.999"] = Lazily(() => NamedProblems.Cycle(2000, 0.999, 0.999, 0.01)),
        ["cycle 2000, 0.99999"] = Lazily(() => NamedProblems.Cycle(2000, 0.99999, 0.99999, 0.01)),
        ["taxi, 0.99999"] = Lazily(() => NamedProblems.Taxi(0.99999, 0.1, kept: false)),
        ["taxi that stays, 0.99999"] = Lazily(() => NamedProblems.Taxi(0.99999, 0.1, kept: true)),
        ["cheese, 0.95, cold"] = Lazily(() => NamedProblems.Cheese(0.95, 1e-6)),
        ["one step of 1e4 at 1e-9"] = Lazily(() => NamedProblems.OneStep(1e4, 1e-9)),
        ["one step of 1e12 at 0.1"] = Lazily(() => NamedProblems.OneStep(1e12, 0.1)),
    };

    public static TheoryData<string> Problems => [.. s_problems.Keys];

    public static TheoryData<string, int> Table
    {
        get
        {
            TheoryData<string, int> table = [];
            foreach (string name in s_problems.Keys.Take(6))
                foreach (int laneBits in (int[])[64, 256, 512]) table.Add(name, laneBits);
            return table;
        }
    }

    public static TheoryData<Precision, double> Lakes
    {
        get
        {
            TheoryData<Precision, double> lakes = [];
            foreach (Precision precision in Enum.GetValues<Precision>())
                foreach (double tolerance in (double[])[1e-6, 1e-8, 1e-10, 1e-12]) lakes.Add(precision, tolerance);
            return lakes;
        }
    }

    [Theory, MemberData(nameof(Table))]
    public void DirectPartsSumToTheExpectedLife(string name, int laneBits)
    {
        ProblemData data = s_problems[name].Value.Data;
        using CpuBackend backend = new(1, laneBits);
        GradientEstimate found = Estimate(data, backend);
        double life = 1 / (1 - data.GammaLeader);
        Assert.Equal(1, found.Direct.Sum() / life, 1e-9);
        Assert.InRange(found.Response.Sum() / found.Response.Sum(Math.Abs), -1e-9 * life, 1e-9 * life);
    }

    [Theory, MemberData(nameof(Problems))]
    public void GradientsAreRight(string name)
    {
        (ProblemData data, ReferenceAnswer exact) = s_problems[name].Value;
        // One step whose actions differ by 10¹² temperatures has a policy that rounding decides; its values are known.
        if (!name.StartsWith("one step", StringComparison.Ordinal)) Assert.InRange(exact.Digits, 0, 1e-6);
        using CpuBackend backend = new(1);
        Verdict verdict = Verdict.Of(() =>
        {
            GradientEstimate found = Estimate(data, backend);
            return exact.Compare(found.Objective, found.Direct, found.Response);
        });
        Assert.True(verdict.IsRight, $"{verdict}");
    }

    [Theory, MemberData(nameof(Problems))]
    public void SolutionsAreRight(string name)
    {
        (ProblemData data, ReferenceAnswer exact) = s_problems[name].Value;
        Verdict verdict = Solve(data, exact);
        Assert.True(verdict.IsRight, $"{verdict}");
    }

    [Fact]
    public void AFewStatesNearDiscountOneAreSolved()
    {
        using CpuBackend backend = new(1);
        List<string> faults = [];
        for (ulong seed = 1; seed <= 20; seed++)
        {
            foreach ((string what, ProblemData data) in new[]
            {
                ("two states", NamedProblems.Sticky(2, 2, 0.99999, seed) with { Temperature = 0.02 }),
                ("ring of five", NamedProblems.Cycle(5, 0.99, 0.999999, 0.1, seed)),
            })
            {
                ReferenceAnswer exact = ReferenceAnswer.Of(data)!;
                Verdict verdict = Verdict.Of(() =>
                {
                    GradientEstimate found = Estimate(data, backend);
                    return exact.Compare(found.Objective, found.Direct, found.Response);
                });
                if (!verdict.IsRight) faults.Add($"{what} of seed {seed}: {verdict}");
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} of 40:\n{string.Join('\n', faults.Take(5))}");
    }

    /// <summary>A policy that is all but certain leaves sources that float32, or float64, cannot hold: their answer is as small.</summary>
    [Theory]
    [InlineData(60)]
    [InlineData(85)]
    [InlineData(90)]
    [InlineData(95)]
    [InlineData(200)]
    [InlineData(720)]
    [InlineData(760)]
    public void SourcesThatUnderflowAreSolved(double gap)
    {
        using CpuBackend backend = new(1);
        List<string> faults = [];
        for (ulong seed = 1; seed <= 6; seed++)
        {
            // The likeliest of all second choices has the probability e^−gap, or less.
            ProblemData warm = NamedProblems.Sticky(6, 2, 0.999, seed) with { Temperature = 1e-4 };
            double[] q = [.. ReferenceAnswer.Of(warm)!.Solution.Q.Select(value => value.Value)];
            ProblemData data = warm with { Temperature = q.Chunk(2).Min(pair => Math.Abs(pair[0] - pair[1])) / gap };
            ReferenceAnswer exact = ReferenceAnswer.Of(data)!;
            Known response = exact.ResponseOf(exact.Solution.Policy, [.. exact.Policy.Values.Select(_ => 1.0)]);
            Assert.InRange(response.Values.Max(Math.Abs), 0, Math.Exp(-gap) / data.Temperature * 1e5);
            foreach ((string what, IObjective? objective, Known known) in new (string, IObjective?, Known)[]
            {
                ("return", null, exact.Response), ("squared norms", new SquaredNormsObjective(), response),
            })
            {
                Verdict verdict = Verdict.Of(() =>
                {
                    ExactEstimator estimator = new() { Objective = objective };
                    GradientEstimate found = GradientEstimate.Compute(
                        LinearProblem.Create("cold", data), estimator, backend, Precision.F64, 1);
                    return [("response", known, found.Response)];
                });
                if (!verdict.IsRight) faults.Add($"seed {seed}, {what}: {verdict}");
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} of 12:\n{string.Join('\n', faults.Take(5))}");
    }

    /// <summary>
    /// Without slips into holes the upper row can be walked for ever, and soft values grow for ever, by less and less: with thirds that
    /// fall short of one by their rounding they end at 47.79, with exact ones nowhere. No engine can know V here, and what it says must say
    /// so.
    /// </summary>
    [Theory, MemberData(nameof(Lakes))]
    public void AnUndiscountedLakeIsRefusedOrBounded(Precision precision, double tolerance)
    {
        ProblemData data = NamedProblems.FrozenLake(NamedProblems.FourByFour, 1, 0.05);
        ReferenceAnswer exact = ReferenceAnswer.Of(data)!;
        Assert.Equal(47.794, exact.V.Values[0], 0.001);
        Assert.InRange(exact.Digits, 1, double.PositiveInfinity);
        ExpectRefusedOrBounded(data, exact.V.Values, precision, tolerance);
    }

    [Theory, MemberData(nameof(Lakes))]
    public void ALargerLakeWithoutAFiniteAnswerIsRefused(Precision precision, double tolerance)
    {
        ProblemData data = NamedProblems.FrozenLake(NamedProblems.EightByEight, 1, 0.05);
        Assert.True(ReferenceAnswer.Of(data) is null or { Digits: > 1 });
        ExpectRefusedOrBounded(data, null, precision, tolerance);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.99)]
    [InlineData(0.9999)]
    [InlineData(0.999999)]
    public void DiscountedLakesAreSolved(double gamma)
    {
        foreach (string[] map in (string[][])[NamedProblems.FourByFour, NamedProblems.EightByEight])
        {
            ProblemData data = NamedProblems.FrozenLake(map, gamma, 0.05);
            ReferenceAnswer exact = ReferenceAnswer.Of(data)!;
            Verdict verdict = Solve(data, exact);
            Assert.True(verdict.IsRight, $"{map.Length}: {verdict}");
        }
    }

    /// <summary>Expects a refusal, or a finite bound that is true.</summary>
    private static void ExpectRefusedOrBounded(ProblemData data, double[]? v, Precision precision, double tolerance)
    {
        using CpuBackend backend = new(1);
        try
        {
            SolveOptions options = new() { Tolerance = tolerance };
            ProblemSolution found = ProblemSolution.Solve(LinearProblem.Create("lake", data), backend, precision, options);
            if (!found.Certificate.Converged) return;
            double distance = v is null ? double.PositiveInfinity : found.V.Zip(v, (a, b) => Math.Abs(a - b)).Max();
            bool bounded = double.IsFinite(found.Certificate.Bound) && distance <= found.Certificate.Bound;
            Assert.True(bounded, $"V(start) = {found.V[0]:R}, {found.Certificate}; expected one of {v?[0]:R}");
        }
        catch (InvalidOperationException)
        {
            // Growth without end, as with exact thirds, or no convergence: both are said.
        }
    }

    /// <summary>As <c>gradient --estimator exact</c> does.</summary>
    private static GradientEstimate Estimate(ProblemData data, CpuBackend backend) =>
        GradientEstimate.Compute(LinearProblem.Create("named", data), new ExactEstimator(), backend, Precision.F64, 1);

    /// <summary>As <c>solve</c> does.</summary>
    private static Verdict Solve(ProblemData data, ReferenceAnswer exact) => Verdict.Of(() =>
    {
        using CpuBackend backend = new(1);
        SolveOptions options = new SolveOptions { Tolerance = 1e-14 }.ForPolicy(data.Temperature);
        ProblemSolution found = ProblemSolution.Solve(LinearProblem.Create("named", data), backend, Precision.F64, options);
        if (!found.Certificate.Converged) throw new InvalidOperationException($"not converged: {found.Certificate}");
        Known claimed = exact.V.Within(found.Certificate.Bound);
        return [("V", exact.V, found.V), ("policy", exact.Policy, found.Policy), ("V, which the bound tells", claimed, found.V)];
    });

    private static Lazy<(ProblemData, ReferenceAnswer)> Lazily(Func<ProblemData> create) => new(() =>
    {
        ProblemData data = create();
        return (data, ReferenceAnswer.Of(data) ?? throw new InvalidOperationException("no reference"));
    });
}
