using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Followers.Solves;
using FastHyper.Problems;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>
/// Stabilised bi-conjugate gradients on products with A, preconditioned by G, which is stored and factorised by blocks. A itself is
/// assembled, and its numbers other than zero are kept, where groups of states have the same features and k² is no more than
/// <see cref="MaxAssembled"/>; else products go by features and transitions. Features
/// of states, used for each action apart, have a block of f = k/A for each action, which is the same of all where rows weigh alike:
/// G⁻¹A = I − γ M P Ψ does not depend on the features' scale or the ridge. 16 f² bytes and f³/3 products a block, once.
/// </summary>
internal sealed class KrylovFittedSystems : FittedSystems
{
    // A step need not be exact: what it misses the next one makes up for.
    private const double StepTolerance = 1e-6;

    // More of the right-hand side than this left is no step.
    private const double LeastUse = 0.5;
    private const int MaxPasses = 4;

    // 200 MB of a dense A, before its zeros are left out.
    private const long MaxAssembled = 25_000_000;

    // Units in the last place of float32 numbers, that sums of many leave.
    private const double NarrowUnits = 64;
    private readonly FittedProducts _products;
    private readonly StabilisedSteps _steps;
    private readonly int _blocks;
    private readonly DenseSystem[] _least;
    private readonly double[] _gram;
    private readonly double[] _gramNorms;
    private readonly double[] _conditions;
    private readonly double[] _weights;
    private readonly double[] _solution;
    private readonly double[] _residual;
    private readonly double[] _rest;
    private readonly double[] _inverseNorms;
    private readonly AssembledMatrix[]? _assembled;
    private readonly double[] _dense = [];
    private DeviceArray? _policy;

    public KrylovFittedSystems(Mdp mdp, FeatureRows features, SampledSupport? support)
        : base(mdp, features, support)
    {
        int instances = mdp.Engine.Instances, f = features.Width;
        if ((long)f * f > Array.MaxLength)
            throw new InvalidInputException(
                $"{mdp.Problem.Name}: {f} features {(features.IsPerAction ? "of a state" : "of a pair")}; expected at most "
                    + $"{Math.Sqrt(Array.MaxLength):F0}");
        _products = new FittedProducts(mdp, features, support);
        _steps = new StabilisedSteps(Count, instances);
        _blocks = features.IsPerAction && (support is not null || features.Weights is not null) ? features.Actions : 1;
        _least = [.. Enumerable.Range(0, Fits * _blocks).Select(_ => new DenseSystem(f))];
        _gram = new double[f * f];
        (_gramNorms, _conditions) = (new double[Fits], new double[Fits]);
        _weights = new double[mdp.Engine.States * mdp.Engine.Actions];
        int numbers = instances * Count;
        (_solution, _residual, _rest) = (new double[numbers], new double[numbers], new double[numbers]);
        _inverseNorms = new double[instances];
        if (features.Groups is null || (long)Count * Count * instances > MaxAssembled) return;
        _assembled = [.. Enumerable.Range(0, instances).Select(_ => new AssembledMatrix(Count))];
        _dense = new double[(long)Count * Count * instances];
    }

    /// <summary>Numbers of A that are kept, of all instances; 0 where it is not assembled.</summary>
    public long AssembledCount => _assembled?.Sum(matrix => (long)matrix.EntryCount) ?? 0;

    public override void WriteGrams()
    {
        int f = Features.Width;
        if (Features.Weights is not null) Features.Weights.CopyTo(_weights.AsSpan());
        else Array.Fill(_weights, 1);
        for (int fit = 0; fit < Fits; fit++)
        {
            Mdp.Monitor.Check("the features' products", fit, Fits);
            if (Support is not null) Mdp.Engine.Download(Support.Weights, fit, _weights);
            (double norm, double inverse) = (0, 0);
            Obstacles[fit] = null;
            for (int block = 0; block < _blocks; block++)
            {
                WriteGram(block);
                DenseSystem least = _least[(fit * _blocks) + block];
                int singular = least.Factorise(_gram, Features.Ridge);
                if (singular >= 0)
                {
                    Obstacles[fit] ??= Singular((block * f) + singular, _gram.AsSpan(singular * f, f).IndexOfAnyExcept(0.0) < 0);
                    continue;
                }

                for (int row = 0; row < f; row++) norm = Math.Max(norm, DenseSystem.Magnitudes(_gram.AsSpan(row * f, f)) + Features.Ridge);
                inverse = Math.Max(inverse, least.InverseNorm());
            }

            _gramNorms[fit] = norm;
            _conditions[fit] = Obstacles[fit] is null ? norm * inverse : double.PositiveInfinity;
        }
    }

    public override double Condition(int instance) => _conditions[FitOf(instance)];

    public override void Fit(Span<double> vectors)
    {
        int f = Features.Width;
        for (int i = 0; i < IsRegular.Length; i++)
        {
            Span<double> vector = Of(vectors, i);
            if (Obstacle(i) is not null) vector.Clear();
            else for (int at = 0; at < Count; at += f) _least[(FitOf(i) * _blocks) + (at / f % _blocks)].Solve(vector.Slice(at, f));
        }
    }

    /// <summary>As G (F(w) − w): a difference first, so that float32 products have its digits.</summary>
    public override void Residual(ReadOnlySpan<double> w, ReadOnlySpan<double> projected, Span<double> target)
    {
        projected.CopyTo(_rest);
        Fit(_rest);
        TensorPrimitives.Subtract(_rest, w, _rest);
        _products.Multiply(_rest, _policy!, 0, target);
    }

