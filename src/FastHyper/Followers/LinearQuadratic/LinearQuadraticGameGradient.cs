using FastHyper.Problems.LinearQuadratic;

namespace FastHyper.Followers.LinearQuadratic;

/// <summary>The exact return of the leader of a linear-quadratic game, and its gradient, as functions of x.</summary>
/// <param name="problem">The problem.</param>
internal sealed class LinearQuadraticGameGradient(LinearQuadraticGameProblem problem) : IClosedForm
{
    private readonly LinearQuadraticGameArrays _model = new(problem.Shape.States, problem.Shape.Actions, problem.LeaderActions);
    private readonly LinearQuadraticGameArrays _cotangents = new(problem.Shape.States, problem.Shape.Actions, problem.LeaderActions);

    /// <summary>The follower's response and the leader's return, as last evaluated.</summary>
    public LinearQuadraticGameReturn Solution { get; } = new(problem.Shape, problem.LeaderActions);

    double IClosedForm.Temperature
    {
        set => Solution.Temperature = value;
    }

    RiccatiCertificate IClosedForm.Certificate => Solution.Certificate;

    double IClosedForm.UndiscountedReturn => Solution.UndiscountedReturn;

    double IClosedForm.Entropy => Solution.Entropy;

    /// <summary>J(x).</summary>
    /// <param name="x">(P).</param>
    /// <returns>NaN where there is none; <see cref="LinearQuadraticGameReturn.Certificate"/> says why.</returns>
    public double Evaluate(ReadOnlySpan<double> x)
    {
        _model.Clear();
        problem.Configure(x, _model);
        Solution.Evaluate(_model);
        return Solution.Return;
    }

    /// <summary>J(x) and ∇J(x).</summary>
    /// <param name="x">(P).</param>
    /// <param name="gradient">(P), written; NaN where there is none.</param>
    /// <returns>J.</returns>
    public double Evaluate(ReadOnlySpan<double> x, Span<double> gradient)
    {
        double value = Evaluate(x);
        gradient.Fill(double.IsFinite(value) ? 0 : double.NaN);
        if (!double.IsFinite(value)) return value;
        Solution.Differentiate(_model, _cotangents);
        problem.Pullback(x, _cotangents, gradient);
        return value;
    }

    void IClosedForm.Differentiate(ReadOnlySpan<double> x, Span<double> direct, Span<double> response)
    {
        Solution.Differentiate(_model, _cotangents, fixedPolicy: true);
        problem.Pullback(x, _cotangents, direct);
        Solution.Differentiate(_model, _cotangents);
        problem.Pullback(x, _cotangents, response);
        for (int p = 0; p < response.Length; p++) response[p] -= direct[p];
    }
}
