using FastHyper.Backends;

namespace FastHyper.Problems.Features;

/// <summary>
/// A family of features: functions f of a state's coordinates in [0, 1]ᵈ, used for each action apart, φ(s,a) = e_a ⊗ f(s).
/// </summary>
/// <example><code>
/// FeatureRows features = new TileCoding { Tilings = 8, Tiles = 10 }.Create(actions: 4, StateCoordinates.Of(problem.Grid));
/// </code></example>
public abstract record FeatureMap
{
    // Features of one action: beyond, k × k systems fill the memory.
    private const long MaxFeatures = 1 << 20;

    /// <summary>
    /// Whether a fit by least squares averages, whatever its weights, as where each state has one feature, of one: then the fitted problem
    /// is a finite MDP itself, sweeps contract and there is one fixed point.
    /// </summary>
    public virtual bool IsAverager => false;

    /// <summary>Features of all states, for each action apart.</summary>
    /// <param name="actions">A.</param>
    /// <param name="coordinates">Where the states lie.</param>
    /// <exception cref="InvalidInputException">There are too many features.</exception>
    public FeatureRows Create(int actions, StateCoordinates coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        int dimensions = coordinates.Dimensions;
        long count = CountOf(dimensions, coordinates.States);
        if (count * coordinates.LayerCount * actions > MaxFeatures)
            throw new InvalidInputException(
                $"features: {count * coordinates.LayerCount} for each of {actions} actions; expected at most {MaxFeatures} in all");
        int active = ActiveOf(dimensions, (int)count);
        return active == count && coordinates.LayerCount == 1
            ? FeatureRows.OfStates(coordinates.States, actions, Dense(coordinates, (int)count))
            : FeatureRows.OfStates(coordinates.States, actions, Sparse(coordinates, (int)count, active));
    }

    /// <summary>Number of functions.</summary>
    internal abstract long CountOf(int dimensions, int states);

    /// <summary>Functions that are not zero in a point, at the most; all of them by default.</summary>
    internal virtual int ActiveOf(int dimensions, int count) => count;

    /// <summary>Writes the functions that are not zero in a point.</summary>
    /// <param name="state">The state.</param>
    /// <param name="point">Its coordinates, (d), in [0, 1].</param>
    /// <param name="columns">Written: which functions, in rising order.</param>
    /// <param name="values">Written.</param>
    /// <returns>How many.</returns>
    internal abstract int Write(int state, ReadOnlySpan<double> point, Span<int> columns, Span<double> values);

    /// <summary>
    /// Half the width of the differences that stand for slopes, as a part of an axis; where functions have steps, half a step.
    /// </summary>
    internal virtual double SlopeStep => 1e-5;

    /// <summary>Writes the slopes of Σ_j weights_j f_j in a point.</summary>
    /// <param name="point">(d), in [0, 1].</param>
    /// <param name="weights">One for each function.</param>
    /// <param name="slopes">(d), written.</param>
    /// <returns>False where there is no formula but differences.</returns>
    internal virtual bool TryWriteSlopes(ReadOnlySpan<double> point, ReadOnlySpan<double> weights, Span<double> slopes) => false;

    /// <summary>base^exponent, or more than there may be features.</summary>
    private protected static long Power(int number, int exponent)
    {
        long power = 1;
        for (int k = 0; k < exponent && power <= MaxFeatures; k++) power *= number;
        return power;
    }

    private double[] Dense(StateCoordinates coordinates, int count)
    {
        double[] dense = new double[(long)coordinates.States * count], values = new double[count];
        int[] columns = new int[count];
        for (int s = 0; s < coordinates.States; s++)
        {
            if (double.IsNaN(coordinates.Of(s)[0])) continue;
            int written = Write(s, coordinates.Of(s), columns, values);
            for (int j = 0; j < written; j++) dense[(s * (long)count) + columns[j]] = values[j];
        }

        return dense;
    }

    private SparseMatrix Sparse(StateCoordinates coordinates, int count, int active)
    {
        long[] offsets = new long[coordinates.States + 1];
        List<int> allColumns = [];
        List<double> allValues = [];
        double[] values = new double[active];
        int[] columns = new int[active];
        for (int s = 0; s < coordinates.States; s++)
        {
            int written = double.IsNaN(coordinates.Of(s)[0])
                ? 0
                : Write(s, coordinates.Of(s), columns, values), first = (coordinates.Layers?[s] ?? 0) * count;
            for (int j = 0; j < written; j++)
            {
                if (values[j] == 0) continue;
                allColumns.Add(first + columns[j]);
                allValues.Add(values[j]);
            }

            offsets[s + 1] = allColumns.Count;
        }

        return new SparseMatrix(count * coordinates.LayerCount, offsets, [.. allColumns], [.. allValues]);
    }
}

/// <summary>One feature for each state: values of any kind, as without features.</summary>
[Options]
public sealed partial record TabularFeatures : FeatureMap
{
    /// <inheritdoc/>
    public override bool IsAverager => true;

    internal override long CountOf(int dimensions, int states) => states;

    internal override int ActiveOf(int dimensions, int count) => 1;

