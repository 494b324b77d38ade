using FastHyper.Backends;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Tests.Leaders;

/// <summary>Every estimator that samples, and every critic, for tests of the leader's loop.</summary>
public static class EstimatorsAtWork
{
    public static IReadOnlyList<string> Names { get; } =
        ["exact", "bc-hg", "bc-hg with lstd", "bc-hg-vr", "bc-hg-vr with one past", "hpgd", "hpgd-sa", "hpgd-oracle", "sobirl",
            "zero-order", "zero-order by the model", "naive", "first-order", "first-order by the model", "fitted", "bc-hg with lstd-q"];

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
        "exact" => new ExactEstimator(),
        "bc-hg" => new BcHgEstimator { Sampling = sampling },
        "bc-hg with lstd" => new BcHgEstimator { Sampling = sampling, Critic = new() { Kind = CriticKind.Lstd } },
        "bc-hg-vr" => new BcHgVrEstimator { Sampling = sampling },
        "bc-hg-vr with one past" => new BcHgVrEstimator { Sampling = sampling, Reuse = 1, Clip = 1.1 },
        "hpgd" => new HpgdEstimator { Sampling = sampling },
        "hpgd-sa" => new HpgdSaEstimator { Sampling = sampling },
        "hpgd-oracle" => new HpgdOracleEstimator { Sampling = sampling, RestartSteps = 300 },
        "sobirl" => new SobirlEstimator { Sampling = sampling },
        "zero-order" => new ZeroOrderEstimator { Sampling = sampling, Difference = Difference.TwoPoint },
        "zero-order by the model" => new ZeroOrderEstimator { Sampling = sampling, Model = true },
        "naive" => new NaiveEstimator { Sampling = sampling },
        "first-order" => new FirstOrderEstimator { Sampling = sampling },
        "first-order by the model" => new FirstOrderEstimator { Model = true, Payment = 1e-3 },
        "fitted" => new FittedEstimator { Sampling = sampling, Features = FeaturesOf(problem) },
        "bc-hg with lstd-q" =>
            new BcHgEstimator { Sampling = sampling, Critic = new() { Kind = CriticKind.LstdQ, Features = FeaturesOf(problem) } },
        _ => throw new ArgumentException(name),
    };
}
