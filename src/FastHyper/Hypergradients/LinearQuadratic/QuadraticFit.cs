using System.Numerics.Tensors;
using CommunityToolkit.HighPerformance;
using FastHyper.Followers.LinearFeatures;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems.Continuous;

namespace FastHyper.Hypergradients.LinearQuadratic;

/// <summary>
/// Least squares over samples with quadratic features: φ(y) = (1, y_i y_j of i ≤ j) of y = (s, ε), ε what is random of the actions, and
/// ψ'(s') = E φ(s', ε). Samples weigh D = 1/(|s|² + c), c the geometric mean of |s|²: what noise adds to values that are quadratic has a
/// variance of |s|², and the few large states would decide alone. Coordinates are divided by their root mean squares. O(N k²) for N
/// samples, k = D(D + 1)/2 + 1 of D coordinates; nothing is allocated after construction.
/// </summary>
internal sealed class QuadraticFit
{
    private const int Block = 128;
    private readonly int _states;
    private readonly int _count;
    private readonly int _statePairs;
    private readonly double[] _y;
    private readonly double[] _next;
    private readonly double[] _scales;
    private readonly double[] _weights;
    private readonly double[] _weighted = new double[Block];
    private readonly double[] _features;
    private readonly double[] _nextFeatures;
    private readonly double[] _squares;
    private readonly double[] _successors;
    private readonly double[] _matrix;
    private readonly double[,] _normal;
    private readonly DenseSystem _system;
    private readonly (int I, int J)[] _pairs;

    /// <summary>Allocates the fit.</summary>
    /// <param name="states">State dimensions n.</param>
    /// <param name="noises">Dimensions of ε.</param>
    /// <param name="count">Samples N.</param>
    public QuadraticFit(int states, int noises, int count)
    {
        (_states, _count) = (states, count);
        int dimensions = states + noises;
        // Pairs of states come first: they alone have features of next states that differ from sample to sample.
        _pairs =
        [
            .. from i in Enumerable.Range(0, states) from j in Enumerable.Range(i, states - i) select (i, j),
            .. from i in Enumerable.Range(0, dimensions)
               from j in Enumerable.Range(Math.Max(i, states), dimensions - Math.Max(i, states))
               select (i, j),
        ];
        _statePairs = states * (states + 1) / 2;
        Features = _pairs.Length + 1;
        (_y, _next, _scales) = (new double[checked(dimensions * count)], new double[states * count], new double[dimensions]);
        _weights = new double[count];
        (_features, _nextFeatures) = (new double[Features * Block], new double[_statePairs * Block]);
        (_squares, _successors, _matrix) = (new double[Features * Features], new double[Features * Features],
            new double[Features * Features]);
        _normal = new double[_statePairs + 1, _statePairs + 1];
        _system = new DenseSystem(Features);
    }

    /// <summary>Number of features k; the last is the constant.</summary>
    public int Features { get; }

    /// <summary>y of all samples, to be written before <see cref="Accumulate"/>, which scales it.</summary>
    public SampleSpans Y => new(_y, _count);

    /// <summary>s' of all samples, likewise.</summary>
    public SampleSpans Next => new(_next, _count);

    /// <summary>What a coordinate has been divided by.</summary>
    public double Scale(int dimension) => _scales[dimension];

    /// <summary>Scales the coordinates, and sums ΦᵀΦ/N and ΦᵀΨ'/N.</summary>
    /// <param name="noise">E ε εᵀ, in the coordinates' own units.</param>
    public void Accumulate(ReadOnlySpan2D<double> noise)
    {
        Weigh();
        for (int d = 0; d < _scales.Length; d++)
        {
            double square = 0;
            for (int first = 0; first < _count; first += Block)
            {
                Span<double> part = Y[d].Slice(first, Math.Min(Block, _count - first));
                square += LaneSums.Dot(Weighted(part, first), part) / _count;
            }

            _scales[d] = square > 0 && double.IsFinite(square) ? Math.Sqrt(square) : 1;
            TensorPrimitives.Multiply(Y[d], 1 / _scales[d], Y[d]);
            if (d < _states) TensorPrimitives.Multiply(Next[d], 1 / _scales[d], Next[d]);
        }

        _squares.AsSpan().Clear();
        _successors.AsSpan().Clear();
        for (int first = 0; first < _count; first += Block)
        {
            int length = Math.Min(Block, _count - first);
            Write(Y, first, length, _pairs, _features);
            Write(Next, first, length, _pairs.AsSpan(0, _statePairs), _nextFeatures);
            for (int f = 0; f < Features; f++)
            {
                ReadOnlySpan<double> row = Weighted(_features.AsSpan(f * Block, length), first);
                for (int g = 0; g <= f; g++) _squares[(f * Features) + g] += LaneSums.Dot(row, _features.AsSpan(g * Block, length));
                for (int g = 0; g < _statePairs; g++) _successors[(f * Features) + g] += LaneSums.Dot(
                    row, _nextFeatures.AsSpan(g * Block, length));
            }
        }

        for (int f = 0; f < Features; f++)
        {
            for (int g = 0; g <= f; g++) _squares[(f * Features) + g] = _squares[(g * Features) + f] =
                _squares[(f * Features) + g] / _count;
            for (int g = 0; g < _statePairs; g++) _successors[(f * Features) + g] /= _count;
        }

        // What is random of the actions has the same moments everywhere.
        for (int f = 0; f < Features; f++)
        {
            double sum = _squares[(f * Features) + Features - 1];
            for (int g = _statePairs; g < _pairs.Length; g++)
            {
                (int i, int j) = _pairs[g];
                _successors[(f * Features) + g] = i < _states ? 0 : sum * noise[i - _states, j - _states] / (_scales[i] * _scales[j]);
            }

            _successors[(f * Features) + Features - 1] = sum;
        }
    }

