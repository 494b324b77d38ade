using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;
using FastHyper.Tests.Problems;

namespace FastHyper.Tests.Hypergradients;

public class EstimatorOptionTests
{
    public static TheoryData<string, Func<IHypergradientEstimator>, bool> Refused => new()
    {
        { "zero-order: radius = 0; expected a finite number above 0", () => new ZeroOrderEstimator { Radius = 0 }, false },
        { "bc-hg-vr: reuse = -1; expected an integer of at least 0", () => new BcHgVrEstimator { Reuse = -1 }, false },
        { "bc-hg-vr: clip = 0.5; expected a number of at least 1", () => new BcHgVrEstimator { Clip = 0.5 }, false },
        { "bc-hg-vr: reuse = 8; expected 0, for four-rooms draws a context in each iteration", () => new BcHgVrEstimator(), false },
        { "controls transitions or the start", () => new BcHgVrEstimator(), true },
        { "controls transitions; expected a problem with rewards alone", () => new SobirlEstimator(), true },
        { "critic: step = 2; expected a number in (0, 1]", () => new HpgdEstimator { Critic = new() { Step = 2 } }, false },
        { "critic: tolerance = 0; expected a finite number above "
            + "0", () => new BcHgEstimator { Critic = new() { Kind = CriticKind.Lstd, Tolerance = 0 } }, false },
        { "hpgd-oracle: restart_steps = 0; expected an integer of at least 1", () => new HpgdOracleEstimator { RestartSteps = 0 }, false },
    };

    [Theory, MemberData(nameof(Refused))]
    public void BadOptionsAreRefusedInOneLine(string message, Func<IHypergradientEstimator> estimator, bool controlsTransitions)
    {
        FiniteProblem problem = controlsTransitions
            ? new OwnProblemExample()
            : FourRooms.Create(new FourRoomsOptions { Goals = [[1, 9], [11, 11]] });
        using CpuBackend backend = new(1);
        using Mdp mdp = new(problem, backend, 1, ContextMode.Drawn);
        using BestResponse response = new(mdp);
        using EpisodeSampler sampler = new(mdp, new SamplingOptions());
        string refusal = Assert.Throws<InvalidInputException>(() => estimator().Bind(new EstimationContext(mdp, response, sampler)))
            .Message;
        Assert.Contains(message, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
    }
}
