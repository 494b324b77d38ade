using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Problems;
using FastHyper.Problems.Games;
using FastHyper.Reference.Arithmetic;
using FastHyper.Reference.Dense;
using FastHyper.Reference.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.SlowMixing;

/// <summary>
/// Properties of answers over families of problems that mix slowly: what is accepted is right, to 10⁻⁹ or to what rounding leaves of it;
/// what can be known is found where discounts are at most 0.999999, and beyond that what a dense Newton in float64 finds.
/// </summary>
public class SlowMixingTests
{
    public static TheoryData<SolveMethod, EngineLayout, int> Ways
    {
        get
        {
            TheoryData<SolveMethod, EngineLayout, int> ways = [];
            foreach (SolveMethod method in Enum.GetValues<SolveMethod>())
            {
                ways.Add(method, EngineLayout.States, 1);
                ways.Add(method, EngineLayout.Instances, 1);
                ways.Add(method, EngineLayout.Instances, 3);
            }

            return ways;
        }
    }

    public static TheoryData<EngineLayout> Layouts => [EngineLayout.States, EngineLayout.Instances];

    [Theory, MemberData(nameof(Ways))]
    public void EveryMethodIsRightOrRefuses(SolveMethod method, EngineLayout layout, int leaders)
    {
        // Sweeps come down by the discount with each: where they would take millions, they are not asked to.
        bool solves = method is SolveMethod.Auto or SolveMethod.PolicyIteration;
        SlowCheck check = new() { Method = method, Layout = layout, Leaders = leaders, MaxSweeps = solves ? 1_000_000 : 20_000 };
        SlowCase.CheckSmall(40, data => solves || Math.Max(data.Gamma, data.GammaLeader) <= 0.999, c =>
        {
            if (c.Answer() is not ReferenceAnswer exact) return null;
            Verdict verdict = check.Run(c.Data(), exact);
            return verdict.IsWrong || (solves && verdict.IsRefused && (c.MustBeFound || c.IsSolvable)) ? $"{verdict}" : null;
        });
    }

    [Theory, MemberData(nameof(Layouts))]
    public void WhatIsLeftOfOtherRewardsDoesNotMatter(EngineLayout layout) => SlowCase.CheckSmall(
        30,
        // Where nothing is discounted, other rewards may have no answer.
        data => data.Gamma < 1 && Math.Max(data.Gamma, data.GammaLeader) is > 0.9 and <= 0.999999,
        c =>
        {
            if (c.Answer() is not ReferenceAnswer exact) return null;
            int leaders = layout == EngineLayout.Instances ? 3 : 1;
            Verdict verdict = new SlowCheck { Layout = layout, Leaders = leaders, Warm = true }.Run(c.Data(), exact);
            return verdict.IsRight ? null : $"{verdict}";
        });

    [Theory]
    [InlineData(64, 1)]
    [InlineData(64, 2)]
    [InlineData(256, 2)]
    [InlineData(512, 1)]
    [InlineData(512, 2)]
    public void EveryWidthAndNumberOfThreadsIsRight(int laneBits, int threads)
    {
        using CpuBackend backend = new(threads, laneBits);
        foreach (EngineLayout layout in (EngineLayout[])[EngineLayout.States, EngineLayout.Instances])
        {
            SlowCase.CheckSmall(15, data => Math.Max(data.Gamma, data.GammaLeader) > 0.9, c =>
            {
                if (c.Answer() is not ReferenceAnswer exact) return null;
                Verdict verdict = new SlowCheck { Layout = layout }.Run(c.Data(), exact, backend);
                return verdict.IsWrong || (verdict.IsRefused && (c.MustBeFound || c.IsSolvable)) ? $"{layout}: {verdict}" : null;
            });
        }
    }

    [Theory, MemberData(nameof(Layouts))]
    public void SinglePrecisionIsRightToItsConditionOrRefuses(EngineLayout layout)
    {
        int found = 0, known = 0;
        SlowCase.CheckSmall(60, data => Math.Max(data.Gamma, data.GammaLeader) <= 0.9999, c =>
        {
            if (c.Answer(Precision.F32) is not ReferenceAnswer exact) return null;
            Verdict verdict = new SlowCheck { Layout = layout, Precision = Precision.F32 }.Run(c.Data(), exact);
            known++;
            if (verdict.IsRight) found++;
            return verdict.IsWrong ? $"{verdict}" : null;
        });
        Assert.True(known > 10 && found >= 0.9 * known, $"{found} of {known} were found");
    }

