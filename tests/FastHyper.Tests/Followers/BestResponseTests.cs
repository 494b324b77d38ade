using FastHyper.Followers;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

public class BestResponseTests
{
    [Fact]
    public void TheCertificateBoundsTheErrorAgainstADenseSolution() => RandomCase.Check(60, c =>
    {
        DenseReference dense = new(c.Data());
        using Solved solved = new(c.Problem(), tolerance: 1e-4);
        Certificate[] certificates = new Certificate[1];
        solved.AtStart().Response.Certify(certificates);
        double error = Close.Largest(Close.Difference(solved.Read(solved.Response.V, solved.States), dense.V.ToArray()));
        Assert.True(certificates[0].Converged, "not converged");
        Assert.True(error <= certificates[0].Bound + (1e-12 * (1 + dense.V.InfinityNorm())), $"error {error:E2} above {certificates[0].Bound:E2}");
    });

    [Fact]
    public void TooFewSweepsAreReported()
    {
        RandomCase c = new(1, 9, 3, 3, 2, 0, 0.97, 0.1);
        using Solved solved = new(c.Problem());
        using BestResponse capped = new(solved.Mdp, new SolveOptions { Tolerance = 1e-12, MaximalSweeps = 5 });
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
        DenseReference dense = new(c.Data());
        using Solved solved = new(c.Problem());
        Assert.Equal(dense.Objective, solved.AtStart().Objectives()[0], 1e-9);
        Close.Within(1e-8, dense.Policy.ToArray(), solved.Read(solved.Response.Policy, solved.Rows), "policy");
    });
}