    /// <summary>Solves (ΦᵀD(Φ − γΨ') + ρI) v = b or with its transpose, in place.</summary>
    /// <param name="discount">γ.</param>
    /// <param name="ridge">ρ.</param>
    /// <param name="vector">b; v afterwards; not numbers where there is none.</param>
    /// <param name="transposed">Whether with the transpose.</param>
    /// <returns>Whether there is a solution.</returns>
    public bool Solve(double discount, double ridge, Span<double> vector, bool transposed)
    {
        for (int e = 0; e < _matrix.Length; e++) _matrix[e] = _squares[e] - (discount * _successors[e]);
        if (_system.Factorise(_matrix, ridge) >= 0)
        {
            vector.Fill(double.NaN);
            return false;
        }

        if (transposed) _system.SolveTransposed(vector);
        else _system.Solve(vector);
        return true;
    }

    /// <summary>Σ_k D_k number_k φ_k/N.</summary>
    /// <param name="numbers">(N).</param>
    /// <param name="sums">(k), written.</param>
    public void Sum(ReadOnlySpan<double> numbers, Span<double> sums)
    {
        sums.Clear();
        for (int first = 0; first < _count; first += Block)
        {
            int length = Math.Min(Block, _count - first);
            Write(Y, first, length, _pairs, _features);
            ReadOnlySpan<double> part = Weighted(numbers.Slice(first, length), first);
            for (int f = 0; f < Features; f++) sums[f] += LaneSums.Dot(part, _features.AsSpan(f * Block, length)) / _count;
        }
    }

    /// <summary>D_k φ_k·v/N of all samples.</summary>
    /// <param name="vector">v, (k).</param>
    /// <param name="shares">(N), written.</param>
    public void Shares(ReadOnlySpan<double> vector, Span<double> shares)
    {
        Values(vector, 1.0 / _count, shares);
        TensorPrimitives.Multiply(shares, _weights, shares);
    }

    /// <summary>φ_k·v of all samples, times a factor.</summary>
    /// <param name="vector">v, (k).</param>
    /// <param name="factor">The factor.</param>
    /// <param name="values">(N), written.</param>
    public void Values(ReadOnlySpan<double> vector, double factor, Span<double> values)
    {
        values.Clear();
        for (int first = 0; first < _count; first += Block)
        {
            int length = Math.Min(Block, _count - first);
            Write(Y, first, length, _pairs, _features);
            Span<double> to = values.Slice(first, length);
            for (int f = 0; f < Features; f++) TensorPrimitives.MultiplyAdd(_features.AsSpan(f * Block, length), factor * vector[f], to,
                to);
        }
    }

