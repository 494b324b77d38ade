using CommunityToolkit.HighPerformance;
using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>The exact return of a linear-quadratic problem's leader, and its gradient, as functions of x.</summary>
/// <param name="problem">The problem.</param>
internal sealed class LinearQuadraticGradient(LinearQuadraticProblem problem)
    : ClosedForm<LinearQuadraticArrays>(ArraysOf(problem), ArraysOf(problem))
{
    /// <summary>The follower's response and the leader's return, as last evaluated.</summary>
    public LinearQuadraticReturn Solution { get; } = new(problem.Shape);

    /// <inheritdoc/>
    public override double Temperature
    {
        set => Solution.Temperature = value;
    }

    /// <inheritdoc/>
    public override RiccatiCertificate Certificate => Solution.Certificate;

    /// <inheritdoc/>
    public override double UndiscountedReturn => Solution.UndiscountedReturn;

    /// <inheritdoc/>
    public override double Entropy => Solution.Entropy;

    /// <inheritdoc/>
    public override void Describe(LinearQuadraticSystem system)
    {
        LinearQuadraticArrays model = Model;
        system.SetDynamics(model.A, model.B, model.W);
        system.SetFollower(model.Q, model.R, Solution.Response);
        system.SetStart([], model.Start);
        model.M.AsSpan2D().CopyTo(system.LeaderStateCost);
        model.U.AsSpan2D().CopyTo(system.LeaderActionCost);
        system.LeaderCost = model.Cost;
    }

    /// <inheritdoc/>
    protected override void Configure(ReadOnlySpan<double> x, LinearQuadraticArrays model)
    {
        model.Clear();
        problem.Configure(x, model);
    }

    /// <inheritdoc/>
    protected override double Solve(LinearQuadraticArrays model)
    {
        Solution.Evaluate(model);
        return Solution.Return;
    }

    /// <inheritdoc/>
    protected override void Differentiate(LinearQuadraticArrays model, LinearQuadraticArrays cotangents, bool fixedPolicy) =>
        Solution.Differentiate(model, cotangents, fixedPolicy);

    /// <inheritdoc/>
    public override void Pullback(ReadOnlySpan<double> x, LinearQuadraticArrays cotangents, Span<double> gradient) =>
        problem.Pullback(x, cotangents, gradient);

    private static LinearQuadraticArrays ArraysOf(LinearQuadraticProblem problem) => new(problem.Shape.States, problem.Shape.Actions);
}
