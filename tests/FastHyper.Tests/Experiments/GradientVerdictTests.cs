using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Reference.Dense;
using FastHyper.Reference.Problems;
using GradientCheck = FastHyper.Experiments.GradientCheck;
using GradientEstimate = FastHyper.Experiments.GradientEstimate;

namespace FastHyper.Tests.Experiments;

/// <summary>A wrong pullback fails; differences that are too rough to tell say so.</summary>
public class GradientVerdictTests
{
    [Theory, InlineData(1), InlineData(1.001), InlineData(2), InlineData(0), InlineData(-1)]
    public void OnlyTheRightPullbackPasses(double factor)
    {
        using CpuBackend backend = new(1);
        GradientCheck check = GradientCheck.Run(new Scaled(factor), backend);
        Assert.Equal((factor == 1, false), (check.Passed, check.Undecided));
        Assert.Equal(3, check.Proof!.Linear.Count);
        Assert.All(check.Proof.Linear, named => Assert.InRange(named.Certificate.Residual, 0, 1e-14));
        Assert.InRange(check.Proof.ErrorEstimate, 0, 1e-12);
    }

    /// <summary>Where rounding moves differences by more than gradients, it is not the gradient that is called wrong.</summary>
    [Theory, InlineData("blocks"), InlineData("chain-return"), InlineData("corridor"), InlineData("cycle"), InlineData("deterministic")]
    [InlineData("few-states"), InlineData("grid-goal"), InlineData("leak"), InlineData("permutation"), InlineData("ring-both-ways")]
    [InlineData("ring-leak"), InlineData("sticky")]
    public void NoRightGradientFailsWhereDigitsAreLost(string family)
    {
        using CpuBackend backend = new(1);
        for (int seed = 1; seed <= 60; seed++)
        {
            ProblemData data = SlowProblem.Named($"{family}:{seed}").Data;
            // Steps of x are to be a small part of rewards.
            if (data.Reward.Max(Math.Abs) is < 0.1 or > 10) continue;
            GradientCheck check = GradientCheck.Run(LinearProblem.Create("cold", Cold(data)), backend, maxParameters: 8);
            Assert.True(check.Passed || check.Undecided, $"{family}:{seed}: {check}");
        }
    }

    /// <summary>Inexact steps lead astray here, and factors take over for good.</summary>
    [Theory, InlineData("chain-return:175"), InlineData("chain-return:198"), InlineData("chain-return:238"), InlineData("chain-return:375")]
    public void ColdChainsAreSolved(string name)
    {
        using CpuBackend backend = new(1);
        ProblemData cold = Cold(SlowProblem.Named(name).Data);
        ReferenceAnswer answer = ReferenceAnswer.Of(cold)!;
        GradientEstimate found =
            GradientEstimate.Compute(LinearProblem.Create("cold", cold), new ExactEstimator(1e-14), backend, Precision.F64, 1);
        Assert.All(
            answer.Compare(found.Objective, found.Direct, found.Response), part => Assert.InRange(part.Exact.Ratio(part.Found), 0, 1));
    }

    private static ProblemData Cold(ProblemData data) => new()
    {
        Transitions = data.Transitions,
        Reward = data.Reward,
        LeaderReward = data.LeaderReward,
        Initial = data.Initial,
        X = data.X,
        Features = data.Features,
        LeaderFeatures = data.LeaderFeatures,
        Gamma = 0.99999,
        GammaLeader = 0.99999,
        Temperature = 1e-6 * data.Reward.Max(Math.Abs),
    };

    private sealed class Scaled(double factor) : CustomProblem(
        "scaled", new Transitions(1, 2, new SparseMatrix(1, [0, 1, 2], [0, 0], [0.5, 0.9])), [1], [0.3], 0.9, 0.9, 0.2)
    {
        public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp)
        {
            (mdp.Reward[0], mdp.Reward[1]) = (x[0], 0);
            (mdp.LeaderReward[0], mdp.LeaderReward[1]) = (1 - x[0], 0);
        }

        public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient) =>
            gradient[0] += (factor * cotangents.Reward[0]) - cotangents.LeaderReward[0];
    }
}
