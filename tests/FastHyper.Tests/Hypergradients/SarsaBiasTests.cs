using FastHyper.Bench;
using FastHyper.Hypergradients.Critics;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Hypergradients;

/// <summary>What the published SARSA critic costs; <c>bias</c> of the benchmarks prints the whole table.</summary>
public class SarsaBiasTests
{
    [Fact]
    public void TheMeanIsWithinATenthWithTheExactCriticAndHalfOffAfterTenIterationsOfSarsa()
    {
        FourRooms problem = CriticBias.Rooms(0.05, 0.9);
        CriticBias exact = CriticBias.Measure(problem, new CriticOptions { Kind = CriticKind.Exact }, averageVisits: false, 0, 12_000);
        CriticBias sarsa = CriticBias.Measure(problem, new CriticOptions { Step = 0.1 }, averageVisits: true, 10);
        Assert.True(exact.Error < 0.1, $"{exact}");
        Assert.True(sarsa.Error > 0.5, $"{sarsa}");
    }
}
