using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Problems;

namespace FastHyper.Tests.Problems;

public class CustomProblemTests
{
    [Fact]
    public void ARewardLeftUnwrittenIsRefusedByItsIndex()
    {
        Assert.Contains("careless: follower reward[1] = NaN", Refusal(mdp => mdp.Reward[0] = 1), StringComparison.Ordinal);
    }

    [Fact]
    public void AnInitialDistributionThatDoesNotSumToOneIsRefused()
    {
        string refusal = Refusal(mdp =>
        {
            mdp.Reward.Clear();
            mdp.LeaderReward.Clear();
            mdp.Initial[0] = 0.5;
        });
        Assert.Contains("careless: initial[0..0] sums to 0.5; expected 1", refusal, StringComparison.Ordinal);
    }

    private static string Refusal(ConfigureSpans configure)
    {
        using CpuBackend backend = new(1);
        using Mdp mdp = new(new Careless(configure), backend);
        return Assert.Throws<InvalidInputException>(mdp.Configure).Message;
    }

    private delegate void ConfigureSpans(MdpSpans mdp);

    private sealed class Careless(ConfigureSpans configure) : CustomProblem(
        "careless", new Transitions(1, 2, new SparseMatrix(1, [0, 1, 2], [0, 0], [1, 0.5])), [1], [0.0], 0.9, 0.9, 1)
    {
        public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp) => configure(mdp);

        public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient) { }
    }
}
