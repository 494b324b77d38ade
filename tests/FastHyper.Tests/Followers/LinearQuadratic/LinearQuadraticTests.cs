using FastHyper.Followers.LinearQuadratic;
using FastHyper.Problems.LinearQuadratic;
using FastHyper.Tests.Support;
using static FastHyper.Tests.Followers.LinearQuadratic.SlowLinearQuadratic;

namespace FastHyper.Tests.Followers.LinearQuadratic;

public class LinearQuadraticTests
{
    public static TheoryData<int, int, int?> Shapes => new()
    {
        { 1, 1, 1 }, { 1, 1, null }, { 2, 1, 100 }, { 3, 2, 30 }, { 3, 2, null }, { 4, 4, 2 }, { 2, 5, null }, { 7, 3, null }, { 9, 2, 12 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void ReturnsAreThoseOfValueIteration(int states, int actions, int? horizon)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            RandomLinearQuadratic problem = new(seed, states, actions, horizon);
            LinearQuadraticArrays model = new(states, actions);
            problem.Configure(new double[9], model);
            LinearQuadraticGradient exact = new(problem);
            double actual = exact.Evaluate(new double[9]);
            Assert.Equal(RiccatiOutcome.Solved, exact.Solution.Certificate.Outcome);
            // 0.9⁶⁰⁰ and 0.85⁶⁰⁰ are below the last bit.
            double expected = Return(model, problem.Shape, 600, horizon ?? 600);
            Close.Within(1e-11, [expected], [actual], $"return of seed {seed}");
            (double[,] p, double[,] k, double[,] covariance) = Response(model.A, model.B, model.Q, model.R, 0.9, 0.3, 600);
            Close.Within(1e-11, Flat(p), Flat(exact.Solution.CostToGo.ToArray()), $"P of seed {seed}");
            Close.Within(1e-11, Flat(k), Flat(exact.Solution.Gain.ToArray()), $"K of seed {seed}");
            Close.Within(1e-11, Flat(covariance), Flat(exact.Solution.ActionCovariance.ToArray()), $"covariance of seed {seed}");
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void GradientsAreThoseOfDifferencesInEveryMatrix(int states, int actions, int? horizon)
    {
        const double step = 1e-4;
        for (int seed = 0; seed < 10; seed++)
        {
            RandomLinearQuadratic problem = new(seed, states, actions, horizon);
            LinearQuadraticGradient exact = new(problem);
            double[] gradient = new double[9], x = new double[9];
            double value = exact.Evaluate(x, gradient);
            Assert.Equal(value, exact.Evaluate(x));
            double[] differences = Differences.Of(y => exact.Evaluate(y), x, step);
            for (int p = 0; p < 9; p++)
                Assert.True(
                    Math.Abs(differences[p] - gradient[p]) <= 1e-8 * Math.Max(Close.Largest(gradient), Math.Abs(value)),
                    $"seed {seed}: derivative {p} is {gradient[p]:R}, by differences {differences[p]:R}");
        }
    }

    [Fact]
    public void AScalarProblemHasItsClosedForm()
    {
        // γb²P² + (R − γa²R − γb²Q)P − QR = 0.
        (double a, double b, double q, double r, double discount) = (1.3, 0.4, 2, 0.5, 0.95);
        LinearQuadraticReturn solution = new(new LinearQuadraticShape(1, 1, discount, 0.5, 0.2, 1));
        LinearQuadraticArrays model = new(1, 1);
        (model.A[0, 0], model.B[0, 0], model.Q[0, 0], model.R[0, 0]) = (a, b, q, r);
        Assert.True(solution.Evaluate(model));
        double lead = discount * b * b, linear = r - (discount * a * a * r) - (discount * b * b * q);
        double p = (-linear + Math.Sqrt((linear * linear) + (4 * lead * q * r))) / (2 * lead);
        Assert.Equal(p, solution.CostToGo[0, 0], 1e-13 * p);
        Assert.InRange(solution.Certificate.Residual, 0, 1e-14);
        Assert.InRange(solution.Certificate.Doublings, 1, 10);
    }

    [Theory]
    [InlineData("not stabilisable", 1.2, 0, 1, 1, 0.9, RiccatiOutcome.NotStabilisable)]
    [InlineData("at the edge", 1, 0, 1, 1, 1, RiccatiOutcome.NotStabilisable)]
    [InlineData("actions for nothing", 1.2, 1, 1, 0, 0.9, RiccatiOutcome.ActionCostNotPositive)]
    [InlineData("actions that earn", 0.5, 1, 1, -1, 0.9, RiccatiOutcome.ActionCostNotPositive)]
    [InlineData("not a number", double.NaN, 1, 1, 1, 0.9, RiccatiOutcome.NotFinite)]
    [InlineData("growth that costs nothing", 1.2, 1, 0, 1, 0.9, RiccatiOutcome.NotDetectable)]
    [InlineData(
        "growth that the follower's discount outweighs, and the leader's does not", 1.03, 0, 1, 1, 0.9, RiccatiOutcome.LeaderUnbounded)]
    public void WhatHasNoAnswerSaysWhy(string what, double a, double b, double q, double r, double discount, RiccatiOutcome expected)
    {
        LinearQuadraticReturn solution = new(new LinearQuadraticShape(1, 1, discount, 0.99, 0.2, null));
        LinearQuadraticArrays model = new(1, 1);
        (model.A[0, 0], model.B[0, 0], model.Q[0, 0], model.R[0, 0], model.M[0, 0], model.Start[0, 0]) = (a, b, q, r, 1, 1);
        Assert.False(solution.Evaluate(model), what);
        Assert.Equal((what, expected), (what, solution.Certificate.Outcome));
        Assert.Equal(double.NaN, solution.Return);
        string message = Assert.Throws<InvalidOperationException>(() => solution.Differentiate(model, new LinearQuadraticArrays(1, 1)))
            .Message;
        Assert.StartsWith("linear-quadratic: ", message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void SlowClosedLoopsAreSolvedToTheSameAnswer()
    {
        // A state that nothing but discount damps: value iteration needs ten million steps, doubling two dozen.
        (double a, double discount) = (1, 0.999999);
        LinearQuadraticReturn solution = new(new LinearQuadraticShape(1, 1, discount, discount, 0, null));
        LinearQuadraticArrays model = new(1, 1);
        (model.A[0, 0], model.Q[0, 0], model.R[0, 0], model.M[0, 0], model.Start[0, 0]) = (a, 1, 1, 1, 1);
        Assert.True(solution.Evaluate(model));
        Assert.Equal(1 / (1 - discount), solution.CostToGo[0, 0], 1e-3);
        Assert.Equal(-1 / (1 - discount), solution.Return, 1e-3);
        Assert.InRange(solution.Certificate.Doublings, 20, 30);
    }

    [Fact]
    public void NothingIsAllocatedByAnEvaluationAndItsGradient()
    {
        foreach (int? horizon in (int?[])[null, 50])
        {
            RandomLinearQuadratic problem = new(3, 4, 2, horizon);
            LinearQuadraticArrays model = new(4, 2), cotangents = new(4, 2);
            problem.Configure(new double[9], model);
            LinearQuadraticReturn solution = new(problem.Shape);
            Evaluate();
            long before = GC.GetAllocatedBytesForCurrentThread();
            Evaluate();
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

            void Evaluate()
            {
                solution.Evaluate(model);
                solution.Differentiate(model, cotangents);
            }
        }
    }

    [Theory]
    [InlineData(0, 1, 0.9, 0.9, 1, 1, "states = 0 dimensions; expected 1 to 1000")]
    [InlineData(1, 1001, 0.9, 0.9, 1, 1, "actions = 1001 dimensions; expected 1 to 1000")]
    [InlineData(1, 1, 1.5, 0.9, 1, 1, "gamma = 1.5; expected a discount in [0, 1]")]
    [InlineData(1, 1, 0.5, double.NaN, 1, 1, "gamma_leader = NaN; expected a discount in [0, 1]")]
    [InlineData(1, 1, 0.5, 0.5, -1, 1, "temperature = -1; expected a finite number of at least 0")]
    [InlineData(1, 1, 0.5, 0.5, 1, 0, "horizon = 0; expected an integer of at least 1")]
    public void ShapesAreHeldToTheirRanges(
        int states, int actions, double discount, double leaderDiscount, double temperature, int horizon, string expected) =>
        Assert.StartsWith(
            "linear-quadratic: " + expected,
            Assert.Throws<InvalidInputException>(
                () => new LinearQuadraticShape(states, actions, discount, leaderDiscount, temperature, horizon)).Message);

    private static double[] Flat(double[,] matrix) => [.. matrix.Cast<double>()];
}
