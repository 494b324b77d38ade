using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems.Worlds;
using FastHyper.Reference.Dense;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

public class BestResponseTests
{
    [Fact]
    public void TheCertificateBoundsTheErrorAgainstADenseSolution() => RandomCase.Check(60, c =>
    {
        ReferenceAnswer exact = ReferenceAnswer.Of(c.Data())!;
        using Solved solved = new(c.Problem(), tolerance: 1e-4);
        Certificate[] certificates = new Certificate[1];
        solved.AtStart().Response.Certify(certificates);
        double error = Close.Largest(Close.Difference(solved.Read(solved.Response.V, solved.States), exact.V.Values));
        Assert.True(certificates[0].Converged, "not converged");
        Assert.True(
            error <= certificates[0].Bound + (1e-12 * (1 + Close.Largest(exact.V.Values))),
            $"error {error:E2} above {certificates[0].Bound:E2}");
    });

    [Fact]
    public void TooFewSweepsAreReported()
    {
        RandomCase c = new(1, 9, 3, 3, 2, 0, 0.97, 0.1);
        using Solved solved = new(c.Problem());
        using BestResponse capped = new(solved.Mdp, new SolveOptions { Tolerance = 1e-12, MaxSweeps = 5, Method = SolveMethod.Sweeps });
        solved.AtStart();
        capped.Solve();
        Certificate[] certificates = new Certificate[1];
        capped.Certify(certificates);
        Assert.False(certificates[0].Converged);
        Assert.Equal(5, certificates[0].Iterations);
    }

    [Fact]
    public void ObjectiveAndPolicyAreTheDenseOnes() => RandomCase.Check(40, c =>
    {
        ReferenceAnswer exact = ReferenceAnswer.Of(c.Data())!;
        using Solved solved = new(c.Problem());
        Assert.Equal(exact.Objective.Values[0], solved.AtStart().Objectives()[0], 1e-9);
        Close.Within(1e-8, exact.Policy.Values, solved.Read(solved.Response.Policy, solved.Rows), "policy");
    });

    [Fact]
    public void Float32HasThePolicyOfFloat64WhereItIsCold()
    {
        FourRooms problem = FourRooms.Create(new FourRoomsOptions { Temperature = 0.001, WeightDeviation = 0.5 });
        using Solved wide = new(problem), narrow = new(problem, precision: Precision.F32);
        double[] expected = wide.AtStart().Read(wide.Response.Policy, wide.Rows);
        double[] actual = narrow.AtStart().Read(narrow.Response.Policy, narrow.Rows);
        double error = Close.Largest(Close.Difference(actual, expected));
        Assert.True(error < 1e-5, $"{error:E2}");
    }

    [Fact]
    public void AWarmStartHasTheAnswerOfAColdOne()
    {
        FourRooms problem = FourRooms.Create(new FourRoomsOptions { Temperature = 0.02, WeightDeviation = 1 });
        double[] x = Solved.Start(problem, 2);
        using Solved cold = new(problem), warm = new(problem);
        cold.At(x);
        warm.At(Solved.Start(problem, 1)).At(x);
        Close.Within(1e-10, cold.Read(cold.Response.V, cold.States), warm.Read(warm.Response.V, warm.States), "V");
        Close.Within(1e-8, cold.Read(cold.Response.Policy, cold.Rows), warm.Read(warm.Response.Policy, warm.Rows), "policy");
        Close.Within(1e-9, cold.Gradient(), warm.Gradient(), "gradient");
    }
}
