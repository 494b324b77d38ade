using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FsCheck;
using FsCheck.Fluent;

namespace FastHyper.Tests.Support;

/// <summary>A random linear problem that shrinks towards few states, actions and parameters.</summary>
internal sealed record RandomCase(
    int Seed, int States, int Actions, int Successors, int Parameters, double Termination, double Gamma, double Temperature)
{
    private static readonly Gen<RandomCase> Any =
        from seed in Gen.Choose(1, 1_000_000)
        from states in Gen.Choose(1, 9)
        from actions in Gen.Choose(1, 4)
        from successors in Gen.Choose(1, states)
        from parameters in Gen.Choose(1, 5)
        from termination in Gen.Elements(0, 0.1, 0.4)
        from gamma in Gen.Elements(0, 0.5, 0.9, 0.97)
        from temperature in Gen.Elements(0.03, 0.1, 0.5, 3)
        select new RandomCase(seed, states, actions, successors, parameters, termination, gamma, temperature);

    /// <summary>Checks a fact over fixed random problems; a counterexample is shrunk before it is reported.</summary>
    public static void Check(int count, Action<RandomCase> fact) =>
        Prop.ForAll(Arb.From(Any, Smaller), fact).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(20261121, 7));

    public ProblemData Data() => RandomProblem.Generate((ulong)Seed, new RandomProblemOptions
    {
        States = States,
        Actions = Actions,
        Successors = Successors,
        Parameters = Parameters,
        FeaturesPerRow = Math.Min(2, Parameters),
        Termination = Termination,
        Gamma = Gamma,
        GammaLeader = 0.9 * Gamma,
        Temperature = Temperature,
    });

    public IncentiveProblem Problem() => LinearProblem.Create("random", Data());

    private static IEnumerable<RandomCase> Smaller(RandomCase c)
    {
        if (c.States > 1) yield return c with { States = c.States - 1, Successors = Math.Min(c.Successors, c.States - 1) };
        if (c.Actions > 1) yield return c with { Actions = c.Actions - 1 };
        if (c.Successors > 1) yield return c with { Successors = c.Successors - 1 };
        if (c.Parameters > 1) yield return c with { Parameters = c.Parameters - 1 };
        if (c.Termination > 0) yield return c with { Termination = 0 };
        if (c.Gamma > 0) yield return c with { Gamma = 0 };
    }
}
