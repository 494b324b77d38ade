using FastHyper.Backends;
using FastHyper.Hypergradients;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Rollouts;

namespace FastHyper.Tests.Leaders;

/// <summary>Every estimator that samples, and every critic, for tests of the leader's loop.</summary>
public static class EstimatorsAtWork
{
    public static IReadOnlyList<string> Names { get; } =
        ["exact", "bc-hg", "bc-hg with lstd", "bc-hg-vr", "bc-hg-vr with one past", "hpgd", "hpgd-sa", "hpgd-oracle", "sobirl", "zero-order", "zero-order by the model", "naive", "first-order", "first-order by the model", "fitted", "bc-hg with lstd-q"];

    /// <summary>Some features of a problem's states, over its grid or their numbers.</summary>
    public static FeatureRows FeaturesOf(FiniteProblem problem) => new RadialFeatures { Points = 3 }.Create(
        problem.Transitions.Actions,
        problem is IGridProblem grid
            ? StateCoordinates.Of(grid.Grid)
            : new StateCoordinates(
                problem.Transitions.States, [.. Enumerable.Range(0, problem.Transitions.States).Select(s => (double)s)]));

    public static TheoryData<string> Sampling => [.. Names.Where(name => name != "exact")];

    public static IHypergradientEstimator Create(string name, SamplingOptions sampling, FiniteProblem problem) => name switch
    {
        "exact" => new Exact(),
        "bc-hg" => new BcHg { Sampling = sampling },
        "bc-hg with lstd" => new BcHg { Sampling = sampling, Critic = new() { Kind = CriticKind.Lstd } },
        "bc-hg-vr" => new BcHgVr { Sampling = sampling },
        "bc-hg-vr with one past" => new BcHgVr { Sampling = sampling, Reuse = 1, Clip = 1.1 },
        "hpgd" => new Hpgd { Sampling = sampling },
        "hpgd-sa" => new HpgdSa { Sampling = sampling },
        "hpgd-oracle" => new HpgdOracle { Sampling = sampling, RestartSteps = 300 },
        "sobirl" => new SoBiRl { Sampling = sampling },
        "zero-order" => new ZeroOrder { Sampling = sampling, Difference = Difference.TwoPoint },
        "zero-order by the model" => new ZeroOrder { Sampling = sampling, Model = true },
        "naive" => new Naive { Sampling = sampling },
        "first-order" => new FirstOrder { Sampling = sampling },
        "first-order by the model" => new FirstOrder { Model = true, Payment = 1e-3 },
        "fitted" => new Fitted { Sampling = sampling, Features = FeaturesOf(problem) },
        "bc-hg with lstd-q" => new BcHg { Sampling = sampling, Critic = new() { Kind = CriticKind.LstdQ, Features = FeaturesOf(problem) } },
        _ => throw new ArgumentException(name),
    };
}
