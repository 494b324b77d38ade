using FastHyper.Backends;

namespace FastHyper.Problems.LinearQuadratic;

/// <summary>
/// A problem of continuous states and actions whose response, leader's return and gradient have closed forms.
/// </summary>
public abstract class ClosedFormProblem : Problem
{
    private protected ClosedFormProblem(string name, LinearQuadraticShape shape, int parameterCount)
        : base(
            name, parameterCount, (shape ?? throw new ArgumentNullException(nameof(shape))).Discount, shape.LeaderDiscount,
            shape.Temperature) =>
        Shape = shape;

    /// <summary>Sizes, and constants that x does not change.</summary>
    public LinearQuadraticShape Shape { get; }

    /// <summary>One context: what x configures depends on nothing else.</summary>
    public sealed override IReadOnlyList<double> ContextProbabilities { get; } = [1.0];

    /// <inheritdoc/>
    public sealed override bool ContextsAreTogether => false;

    /// <inheritdoc/>
    protected internal sealed override ProblemInstances On(Backend backend, InstanceLayout options) =>
        new ClosedFormInstances(this, backend, options);
}