    /// <summary>
    /// Takes out of a weight for each sample what functions of the state, in the span of its features, would make of it:
    /// u − D φ_s (Φ_sᵀDΦ_s)⁻¹ Φ_sᵀu, the mean over regressions on the state of whatever is weighed.
    /// </summary>
    /// <param name="weights">u, (N); orthogonal to each feature of the state afterwards.</param>
    /// <returns>Whether the features can be told apart.</returns>
    public bool Centre(Span<double> weights)
    {
        Span<double> state = stackalloc double[_statePairs + 1], sums = stackalloc double[Features];
        sums.Clear();
        for (int first = 0; first < _count; first += Block)
        {
            int length = Math.Min(Block, _count - first);
            Write(Y, first, length, _pairs, _features);
            for (int f = 0; f <= _statePairs; f++) sums[Place(f)] += LaneSums.Dot(
                weights.Slice(first, length), _features.AsSpan(Place(f) * Block,
                length));
        }

        for (int f = 0; f <= _statePairs; f++)
        {
            state[f] = sums[Place(f)];
            for (int g = 0; g <= _statePairs; g++) _normal[f, g] = _squares[(Place(f) * Features) + Place(g)];
            _normal[f, f] *= 1 + 1e-12;
        }

        if (!Cholesky.Solve(_normal, state)) return false;
        for (int first = 0; first < _count; first += Block)
        {
            int length = Math.Min(Block, _count - first);
            Write(Y, first, length, _pairs, _features);
            Span<double> to = weights.Slice(first, length);
            for (int f = 0; f <= _statePairs; f++)
                TensorPrimitives.MultiplyAdd(Weighted(_features.AsSpan(Place(f) * Block, length), first), -state[f] / _count, to, to);
        }

        return true;

        int Place(int f) => f == _statePairs ? Features - 1 : f;
    }

    /// <summary>φ·v as yᵀ form y + constant, in the coordinates' own units.</summary>
    /// <param name="vector">v, (k).</param>
    /// <param name="form">(D, D), written, symmetric.</param>
    /// <returns>The constant.</returns>
    public double Form(ReadOnlySpan<double> vector, Span2D<double> form)
    {
        for (int f = 0; f < _pairs.Length; f++)
        {
            (int i, int j) = _pairs[f];
            double value = vector[f] / (_scales[i] * _scales[j]);
            form[i, j] = form[j, i] = i == j ? value : value / 2;
        }

        return vector[^1];
    }

    /// <summary>Moments of products y_i y_j in the place of features.</summary>
    /// <param name="moments">(D, D), symmetric, in the coordinates' own units.</param>
    /// <param name="constant">That of the constant.</param>
    /// <param name="vector">(k), written.</param>
    public void Moments(ReadOnlySpan2D<double> moments, double constant, Span<double> vector)
    {
        for (int f = 0; f < _pairs.Length; f++)
        {
            (int i, int j) = _pairs[f];
            vector[f] = moments[i, j] / (_scales[i] * _scales[j]);
        }

        vector[^1] = constant;
    }

    /// <summary>v of φ·v = yᵀ form y + constant, the inverse of <see cref="Form"/>.</summary>
    /// <param name="form">(D, D), symmetric, in the coordinates' own units.</param>
    /// <param name="constant">The constant.</param>
    /// <param name="vector">(k), written.</param>
    public void Coefficients(ReadOnlySpan2D<double> form, double constant, Span<double> vector)
    {
        for (int f = 0; f < _pairs.Length; f++)
        {
            (int i, int j) = _pairs[f];
            vector[f] = form[i, j] * _scales[i] * _scales[j] * (i == j ? 1 : 2);
        }

        vector[^1] = constant;
    }

    /// <summary>Writes D, with a mean of one.</summary>
    private void Weigh()
    {
        double logarithms = 0, sum = 0;
        for (int pass = 0; pass < 2; pass++)
        {
            double level = Math.Exp(logarithms / _count);
            for (int k = 0; k < _count; k++)
            {
                double square = 0;
                for (int i = 0; i < _states; i++) square += Y[i][k] * Y[i][k];
                if (pass == 0) logarithms += Math.Log(Math.Max(square, double.Epsilon));
                else sum += _weights[k] = 1 / (square + level);
            }
        }

        TensorPrimitives.Multiply(_weights, _count / sum, _weights);
    }

    /// <summary>D of a block, times its numbers.</summary>
    private ReadOnlySpan<double> Weighted(ReadOnlySpan<double> numbers, int first)
    {
        Span<double> to = _weighted.AsSpan(0, numbers.Length);
        TensorPrimitives.Multiply(numbers, _weights.AsSpan(first, numbers.Length), to);
        return to;
    }

    /// <summary>Products of a block of samples, and, where all pairs are meant, the constant.</summary>
    private void Write(SampleSpans coordinates, int first, int length, ReadOnlySpan<(int I, int J)> pairs, double[] to)
    {
        for (int f = 0; f < pairs.Length; f++)
            TensorPrimitives.Multiply(
                coordinates[pairs[f].I].Slice(first, length), coordinates[pairs[f].J].Slice(first, length), to.AsSpan(f * Block, length));
        if (pairs.Length == _pairs.Length) to.AsSpan((Features - 1) * Block, length).Fill(1);
    }
}
