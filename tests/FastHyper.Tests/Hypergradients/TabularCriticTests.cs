using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.Hypergradients;

/// <summary>A table that has no proof is an error, of one line that says what was reached.</summary>
public class TabularCriticTests
{
    [Theory, InlineData(2, false), InlineData(10_000, true)]
    public void SweepsThatEndTooEarlyAreNotAccepted(int sweeps, bool proven)
    {
        CriticOptions critic = new() { Kind = CriticKind.Lstd, MaxSweeps = sweeps };
        FiniteProblem problem = LinearProblem.Create("random", RandomProblem.Generate(1));
        using Estimates estimates = new(problem, new BcHgEstimator { Critic = critic }, 2, new double[problem.ParameterCount]);
        InvalidOperationException? refusal = Record.Exception(() => estimates.Run(1)) as InvalidOperationException;
        Assert.Equal(proven, refusal is null);
        if (proven) return;
        Assert.Matches(
            @"^random: the leader's values of instance 0, fitted to its samples, have no proof: residual \d\.\d\dE-\d{3} of their size " +
            @"after 2 sweeps, and by that an error of \d\.\d\dE[+-]\d{3} at the most; expected a residual of 1\.00E-006$",
            refusal!.Message);
    }
}