    [Theory, MemberData(nameof(Layouts))]
    public void OtherObjectivesAreRight(EngineLayout layout) => SlowCase.CheckSmall(40, data => data.Gamma <= 0.999999, c =>
    {
        if (c.Answer() is not ReferenceAnswer exact) return null;
        ProblemData data = c.Data();
        DoubleDouble[] policy = exact.Solution.Policy;
        foreach ((string name, IObjective objective, DoubleDouble[] cotangent, double[] slope) in new (
            string, IObjective, DoubleDouble[], double[])[]
        {
            ("squared norms", new SquaredNormsObjective(), policy, [.. policy.Select(_ => 1.0)]),
            (
                "own", new Cubes(), [.. policy.Select((p, row) => DoubleDouble.Of(3 * Cubes.Factor(row)) * p * p)],
                [.. policy.Select((p, row) => 6 * Cubes.Factor(row) * p.Value)]
            ),
        })
        {
            Known known = exact.ResponseOf(cotangent, slope);
            if (known.Allowed > 0.1) continue;
            Verdict verdict = Verdict.Of(() =>
            {
                using CpuBackend backend = new(1, 256);
                using Mdp mdp = new(LinearProblem.Create("slow", data), backend, layout: layout);
                using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-14 * Math.Min(1, data.Temperature) });
                using Hypergradient hypergradient =
                    new ExactEstimator { Objective = objective }.Bind(new EstimationContext(mdp, response, null));
                mdp.Initialise([1]);
                mdp.Configure();
                response.Solve();
                response.ThrowIfUnsolved();
                hypergradient.Estimate();
                double[] found = new double[data.X.Length];
                mdp.Engine.Download(hypergradient.Response, 0, found);
                return [(name, known, found)];
            });
            if (!verdict.IsRight) return $"{name}: {verdict}";
        }

        return null;
    });

    [Fact]
    public void MSobirlAtRestIsRight()
    {
        int rest = 0;
        SlowCase.CheckSmall(25, data => data.Transitions.States <= 12 && Math.Max(data.Gamma, data.GammaLeader) <= 0.9999, c =>
        {
            if (c.Answer() is not ReferenceAnswer exact) return null;
            using CpuBackend backend = new(1, 256);
            Verdict verdict = Verdict.Of(() =>
            {
                MSobirlEstimator estimator =
                    new() { Adjoint = AdjointStep.Krylov, Steps = 10, LinearTolerance = new ExactEstimator().LinearTolerance };
                GradientEstimate found = GradientEstimate.Compute(
                    LinearProblem.Create("slow", c.Data()), estimator, backend, Precision.F64, 1, iterations: 1000);
                if (!(found.Change <= 1e-13)) throw new InvalidOperationException($"not at rest: {found.Change} after {found.Iterations}");
                return exact.Compare(found.Objective, found.Direct, found.Response);
            });
            if (verdict.IsRight) rest++;
            return verdict.IsWrong ? $"{verdict}" : null;
        });
        Assert.InRange(rest, 10, int.MaxValue);
    }

    [Theory, MemberData(nameof(Layouts))]
    public void GamesAreRight(EngineLayout layout) => SlowCase.Check(80, _ => true, c =>
    {
        GameData game = SlowProblem.Game(c.Family, c.Seed);
        if (GameAnswer.Of(game) is not GameAnswer exact || exact.Digits > 0.1) return null;
        Verdict verdict = Verdict.Of(() =>
        {
            int leaders = layout == EngineLayout.Instances ? 3 : 1;
            using Solved solved = new(new MarkovGame("slow", game), leaders, 1e-14 * Math.Min(1, game.Temperature), layout: layout);
            solved.AtStart();
            solved.Response.ThrowIfUnsolved();
            double[] objectives = solved.Objectives();
            (double[] direct, double[] response) = solved.Parts(leaders - 1);
            return exact.Compare(objectives[^1], direct, response);
        });
        return verdict.IsWrong || (verdict.IsRefused && Math.Max(game.Gamma, game.GammaLeader) <= 0.999999) ? $"{verdict}" : null;
    });

    /// <summary>f = Σ (row mod 3 + 1) π³.</summary>
    private sealed class Cubes() : CustomObjective("cubes")
    {
        public static double Factor(int row) => (row % 3) + 1;

        public override double Evaluate(
            ReadOnlySpan<double> x, int context, ReadOnlySpan<double> policy, Span<double> policyCotangent, Span<double> gradient)
        {
            double f = 0;
            for (int row = 0; row < policy.Length; row++)
            {
                f += Factor(row) * policy[row] * policy[row] * policy[row];
                policyCotangent[row] = 3 * Factor(row) * policy[row] * policy[row];
            }

            return f;
        }
    }
}
