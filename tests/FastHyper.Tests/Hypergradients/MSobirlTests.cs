using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

public class MSobirlTests
{
    private static readonly ProblemData Data = RandomProblem.Generate(
        7, new RandomProblemOptions { States = 8, Actions = 3, Successors = 3, Gamma = 0.6, Temperature = 0.5 });

    public static TheoryData<AdjointStep, int, string, EngineLayout> Ways => new()
    {
        { AdjointStep.NormalEquation, 200, "squared-norms", EngineLayout.Instances },
        { AdjointStep.NormalEquation, 200, "discounted-return", EngineLayout.States },
        { AdjointStep.Krylov, 12, "squared-norms", EngineLayout.States },
        { AdjointStep.Krylov, 12, "discounted-return", EngineLayout.Instances },
    };

    [Theory, MemberData(nameof(Ways))]
    public void ComesToTheExactGradientWhereXStays(AdjointStep step, int iterations, string objective, EngineLayout layout)
    {
        IObjective? chosen = objective == "squared-norms" ? new SquaredNormsObjective() : null;
        IncentiveProblem problem = LinearProblem.Create("random", Data);
        double[] exact = Gradient(problem, new ExactEstimator { Objective = chosen }, layout, 1);
        double[] early =
            Gradient(problem, new MSobirlEstimator { Objective = chosen, Adjoint = step, StepSize = 0.7, Steps = 1 }, layout, 1);
        double[] late =
            Gradient(problem, new MSobirlEstimator { Objective = chosen, Adjoint = step, StepSize = 0.7, Steps = 1 }, layout, 200);
        double[] atOnce = Gradient(
            problem, new MSobirlEstimator { Objective = chosen, Adjoint = step, StepSize = 0.7, Steps = iterations }, layout, 1);
        Assert.True(Close.Error(early, exact) > 1e-4, "one step is not exact");
        Close.Within(1e-9, exact, late, "kept from one iteration to the next");
        Close.Within(1e-9, exact, atOnce, "all steps in one iteration");
    }

    [Fact]
    public void TheFirstStepIsTheFormula()
    {
        const double zeta = 0.3;
        IncentiveProblem problem = LinearProblem.Create("random", Data);
        using Solved solved = new(problem);
        double[] pi = solved.AtStart().Read(solved.Response.Policy, 24);
        double[,] p = new double[24, 8];
        for (int row = 0; row < 24; row++)
            for (long k = Data.Transitions.Matrix.Offsets[row]; k < Data.Transitions.Matrix.Offsets[row + 1]; k++)
                p[row, Data.Transitions.Matrix.Columns[k]] += Data.Transitions.Matrix.Values[k];

        // ∂f/∂π = π: c = π (π − Σ_b π²)/τ, b = γ Pᵀ c; from zero, w = ζ Aᵀ b = ζ (b − γ P_π b).
        double[] c = [.. Enumerable.Range(0, 24).Select(row => pi[row] * (pi[row] - pi.Skip(row / 3 * 3).Take(3).Sum(v => v * v)) / 0.5)];
        double[] b = [.. Enumerable.Range(0, 8).Select(t => 0.6 * Enumerable.Range(0, 24).Sum(row => p[row, t] * c[row]))];
        double[] w = [.. Enumerable.Range(0, 8).Select(s =>
            zeta * (b[s] - (0.6 * Enumerable.Range(0, 8).Sum(t => b[t] * Enumerable.Range(3 * s, 3).Sum(row => pi[row] * p[row, t])))))];
        double[] expected = new double[10];
        for (int row = 0; row < 24; row++)
            for (long k = Data.Features!.Offsets[row]; k < Data.Features.Offsets[row + 1]; k++)
                expected[Data.Features.Columns[k]] += Data.Features.Values[k] * (c[row] + (pi[row] * w[row / 3]));

        double[] actual = Gradient(
            problem, new MSobirlEstimator
            {
                Objective = new SquaredNormsObjective(),
                Adjoint = AdjointStep.NormalEquation,
                Steps = 1,
                StepSize = zeta,
            },
            EngineLayout.Auto, 1);
        Close.Within(1e-11, [.. expected.Zip(Data.X, (g, x) => g + x)], actual, "gradient");
    }

    [Theory]
    [InlineData("normal-equation")]
    [InlineData("krylov")]
    public void ReachesThePublishedMinimumOfTheRandomMdp(string step)
    {
        RunConfig config = ConfigFile.Resolve("random-mdp", ["seeds=4", $"estimator.adjoint.step={step}"]);
        FiniteProblem problem = config.CreateFiniteProblem("test");
        using CpuBackend backend = new(1, 256);
        using Leader leader = config.CreateLeader(problem, backend);
        using ObjectiveEvaluator evaluator = new(problem, 4, backend, objective: new SquaredNormsObjective());
        double[] f = new double[4], norms = new double[4];
        leader.Mdp.Engine.Upload(leader.Mdp.X, 0, Solved.Start(problem, 9));
        foreach (long _ in leader.Steps(config.Options.Iterations))
        {
        }

        evaluator.Evaluate(leader, f);
        Assert.All(f, value => Assert.InRange(value, 0.999, 1.001));

        // The exact gradient where the leaders ended, not the one that they stepped by.
        using BestResponse response = new(leader.Mdp, new SolveOptions { Tolerance = 1e-13 });
        using Hypergradient exact =
            new ExactEstimator { Objective = new SquaredNormsObjective() }.Bind(new EstimationContext(leader.Mdp, response, null));
        leader.Mdp.Configure();
        response.Solve();
        exact.Estimate();
        leader.Mdp.Engine.Accumulate(exact.Direct, exact.Response, [1, 1, 1, 1]);
        leader.Mdp.Engine.Norms(exact.Direct, norms);
        Assert.All(norms, norm => Assert.True(norm < 1e-6, $"{norm:E2}"));
    }

    [Fact]
    public void OptionsOutOfRangeAreRefused()
    {
        Assert.Equal(
            "m-sobirl: steps = 0; expected an integer of at least 1",
            Assert.Throws<InvalidInputException>(() => new MSobirlEstimator { Steps = 0 }).Message);
        Assert.Equal(
            "m-sobirl: step_size = 0; expected a finite number above 0",
            Assert.Throws<InvalidInputException>(() => new MSobirlEstimator { StepSize = 0 }).Message);
        Assert.Equal(
            "estimator: 'bc-hg' does not estimate the gradient of squared-norms; expected exact or m-sobirl",
            Assert.Throws<InvalidInputException>(() => new Catalogue().Estimators.Find("bc-hg", new SquaredNormsObjective())).Message);
    }

    private static double[] Gradient(FiniteProblem problem, IHypergradientEstimator estimator, EngineLayout layout, int iterations)
    {
        using CpuBackend backend = new(1, 256);
        using Mdp mdp = new(problem, backend, layout: layout);
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-13 });
        using Hypergradient hypergradient = estimator.Bind(new EstimationContext(mdp, response, null));
        mdp.Initialise([1]);
        mdp.Configure();
        response.Solve();
        for (int i = 0; i < iterations; i++) hypergradient.Estimate();
        mdp.Engine.Accumulate(hypergradient.Direct, hypergradient.Response, [1]);
        double[] gradient = new double[problem.ParameterCount];
        mdp.Engine.Download(hypergradient.Direct, 0, gradient);
        return gradient;
    }
}