    internal override int Write(int state, ReadOnlySpan<double> point, Span<int> columns, Span<double> values)
    {
        (columns[0], values[0]) = (state, 1);
        return 1;
    }
}

/// <summary>Monomials Π x_i^{n_i}, Σ n_i ≤ degree, of coordinates scaled to [−1, 1].</summary>
[Options]
public sealed partial record PolynomialFeatures : FeatureMap
{
    /// <summary>Degree at the most; 2 by default.</summary>
    [Range(Min = 0, Max = 32)]
    public int Degree { get; init => field = InRange.Of<PolynomialFeatures>(value); } = 2;

    internal override long CountOf(int dimensions, int states)
    {
        // (degree + d choose d)
        double count = 1;
        for (int k = 1; k <= dimensions; k++) count = count * (Degree + k) / k;
        return (long)Math.Min(Math.Round(count), long.MaxValue / 4096);
    }

    internal override int Write(int state, ReadOnlySpan<double> point, Span<int> columns, Span<double> values)
    {
        int written = 0;
        Multiply(point, 1, Degree, columns, values, ref written);
        return written;
    }

    /// <summary>The monomials of the axes that are left, times what stands before them.</summary>
    private static void Multiply(
        ReadOnlySpan<double> point, double factor, int degree, Span<int> columns, Span<double> values, ref int written)
    {
        if (point.IsEmpty)
        {
            (columns[written], values[written]) = (written, factor);
            written++;
            return;
        }

        for (int power = 0; power <= degree; power++)
        {
            Multiply(point[1..], factor, degree - power, columns, values, ref written);
            factor *= (2 * point[0]) - 1;
        }
    }
}

/// <summary>The Fourier basis cos(π c·x), c ∈ {0, …, order}ᵈ (Konidaris, Osentoski and Thomas, 2011).</summary>
[Options]
public sealed partial record FourierFeatures : FeatureMap
{
    /// <summary>Largest frequency of an axis; 3 by default.</summary>
    [Range(Min = 0, Max = 1024)]
    public int Order { get; init => field = InRange.Of<FourierFeatures>(value); } = 3;

    internal override long CountOf(int dimensions, int states) => Power(Order + 1, dimensions);

    internal override int Write(int state, ReadOnlySpan<double> point, Span<int> columns, Span<double> values)
    {
        int count = (int)Power(Order + 1, point.Length);
        for (int c = 0; c < count; c++)
        {
            double phase = 0;
            for (int axis = 0, left = c; axis < point.Length; axis++, left /= Order + 1) phase += left % (Order + 1) * point[axis];
            (columns[c], values[c]) = (c, Math.Cos(Math.PI * phase));
        }

        return count;
    }

    internal override bool TryWriteSlopes(ReadOnlySpan<double> point, ReadOnlySpan<double> weights, Span<double> slopes)
    {
        slopes.Clear();
        for (int c = 0; c < weights.Length; c++)
        {
            if (weights[c] == 0) continue;
            double phase = 0;
            for (int axis = 0, left = c; axis < point.Length; axis++, left /= Order + 1) phase += left % (Order + 1) * point[axis];
            double slope = -Math.PI * weights[c] * Math.Sin(Math.PI * phase);
            for (int axis = 0, left = c; axis < point.Length; axis++, left /= Order + 1) slopes[axis] += slope * (left % (Order + 1));
        }

        return true;
    }
}

/// <summary>
/// Random Fourier features √(2/n) cos(ω·x + b), ω normal with deviation 1/scale, b uniform, which approach a Gaussian kernel of that width
/// (Rahimi and Recht, 2007), and a constant.
/// </summary>
[Options]
public sealed partial record RandomFourierFeatures : FeatureMap
{
    /// <summary>Features n, beside the constant; 64 by default.</summary>
    [Range(Min = 1, Max = 1 << 16)]
    public int Count { get; init => field = InRange.Of<RandomFourierFeatures>(value); } = 64;

    /// <summary>Width of the kernel, as a part of an axis; 0.2 by default.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Scale { get; init => field = InRange.Of<RandomFourierFeatures>(value); } = 0.2;

    /// <summary>Seed of ω and b; 1 by default.</summary>
    [Range(Min = 0)]
    public long Seed { get; init => field = InRange.Of<RandomFourierFeatures>(value); } = 1;

    internal override long CountOf(int dimensions, int states) => Count + 1;

    internal override int Write(int state, ReadOnlySpan<double> point, Span<int> columns, Span<double> values)
    {
        (columns[0], values[0]) = (0, 1);
        for (int j = 0; j < Count; j++)
        {
            double phase = 2 * Math.PI * Philox.Uniforms((uint)j, Philox.Purpose.Problem, uint.MaxValue, 0, (ulong)Seed).First;
            for (int axis = 0; axis < point.Length; axis++)
                phase += Philox.Normals((uint)j, Philox.Purpose.Problem, (uint)axis, 0, (ulong)Seed).First * point[axis] / Scale;
            (columns[j + 1], values[j + 1]) = (j + 1, Math.Sqrt(2.0 / Count) * Math.Cos(phase));
        }

        return Count + 1;
    }
}