    public override void Prepare(DeviceArray policy)
    {
        _policy = policy;
        if (_assembled is not null)
        {
            Mdp.Engine.FeatureMatrices(Features, policy, Mdp.Problem.Discount, _dense, Support?.Weights, Support?.Flows);
            for (int i = 0; i < _assembled.Length; i++) _assembled[i]
                .Compress(_dense.AsSpan(i * Count * Count, Count * Count), Features.Ridge);
        }

        for (int i = 0; i < IsRegular.Length; i++) IsRegular[i] = Obstacle(i) is null;
    }

    public override int Solve(Span<double> vectors)
    {
        double tolerance = Math.Max(StepTolerance, NarrowUnits * Mdp.Engine.Options.Precision.Epsilon());
        int products = _steps.Solve(vectors, _solution, Multiply, Fit, tolerance) + 1;
        Multiply(_solution, _rest);
        for (int i = 0; i < IsRegular.Length; i++)
        {
            Span<double> vector = Of(vectors, i), rest = Of(_rest, i);
            double all = DenseSystem.Norm(vector);
            TensorPrimitives.Subtract(vector, rest, rest);
            bool isSingular = DenseSystem.Norm(Of(_solution, i)) * _gramNorms[FitOf(i)] >= SingularFrom * all;
            IsRegular[i] &= (all == 0 || !isSingular) && DenseSystem.Norm(rest) <= LeastUse * all;
            if (IsRegular[i]) Of(_solution, i).CopyTo(vector);
            else vector.Clear();
        }

        return products;
    }

    /// <summary>Again for the residual that is left, while that lessens it.</summary>
    public override int SolveTransposed(ReadOnlySpan<double> c, Span<double> u, double tolerance, Span<double> left)
    {
        u.Clear();
        c.CopyTo(_residual);
        left.Fill(double.PositiveInfinity);
        int products = 0;
        bool goesOn = true;
        for (int pass = 0; pass < MaxPasses && goesOn; pass++)
        {
            products += _steps.Solve(_residual, _solution, MultiplyTransposed, Fit, tolerance) + 1;
            TensorPrimitives.Add<double>(u, _solution, _solution);
            MultiplyTransposed(_solution, _rest);
            goesOn = false;
            for (int i = 0; i < IsRegular.Length; i++)
            {
                Span<double> rest = Of(_rest, i), own = Of(_residual, i);
                TensorPrimitives.Subtract(c.Slice(i * Count, Count), rest, rest);
                double now = DenseSystem.Magnitudes(rest);
                if (!IsRegular[i] || !(now < left[i]))
                {
                    own.Clear();
                    continue;
                }

                double before = left[i];
                left[i] = now;
                Of(_solution, i).CopyTo(Of(u, i));
                double size = DenseSystem.Magnitudes(Of(u, i)), given = DenseSystem.Magnitudes(c.Slice(i * Count, Count));
                _inverseNorms[i] = given > 0 ? size / given : 0;
                if (now > tolerance * (size + given) && now < LeastUse * before) goesOn = true;
                else rest.Clear();
                rest.CopyTo(own);
            }
        }

        return products;
    }

    /// <summary>‖u‖₁/‖c‖₁ of the last solve, which it is no less than.</summary>
    public override double InverseNorm(int instance) => _inverseNorms[instance];

    public override double Rounding(int instance)
    {
        Precision precision = Mdp.Engine.Options.Precision;
        return (precision == Precision.F64 ? Count : NarrowUnits) * precision.Epsilon() * Math.Max(1, 2 * _gramNorms[FitOf(instance)]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _products.Dispose();
        base.Dispose(disposing);
    }

    private void Multiply(ReadOnlySpan<double> x, Span<double> y)
    {
        if (_assembled is null) _products.Multiply(x, _policy!, Mdp.Problem.Discount, y);
        else for (int i = 0; i < _assembled.Length; i++) _assembled[i].Multiply(x.Slice(i * Count, Count), Of(y, i));
    }

    private void MultiplyTransposed(ReadOnlySpan<double> u, Span<double> y)
    {
        if (_assembled is null) _products.MultiplyTransposed(u, _policy!, Mdp.Problem.Discount, y);
        else for (int i = 0; i < _assembled.Length; i++) _assembled[i].MultiplyTransposed(u.Slice(i * Count, Count), Of(y, i));
    }

    /// <summary>A block of ΦᵀDΦ.</summary>
    private void WriteGram(int block)
    {
        int f = Features.Width, actions = Features.Actions;
        Array.Clear(_gram);
        (int first, int end) = Features.IsPerAction ? (block, block + 1) : (0, actions);
        for (int s = 0; s < Features.States; s++)
        {
            for (int a = first; a < end; a++)
            {
                double weight = _weights[(s * actions) + a];
                if (weight == 0) continue;
                Features.Row(s, a, out _, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
                for (int i = 0; i < values.Length; i++)
                {
                    Span<double> row = _gram.AsSpan((columns.IsEmpty ? i : columns[i]) * f, f);
                    double times = weight * values[i];
                    for (int j = 0; j < values.Length; j++) row[columns.IsEmpty ? j : columns[j]] += times * values[j];
                }
            }
        }
    }
}
