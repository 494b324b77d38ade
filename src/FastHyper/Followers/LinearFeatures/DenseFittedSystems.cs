using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>Stored matrices, and Gaussian elimination: 16 k² bytes and k³/3 products for each instance.</summary>
internal sealed class DenseFittedSystems : FittedSystems
{
    private readonly double[] _matrices;
    private readonly double[] _gram;
    private readonly double[] _gramNorms;
    private readonly double[] _conditions;
    private readonly double[] _residual;
    private readonly DenseSystem[] _least;
    private readonly DenseSystem[] _systems;
    private readonly DeviceArray _policy;

    public DenseFittedSystems(Mdp mdp, FeatureRows features, SampledSupport? support)
        : base(mdp, features, support)
    {
        int k = features.Count, instances = mdp.Engine.Instances;
        if ((long)k * k * instances > Array.MaxLength)
            throw new InvalidInputException(
                $"{mdp.Problem.Name}: {k} features in {instances} instances; expected at most "
                    + $"{Math.Sqrt(Array.MaxLength / (double)instances):F0}");
        _matrices = new double[(long)k * k * instances];
        _gram = new double[(long)k * k * Fits];
        (_gramNorms, _conditions, _residual) = (new double[Fits], new double[Fits], new double[k]);
        _least = [.. Enumerable.Range(0, Fits).Select(_ => new DenseSystem(k))];
        _systems = [.. Enumerable.Range(0, instances).Select(_ => new DenseSystem(k))];
        _policy = mdp.Engine.Allocate(ArrayKind.StateAction);
    }

    public override void WriteGrams()
    {
        int k = Count;
        // Without a discount no policy enters: any will do.
        Mdp.Engine.FeatureMatrices(Features, _policy, 0, _matrices, Support?.Weights, Support?.Flows);
        _matrices.AsSpan(0, _gram.Length).CopyTo(_gram);
        for (int fit = 0; fit < Fits; fit++)
        {
            ReadOnlySpan<double> gram = _gram.AsSpan(fit * k * k, k * k);
            int singular = _least[fit].Factorise(gram, Features.Ridge);
            Obstacles[fit] = singular < 0 ? null : Singular(singular, gram.Slice(singular * k, k).IndexOfAnyExcept(0.0) < 0);
            _gramNorms[fit] = LargestRow(gram);
            _conditions[fit] = singular < 0 ? _gramNorms[fit] * _least[fit].InverseNorm() : double.PositiveInfinity;
        }
    }

    public override double Condition(int instance) => _conditions[FitOf(instance)];

    public override void Fit(Span<double> vectors)
    {
        for (int i = 0; i < _systems.Length; i++)
        {
            Span<double> vector = Of(vectors, i);
            if (Obstacle(i) is null) _least[FitOf(i)].Solve(vector);
            else vector.Clear();
        }
    }

    public override void Residual(ReadOnlySpan<double> w, ReadOnlySpan<double> projected, Span<double> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            ReadOnlySpan<double> row = _gram.AsSpan(((FitOf(i / Count) * Count) + (i % Count)) * Count, Count);
            ReadOnlySpan<double> own = w.Slice(i - (i % Count), Count);
            double sum = projected[i] - (Features.Ridge * w[i]);
            for (int j = 0; j < own.Length; j++) sum -= row[j] * own[j];
            target[i] = sum;
        }
    }

    public override void Prepare(DeviceArray policy)
    {
        Mdp.Engine.FeatureMatrices(Features, policy, Mdp.Problem.Discount, _matrices, Support?.Weights, Support?.Flows);
        for (int i = 0; i < _systems.Length; i++)
        {
            bool pivots = _systems[i].Factorise(Matrix(i), Features.Ridge) < 0;
            IsRegular[i] = pivots && Obstacle(i) is null && _systems[i].InverseNorm() * _gramNorms[FitOf(i)] < SingularFrom;
        }
    }

    public override int Solve(Span<double> vectors)
    {
        for (int i = 0; i < _systems.Length; i++)
        {
            if (IsRegular[i]) _systems[i].Solve(Of(vectors, i));
            else Of(vectors, i).Clear();
        }

        return 1;
    }

    /// <summary>By elimination, and once more for the residual that it leaves.</summary>
    public override int SolveTransposed(ReadOnlySpan<double> c, Span<double> u, double tolerance, Span<double> left)
    {
        u.Clear();
        for (int i = 0; i < _systems.Length; i++)
        {
            left[i] = double.PositiveInfinity;
            if (!IsRegular[i]) continue;
            ReadOnlySpan<double> given = c.Slice(i * Count, Count);
            Span<double> solution = Of(u, i);
            for (int pass = 0; pass < 2; pass++)
            {
                TransposedResidual(i, given, solution);
                _systems[i].SolveTransposed(_residual);
                TensorPrimitives.Add(solution, _residual, solution);
            }

            left[i] = TransposedResidual(i, given, solution);
        }

        return 1;
    }

    public override double InverseNorm(int instance) => _systems[instance].InverseNorm();

    // Elimination leaves a residual of rounding, of the matrix as large as it is.
    public override double Rounding(int instance) => Count * Precision.F64.Epsilon() * Math.Max(1, LargestRow(Matrix(instance)));

    protected override void Dispose(bool disposing)
    {
        if (disposing) _policy.Dispose();
        base.Dispose(disposing);
    }

    private ReadOnlySpan<double> Matrix(int instance) => _matrices.AsSpan(instance * Count * Count, Count * Count);

    /// <summary>
    /// residual = c − Aᵀ u of an instance's last A, which has not been changed by its factors, and the sum of its magnitudes.
    /// </summary>
    private double TransposedResidual(int instance, ReadOnlySpan<double> c, ReadOnlySpan<double> u)
    {
        Span<double> product = _residual;
        product.Clear();
        ReadOnlySpan<double> matrix = Matrix(instance);
        for (int i = 0; i < Count; i++)
        {
            TensorPrimitives.MultiplyAdd(matrix.Slice(i * Count, Count), u[i], product, product);
            product[i] += Features.Ridge * u[i];
        }

        TensorPrimitives.Subtract(c, product, product);
        return DenseSystem.Magnitudes(product);
    }

    /// <summary>The largest sum of magnitudes of a row, with ρ.</summary>
    private double LargestRow(ReadOnlySpan<double> matrix)
    {
        double norm = 0;
        for (int i = 0; i < Count; i++) norm = Math.Max(norm, DenseSystem.Magnitudes(matrix.Slice(i * Count, Count)) + Features.Ridge);
        return norm;
    }
}
