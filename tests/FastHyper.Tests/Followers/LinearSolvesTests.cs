using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Tests.Support;
using MathNet.Numerics.LinearAlgebra;

namespace FastHyper.Tests.Followers;

public class LinearSolvesTests
{
    public static TheoryData<Precision, double> Precisions => new() { { Precision.F64, 1e-9 }, { Precision.F32, 2e-4 } };

    [Theory, MemberData(nameof(Precisions))]
    public void EvaluationAndAdjointAreTheDenseSolves(Precision precision, double tolerance) => RandomCase.Check(30, c =>
    {
        DenseReference dense = new(c.Data());
        using Solved solved = new(c.Problem(), precision: precision);
        solved.AtStart();
        Engine engine = solved.Mdp.Engine;
        LinearSolves solves = new(solved.Mdp, new SolveOptions { Tolerance = 1e-13 });
        using DeviceArray v = engine.Allocate(ArrayKind.State), visits = engine.Allocate(ArrayKind.State);
        solves.Evaluate(v, solved.Response.Policy, solved.Mdp.LeaderReward, 0.9 * c.Gamma);
        Close.Within(tolerance, dense.LeaderV.ToArray(), solved.Read(v, solved.States), "values");
        solves.Adjoint(visits, solved.Response.Policy, solved.Mdp.Initial, 0.9 * c.Gamma);
        Vector<double> initial = Vector<double>.Build.DenseOfArray(c.Data().Initial);
        Close.Within(tolerance, (dense.Inverse(0.9 * c.Gamma).Transpose() * initial).ToArray(), solved.Read(visits, solved.States), "visits");
    });

    [Theory, MemberData(nameof(Precisions))]
    public void TheLeadersReturnIsTheDenseOne(Precision precision, double tolerance) => RandomCase.Check(30, c =>
    {
        DenseReference dense = new(c.Data());
        using Solved solved = new(c.Problem(), precision: precision);
        double scale = 1e-3 + dense.LeaderV.AbsoluteMaximum();
        Assert.True(Math.Abs(dense.Objective - solved.AtStart().Objectives()[0]) < tolerance * scale, "objective");
    });
}
