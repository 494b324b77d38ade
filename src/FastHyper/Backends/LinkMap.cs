namespace FastHyper.Backends;

/// <summary>How leader parameters become incentives.</summary>
public enum LinkKind
{
    /// <summary>y = x.</summary>
    Identity,

    /// <summary>y = scale · softmax(x).</summary>
    Softmax,

    /// <summary>y = low + (high − low) · σ(x), elementwise.</summary>
    Sigmoid,
}

/// <summary>
/// A differentiable map from leader parameters x (P) to incentives y (P), followed by their magnitudes |y| (P) where
/// asked for.
/// </summary>
/// <param name="Kind">The map.</param>
/// <param name="Low">Sigmoid: value at −∞. Softmax: unused.</param>
/// <param name="High">Sigmoid: value at +∞. Softmax: the scale.</param>
/// <param name="WithMagnitudes">Whether y is followed by |y|.</param>
public sealed record LinkMap(LinkKind Kind, double Low = 0, double High = 1, bool WithMagnitudes = false)
{
    /// <summary>Sigmoid: value at −∞.</summary>
    [Range]
    public double Low { get; init => field = InRange.Of<LinkMap>(value); } = InRange.Of<LinkMap>(Low, nameof(Low));

    /// <summary>Sigmoid: value at +∞. Softmax: the scale.</summary>
    [Range]
    public double High { get; init => field = InRange.Of<LinkMap>(value); } = InRange.Of<LinkMap>(High, nameof(High));

    /// <summary>Length of the output for P parameters.</summary>
    /// <param name="parameters">P.</param>
    public int OutputLength(int parameters) => WithMagnitudes ? 2 * parameters : parameters;
}

/// <summary>
/// The affine map b + k M y from incentives y to an (S, A) array. What is the same for every action of a state is given once
/// for the state; maps that differ by a factor share their matrix.
/// </summary>
/// <param name="Constant">b, (S·A), row s·A+a; or (S).</param>
/// <param name="Matrix">M, (S·A) × length of y, or (S) × length of y; null where the array does not depend on y.</param>
/// <param name="Scale">k.</param>
public sealed record AffineMap(double[] Constant, SparseMatrix? Matrix, double Scale = 1)
{
    /// <summary>k.</summary>
    [Range]
    public double Scale { get; init => field = InRange.Of<AffineMap>(value); } = InRange.Of<AffineMap>(Scale, nameof(Scale));

    /// <summary>Creates a map whose constant is a function of state and action, so that no host array holds it.</summary>
    /// <param name="function">b(s,a); a pure function, called from several threads at once, whenever the array is written.</param>
    /// <param name="matrix">M; null where the array does not depend on y.</param>
    /// <param name="scale">k.</param>
    public AffineMap(Func<int, int, double> function, SparseMatrix? matrix = null, double scale = 1)
        : this([], matrix, scale)
    {
        ArgumentNullException.ThrowIfNull(function);
        Function = function;
    }

    /// <summary>b as a function of s and a; null where <see cref="Constant"/> holds it.</summary>
    public Func<int, int, double>? Function { get; }

    /// <summary>The same map, whose constant is an array.</summary>
    /// <param name="states">Number of states S.</param>
    /// <param name="actions">Number of actions A.</param>
    internal AffineMap Tabulated(int states, int actions)
    {
        if (Function is null) return this;
        double[] constant = new double[states * actions];
        for (int s = 0, row = 0; s < states; s++)
            for (int a = 0; a < actions; a++) constant[row++] = Function(s, a);
        return new AffineMap(constant, Matrix, Scale);
    }
}

/// <summary>An <see cref="AffineMap"/> for each context, prepared for a device by <see cref="Engine.Prepare"/>.</summary>
internal abstract class DeviceAffineMap
{
    /// <summary>Length of y.</summary>
    public abstract int InputLength { get; }
}
