using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Followers;

/// <summary>A solve allocates nothing once it has been done before.</summary>
[Collection(nameof(Alone))]
public class SolveAllocationTests
{
    [Theory, MemberData(nameof(SolveMethodTests.Ways), MemberType = typeof(SolveMethodTests))]
    public void ASolveAllocatesNothing(SolveMethod method, EngineLayout layout, Precision precision)
    {
        RandomCase c = new(4, 9, 3, 3, 2, 0, 0.97, 0.1);
        using Solved solved = new(c.Problem(), tolerance: 1e-7, precision: precision, layout: layout, method: method);
        Certificate[] certificates = new Certificate[1];
        DeviceArray start = solved.AtStart().Response.State.First().Array;
        long least = long.MaxValue;
        for (int window = 0; window < 20; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            solved.Mdp.Engine.Fill(start, 0);
            solved.Response.Solve();
            solved.Response.Solve();
            solved.Response.Certify(certificates);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
