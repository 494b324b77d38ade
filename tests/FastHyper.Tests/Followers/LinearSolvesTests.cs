using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;
using FastHyper.Reference.Dense;
using FastHyper.Tests.Backends;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

public class LinearSolvesTests
{
    public static TheoryData<Precision, double> Precisions => new() { { Precision.F64, 1e-9 }, { Precision.F32, 2e-4 } };

    [Theory, MemberData(nameof(Precisions))]
    public void EvaluationAndAdjointAreTheDenseSolves(Precision precision, double tolerance) => RandomCase.Check(30, c =>
    {
        ReferenceAnswer exact = ReferenceAnswer.Of(c.Data())!;
        using Solved solved = new(c.Problem(), precision: precision);
        solved.AtStart();
        Engine engine = solved.Mdp.Engine;
        foreach (SolveMethod method in (SolveMethod[])[SolveMethod.Auto, SolveMethod.GaussSeidel])
        {
            LinearSolves solves = new(solved.Mdp, new SolveOptions { Tolerance = 1e-13, Method = method });
            using DeviceArray v = engine.Allocate(ArrayKind.State), visits = engine.Allocate(ArrayKind.State);
            solves.Evaluate(v, solved.Response.Policy, solved.Mdp.LeaderReward, 0.9 * c.Gamma);
            Close.Within(tolerance, [.. exact.Solution.LeaderV.Select(value => value.Value)], solved.Read(v, solved.States), "values");
            solves.Adjoint(visits, solved.Response.Policy, solved.Mdp.Initial, 0.9 * c.Gamma);
            Close.Within(tolerance, [.. exact.Solution.Visits.Select(visit => visit.Value)], solved.Read(visits, solved.States), "visits");
        }
    });

    [Theory, MemberData(nameof(Precisions))]
    public void TheLeadersReturnIsTheDenseOne(Precision precision, double tolerance) => RandomCase.Check(30, c =>
    {
        ReferenceAnswer exact = ReferenceAnswer.Of(c.Data())!;
        using Solved solved = new(c.Problem(), precision: precision);
        double scale = 1e-3 + exact.Solution.LeaderV.Max(value => Math.Abs(value.Value));
        Assert.True(Math.Abs(exact.Objective.Values[0] - solved.AtStart().Objectives()[0]) < tolerance * scale, "objective");
    });

    [Theory, InlineData(1), InlineData(3)]
    public void WhereASolverIsStuckSweepsGoOn(int leaders)
    {
        // A long cycle, whose eigenvalues fill the unit circle: no Krylov method sees all of it in the time it has.
        const int states = 5000;
        const double gamma = 0.9999;
        ProblemData data = SmallProblem.Data(
            1, gamma, 0.1, new double[states], RandomInstances.Each(states, s => ((int, double)[])[((s + 1) % states, 1.0)]));
        using Solved solved = new(SmallProblem.Problem(data), leaders, layout: EngineLayout.Instances);
        Engine engine = solved.Mdp.Engine;
        LinearSolves solves = new(solved.Mdp, new SolveOptions { Tolerance = 1e-11 });
        using DeviceArray v = engine.Allocate(ArrayKind.State), visits = engine.Allocate(ArrayKind.State),
            source = engine.Allocate(ArrayKind.State);
        using DeviceArray policy = engine.Allocate(ArrayKind.StateAction), reward = engine.Allocate(ArrayKind.StateAction);
        engine.Fill(policy, 1);
        double[] at = new double[states];
        for (int leader = 0; leader < leaders; leader++)
        {
            at[leader] = 1;
            engine.Upload(source, leader, at);
            engine.Upload(reward, leader, at);
            at[leader] = 0;
        }

        solves.Adjoint(visits, policy, source, gamma);
        solves.Evaluate(v, policy, reward, gamma);
        double all = 1 - Math.Pow(gamma, states);
        for (int leader = 0; leader < leaders; leader++)
        {
            double[] steps = RandomInstances.Each(states, s => Math.Pow(gamma, (s - leader + states) % states) / all);
            Close.Within(1e-7, steps, solved.Read(visits, states, leader), "visits");
            Close.Within(
                1e-7, RandomInstances.Each(states, s => Math.Pow(gamma, (leader - s + states) % states) / all),
                solved.Read(v, states, leader), "values");
        }
    }
}
