namespace FastHyper.Problems.LinearQuadratic;

/// <summary>
/// A bi-level problem over linear dynamics with quadratic rewards, of which the follower's response, the leader's return and its gradient
/// have closed forms. <see cref="Configure"/> says what x does, <see cref="Pullback"/> the same backwards.
/// </summary>
public abstract class LinearQuadraticProblem : ClosedFormProblem
{
    /// <summary>Creates the base of a problem.</summary>
    /// <param name="name">Name, as in configuration and reports.</param>
    /// <param name="shape">Sizes and constants that x does not change.</param>
    /// <param name="parameterCount">Number of leader parameters, the length of x.</param>
    protected LinearQuadraticProblem(string name, LinearQuadraticShape shape, int parameterCount)
        : base(name, shape, parameterCount)
    {
    }

    /// <summary>Writes every matrix, and the constant cost.</summary>
    /// <param name="x">Leader parameters, (P).</param>
    /// <param name="arrays">Zero beforehand; written.</param>
    public abstract void Configure(ReadOnlySpan<double> x, LinearQuadraticArrays arrays);

    /// <summary>Accumulates the gradient in x: gradient += (∂configuration/∂x)ᵀ cotangents.</summary>
    /// <param name="x">Leader parameters, (P).</param>
    /// <param name="cotangents">Derivatives of the leader's return in what <see cref="Configure"/> wrote.</param>
    /// <param name="gradient">(P), accumulated.</param>
    public abstract void Pullback(ReadOnlySpan<double> x, LinearQuadraticArrays cotangents, Span<double> gradient);
}

/// <summary>Sizes of a linear-quadratic problem, and its constants.</summary>
/// <param name="States">State dimensions n, 1 to 1 000.</param>
/// <param name="Actions">Action dimensions m of the follower, 1 to 1 000.</param>
/// <param name="Discount">Follower's discount γ in [0, 1].</param>
/// <param name="LeaderDiscount">Leader's discount γ_L in [0, 1].</param>
/// <param name="Temperature">Entropy temperature τ, at least 0; 0 for the linear regulator.</param>
/// <param name="Horizon">Steps that the leader's return runs over, the first at time 0; null for for ever.</param>
public sealed record LinearQuadraticShape(
    int States, int Actions, double Discount, double LeaderDiscount, double Temperature, int? Horizon)
{
    private const int MostDimensions = 1000;

    /// <summary>State dimensions n.</summary>
    public int States { get; } = Dimensions(nameof(States), States);

    /// <summary>Action dimensions m of the follower.</summary>
    public int Actions { get; } = Dimensions(nameof(Actions), Actions);

    /// <summary>Follower's discount γ.</summary>
    public double Discount { get; } = InUnit("gamma", Discount);

    /// <summary>Leader's discount γ_L.</summary>
    public double LeaderDiscount { get; } = InUnit("gamma_leader", LeaderDiscount);

    /// <summary>Entropy temperature τ, in reward units.</summary>
    public double Temperature { get; } = Temperature >= 0 && double.IsFinite(Temperature)
        ? Temperature
        : throw new InvalidInputException($"linear-quadratic: temperature = {Temperature}; expected a finite number of at least 0");

    /// <summary>Steps that the leader's return runs over; null for for ever.</summary>
    public int? Horizon { get; } = Horizon is null or > 0
        ? Horizon
        : throw new InvalidInputException(
            $"linear-quadratic: horizon = {Horizon}; expected an integer of at least 1, or none for for ever");

    private static int Dimensions(string name, int value) => value is >= 1 and <= MostDimensions
        ? value
        : throw new InvalidInputException($"linear-quadratic: {Names.Snake(name)} = {value} dimensions; expected 1 to {MostDimensions}");

    private static double InUnit(string name, double value) => value is >= 0 and <= 1
        ? value
        : throw new InvalidInputException($"linear-quadratic: {name} = {value}; expected a discount in [0, 1]");
}
