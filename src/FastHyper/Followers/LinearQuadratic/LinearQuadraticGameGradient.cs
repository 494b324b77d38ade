using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>The exact return of the leader of a linear-quadratic game, and its gradient, as functions of x.</summary>
/// <param name="problem">The problem.</param>
internal sealed class LinearQuadraticGameGradient(LinearQuadraticGameProblem problem)
    : ClosedForm<LinearQuadraticGameArrays>(ArraysOf(problem), ArraysOf(problem))
{
    /// <summary>The follower's response and the leader's return, as last evaluated.</summary>
    public LinearQuadraticGameReturn Solution { get; } = new(problem.Shape, problem.LeaderActions);

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
        LinearQuadraticGameArrays model = Model;
        system.SetDynamics(model.A, model.B, model.W);
        system.SetFollower(model.Q, model.R, Solution.Response);
        system.SetStart(model.StartMean, model.StartCovariance);
        system.SetLeader(model.C, model.Gain, model.LeaderNoise, Solution.SeenGain);
        system.SetGoal(model.Goal, model.Width);
    }

    /// <inheritdoc/>
    protected override void Configure(ReadOnlySpan<double> x, LinearQuadraticGameArrays model)
    {
        model.Clear();
        problem.Configure(x, model);
    }

    /// <inheritdoc/>
    protected override double Solve(LinearQuadraticGameArrays model)
    {
        Solution.Evaluate(model);
        return Solution.Return;
    }

    /// <inheritdoc/>
    protected override void Differentiate(LinearQuadraticGameArrays model, LinearQuadraticGameArrays cotangents, bool fixedPolicy) =>
        Solution.Differentiate(model, cotangents, fixedPolicy);

    /// <inheritdoc/>
    public override void Pullback(ReadOnlySpan<double> x, LinearQuadraticGameArrays cotangents, Span<double> gradient) =>
        problem.Pullback(x, cotangents, gradient);

    private static LinearQuadraticGameArrays ArraysOf(LinearQuadraticGameProblem problem) =>
        new(problem.Shape.States, problem.Shape.Actions, problem.LeaderActions);
}
