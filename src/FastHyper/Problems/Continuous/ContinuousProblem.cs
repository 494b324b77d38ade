using FastHyper.Backends;
using FastHyper.Problems.Features;

namespace FastHyper.Problems.Continuous;

/// <summary>
/// A problem of your own with continuous states and a follower of finitely many actions. Override <see cref="Step"/>, which does a step of
/// many samples at once, and <see cref="Pullback"/>, the same backwards in x; nothing else needs to be differentiated.
/// </summary>
/// <remarks>
/// <see cref="Discretise"/> makes a finite MDP of it, for followers, estimators and checks of all kinds; so does whatever is given one
/// without further ado.
/// </remarks>
public abstract class ContinuousProblem : Problem
{
    private readonly double[] _initialParameters;

    /// <summary>Creates the base of the problem.</summary>
    /// <param name="name">Name, as in reports.</param>
    /// <param name="shape">Sizes, and the box that states are in.</param>
    /// <param name="initialParameters">The x that every leader starts from, (P).</param>
    /// <param name="discount">Follower's discount γ, below 1.</param>
    /// <param name="leaderDiscount">Leader's discount γ_L, below 1.</param>
    /// <param name="temperature">Entropy temperature τ.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    protected ContinuousProblem(
        string name, ContinuousShape shape, double[] initialParameters, double discount, double leaderDiscount, double temperature)
        : base(name, initialParameters?.Length ?? 0, discount, leaderDiscount, temperature)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(initialParameters);
        shape.Require(name);
        if (!(discount < 1 && leaderDiscount < 1))
            throw new InvalidInputException(
                $"{name}: gamma = {discount} and gamma_leader = {leaderDiscount}; expected discounts below 1, " +
                $"as states are continuous");
        ProblemCheck.RequireVector(name, "x", initialParameters, initialParameters.Length);
        (Shape, _initialParameters) = (shape, initialParameters);
    }

    /// <summary>Sizes, and the box that states are in.</summary>
    public ContinuousShape Shape { get; }

    /// <summary>Whether x moves next states, so that the hypergradient runs through them; not by default.</summary>
    public virtual bool ControlsTransitions => false;

    /// <summary>Numbers that <see cref="Configure"/> writes; as many as x has by default.</summary>
    public virtual int Settings => ParameterCount;

    /// <summary>How the problem is discretised, unless told otherwise.</summary>
    public virtual DiscretisationOptions Discretisation { get; } = new();

    /// <summary>Writes what steps read of x, once for many steps; x itself by default.</summary>
    /// <param name="x">Leader parameters, (P).</param>
    /// <param name="context">Context.</param>
    /// <param name="settings">(<see cref="Settings"/>), written.</param>
    public virtual void Configure(ReadOnlySpan<double> x, int context, Span<double> settings) => x.CopyTo(settings);

    /// <summary>Writes states that episodes start in.</summary>
    /// <param name="uniforms">Uniform numbers in [0, 1), a span for each that a start takes.</param>
    /// <param name="states">A span for each dimension, written.</param>
    public abstract void Start(SampleSpans uniforms, SampleSpans states);

    /// <summary>Does a step of many samples: writes next states, both rewards, and where episodes end.</summary>
    /// <param name="settings">As <see cref="Configure"/> wrote them.</param>
    /// <param name="steps">The samples.</param>
    public abstract void Step(ReadOnlySpan<double> settings, StepSpans steps);

    /// <summary>
    /// Accumulates the gradient in x: gradient += Σ over samples of weight · ∂(what the step wrote)/∂x, at given states, actions and noise.
    /// </summary>
    /// <param name="x">Leader parameters, (P).</param>
    /// <param name="context">Context.</param>
    /// <param name="steps">The samples, with all that <see cref="Step"/> wrote.</param>
    /// <param name="weights">Weights of their rewards and next states.</param>
    /// <param name="gradient">(P), accumulated.</param>
    public abstract void Pullback(ReadOnlySpan<double> x, int context, StepSpans steps, StepWeights weights, Span<double> gradient);

    /// <inheritdoc/>
    public override void InitialParameters(ulong seed, Span<double> x) => _initialParameters.CopyTo(x);

    /// <summary>
    /// The finite MDP over a grid: P by multilinear interpolation between points and Gauss–Hermite quadrature of noise, which is
    /// differentiated exactly as it is.
    /// </summary>
    /// <param name="options">The grid; null for <see cref="Discretisation"/>.</param>
    /// <exception cref="InvalidInputException">The grid is too coarse, or too large for memory; or a step or a start is no
    /// state.</exception>
    public FiniteProblem Discretise(DiscretisationOptions? options = null) => new DiscretisedProblem(this, new StateGrid(Name, Shape,
        options ?? Discretisation));

    /// <summary>
    /// The problem as it is, without a grid: a follower whose values are linear in features, fitted to samples of steps by soft fitted
    /// value iteration, and leaders judged by rollouts. For more dimensions than grids can have.
    /// </summary>
    /// <param name="features">The family of features over the box, and ρ of the fit.</param>
    /// <param name="points">The samples; null for the defaults.</param>
    /// <exception cref="InvalidInputException">The features are of no family, or too many; or a start is no state.</exception>
    public Problem WithoutGrid(FeatureOptions features, SupportPointOptions? points = null)
    {
        ArgumentNullException.ThrowIfNull(features);
        return new UngriddedProblem(this, features, points ?? new());
    }

    /// <inheritdoc/>
    protected internal override ProblemInstances On(Backend backend, InstanceLayout options) => Discretise().On(backend, options);
}
