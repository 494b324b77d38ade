using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Native;

/// <summary>A problem whose instances have transition probabilities of their own, which the caller sets.</summary>
internal sealed class OwnTransitions(FiniteProblem problem) : FiniteProblem(
    problem.Name, problem.Transitions, problem.ParameterCount, problem.Discount, problem.LeaderDiscount, problem.Temperature)
{
    public override bool HasOwnTransitions => true;

    public override IReadOnlyList<double> ContextProbabilities => problem.ContextProbabilities;

    public override void InitialParameters(ulong seed, Span<double> x) => problem.InitialParameters(seed, x);

    protected internal override ProblemBinding Bind(Engine engine) => problem.Bind(engine);
}
