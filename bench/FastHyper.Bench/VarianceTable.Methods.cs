using FastHyper.Backends;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Features;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Bench;

internal sealed partial class VarianceTable
{
    private static readonly double[] CriticSteps = [0.02, 0.1, 0.5];

    private static IEnumerable<(string Title, FiniteProblem Problem)> Problems()
    {
        yield return ("four-rooms, 104 x 4, 105 parameters, slip 0.44, temperature 0.03, discounts 0.99", CriticBias.Rooms(0.03, 0.99));
        yield return (
            "random MDP, 50 x 4, 20 parameters, discounts 0.95 and 0.9, 5 % termination, temperature 0.3",
                LinearProblem.Create("random", RandomProblem.Generate(5, new RandomProblemOptions
                {
                    States = 50,
                    Parameters = 20,
                    Termination = 0.05,
                    Temperature = 0.3,
                })));
        yield return (
            "linear problem, 10 x 3, 6 parameters, discounts 0.9, 20 % termination, temperature 0.3",
                LinearProblem.Create("linear", RandomProblem.Generate(9, new RandomProblemOptions
                {
                    States = 10,
                    Actions = 3,
                    Parameters = 6,
                    Termination = 0.2,
                    Temperature = 0.3,
                    Gamma = 0.9,
                })));
        yield return (
            "random MDP, 100 x 3, 8 parameters, discounts 0.9, temperature 0.3; the follower linear in 30 interpolated features",
                LinearProblem.Create("line", Line()));
    }

    /// <summary>States on a line, with features that interpolate between ten points of it.</summary>
    private static ProblemData Line() => RandomProblem.Generate(11, new RandomProblemOptions
    {
        States = 100,
        Actions = 3,
        Parameters = 8,
        Temperature = 0.3,
        Gamma = 0.9,
    }) with
    {
        ValueFeatures = new InterpolatedFeatures { Points = 10 }.Create(3, Numbers(100)),
    };

    private static StateCoordinates Numbers(int states) => new(states, [.. Enumerable.Range(0, states).Select(s => (double)s)]);

    private static IEnumerable<Method> Methods(FiniteProblem problem)
    {
        CriticOptions exact = new() { Kind = CriticKind.Exact };
        CriticOptions Sarsa(double step) => new() { Step = step };
        CriticOptions Expected(double step) => new() { Kind = CriticKind.ExpectedSarsa, Step = step };
        yield return new Method("naive", (n, _) => new NaiveEstimator { Sampling = Steps(n) });
        yield return new Method(
            "zero-order, antithetic, half at each point", (n, _) => new ZeroOrderEstimator { Sampling = Steps(n / 2), Radius = 10 });
        yield return new Method("sobirl", (n, _) => new SobirlEstimator { Sampling = Steps(n) });
        yield return new Method("sobirl, undiscounted", (n, _) => new SobirlEstimator { Sampling = Steps(n), Undiscounted = true });
        yield return new Method("hpgd", (n, _) => new HpgdEstimator { Sampling = Steps(n) });
        yield return new Method(
            "hpgd-sa", (n, step) => new HpgdSaEstimator { Sampling = Steps(n), Critic = Sarsa(step) }, Learns: true, Remembers: true);
        yield return new Method("hpgd-oracle, and 10 000 restarts", (n, _) => new HpgdOracleEstimator { Sampling = Steps(n) });
        yield return new Method(
            "bc-hg", (n, step) => new BcHgEstimator { Sampling = Steps(n), Critic = Sarsa(step) }, Learns: true, Remembers: true);
        yield return new Method(
            "bc-hg, expected sarsa", (n, step) =>
                new BcHgEstimator { Sampling = Steps(n), Critic = Expected(step) }, Learns: true, Remembers: true);
        yield return new Method(
            "bc-hg, td-lambda", (n, step) =>
                new BcHgEstimator { Sampling = Steps(n), Critic = new() { Kind = CriticKind.TdLambda, Step = step } },
            Learns: true, Remembers: true);
        yield return new Method(
            "bc-hg, lstd", (n, _) => new BcHgEstimator { Sampling = Steps(n), Critic = new() { Kind = CriticKind.Lstd } }, Remembers: true);
        foreach (int reuse in (int[])[0, 4, 8, 16])
            yield return new Method(
                $"bc-hg-vr, reuse {reuse}", (n, step) =>
                    new BcHgVrEstimator { Sampling = Steps(n), Critic = Expected(step), Reuse = reuse },
                Learns: true, Remembers: true);
        yield return new Method("bc-hg, exact critic", (n, _) => new BcHgEstimator { Sampling = Steps(n), Critic = exact });
        yield return new Method(
            "bc-hg-vr, exact critic, reuse 0", (n, _) => new BcHgVrEstimator { Sampling = Steps(n), Critic = exact, Reuse = 0 });
        yield return new Method(
            "bc-hg-vr, exact critic, reuse 16", (n, _) =>
                new BcHgVrEstimator { Sampling = Steps(n), Critic = exact, Reuse = 16 }, Remembers: true);
        FeatureRows features = problem.ValueFeatures ?? new TabularFeatures().Create(
            problem.Transitions.Actions, Numbers(problem.Transitions.States));
        string kind = problem.ValueFeatures is null ? "tabular" : "the follower's";
        CriticOptions fitted = new() { Kind = CriticKind.LstdQ, Features = features };
        yield return new Method(
            $"fitted, {kind} features",
            (n, _) =>
                new FittedEstimator { Sampling = Steps(n), Features = features, Ridge = 1e-3, Critic = fitted with { Ridge = 1e-3 } });
        yield return new Method(
            $"fitted, {kind} features, exact critic",
            (n, _) => new FittedEstimator { Sampling = Steps(n), Features = features, Ridge = 1e-3, Critic = exact });
        yield return new Method(
            "bc-hg, lstd-q with them", (n, _) => new BcHgEstimator { Sampling = Steps(n), Critic = fitted with { Ridge = 1e-3 } });
        if (problem.Discount != problem.LeaderDiscount) yield break;
        foreach (double payment in (double[])[0.1, 0.3, 1])
            yield return new Method(
                $"first-order, half of the steps each, payment {payment}",
                (n, _) => new FirstOrderEstimator { Sampling = Steps(n), Payment = payment });
    }

    private static SamplingOptions Steps(int count) => new() { Steps = count, EpisodeLimit = 200 };

    /// <summary>A way to estimate, by environment steps and critic step.</summary>
    private sealed record Method(
        string Name, Func<int, double, IHypergradientEstimator> Create, bool Learns = false, bool Remembers = false);
}
