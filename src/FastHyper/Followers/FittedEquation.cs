using System.Globalization;
using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers;

/// <summary>
/// The projected soft Bellman equation w = F(w) = M (r + γ P V_w), M = (ΦᵀDΦ + ρI)⁻¹ΦᵀD, of all instances of an engine: its parts, as
/// solves and derivatives need them. Everything of order k is on the host, everything of order S·A on the device.
/// </summary>
internal sealed class FittedEquation : IDisposable
{
    // ‖A⁻¹‖ ‖ΦᵀDΦ + ρI‖ from which rounding alone may have made a singular matrix regular.
    private const double SingularFrom = 1e13;
    private readonly Mdp _mdp;
    private readonly double[] _matrices;
    private readonly SampledSupport? _support;

    // Of ΦᵀDΦ + ρI, which is one of all instances with the model.
    private readonly double[] _gram;
    private readonly double[] _gramNorms;
    private readonly double[] _conditions;
    private readonly string?[] _obstacles;
    private readonly DenseSystem[] _least;
    private readonly DenseSystem[] _systems;

    public FittedEquation(Mdp mdp, FeatureRows features, SupportOptions? samples)
    {
        Engine engine = mdp.Engine;
        _mdp = mdp;
        Features = features;
        Rows = engine.Allocate(ArrayKind.StateAction);
        int k = features.Count;
        if ((long)k * k * engine.Instances > Array.MaxLength)
            throw new InvalidInputException($"{mdp.Problem.Name}: {k} features in {engine.Instances} instances; expected at most {Math.Sqrt(Array.MaxLength / (double)engine.Instances):F0}");
        _matrices = new double[(long)k * k * engine.Instances];
        _support = samples is null ? null : new SampledSupport(mdp, features, samples);
        int fits = _support is null ? 1 : engine.Instances;
        _gram = new double[(long)k * k * fits];
        (_gramNorms, _conditions, _obstacles) = (new double[fits], new double[fits], new string?[fits]);
        _least = [.. Enumerable.Range(0, fits).Select(_ => new DenseSystem(k))];
        _systems = [.. Enumerable.Range(0, engine.Instances).Select(_ => new DenseSystem(k))];
        if (_support is not null) return;
        WriteGrams();
        if (_obstacles[0] is string obstacle) throw new InvalidInputException(obstacle);
    }

    public FeatureRows Features { get; }

    /// <summary>Scratch, (S, A).</summary>
    public DeviceArray Rows { get; }

    public int Count => Features.Count;

    /// <summary>Whether the fit is over samples.</summary>
    public bool IsSampled => _support is not null;

    /// <summary>Draws the samples, where the fit is over such: anew, or where none have been drawn.</summary>
    /// <param name="seeds">Seed of each leader.</param>
    /// <param name="iteration">Leader iteration.</param>
    /// <param name="v">The last response's V, (S).</param>
    /// <param name="anew">Whether in the place of others.</param>
    public void Draw(ReadOnlySpan<ulong> seeds, uint iteration, DeviceArray v, bool anew)
    {
        if (_support is null || (_support.IsDrawn && !anew)) return;
        _support.Draw(seeds, iteration, v);
        WriteGrams();
    }

    /// <summary>Why an instance has no fit at all; null where it has one.</summary>
    public string? Obstacle(int instance) => _obstacles[FitOf(instance)];

    /// <summary>An estimate of ‖(ΦᵀDΦ + ρI)⁻¹‖∞ ‖ΦᵀDΦ + ρI‖∞ of an instance.</summary>
    public double Condition(int instance) => _conditions[FitOf(instance)];

    /// <summary>V_w, and π_w where it is asked for.</summary>
    /// <param name="w">(instances, k).</param>
    /// <param name="v">(S), written.</param>
    /// <param name="policy">(S, A), written.</param>
    public void Values(ReadOnlySpan<double> w, DeviceArray v, DeviceArray? policy) => _mdp.Engine.FeatureResponse(Features, w, v, policy);

    /// <summary>ΦᵀD(r + γ P V).</summary>
    /// <param name="v">(S).</param>
    /// <param name="projected">(instances, k), written.</param>
    public void Project(DeviceArray v, Span<double> projected)
    {
        if (_support is null) _mdp.Engine.ActionValues(v, _mdp.Reward, _mdp.Problem.Discount, Rows);
        else _mdp.Engine.WeightedBackup(_support.Weights, _mdp.Reward, _support.Flows, v, _mdp.Problem.Discount, Rows);
        _mdp.Engine.FeatureSums(Features, Rows, weighted: _support is null, projected);
    }

    /// <summary>D Φ u: what each row of the fit has of a vector.</summary>
    /// <param name="u">(instances, k).</param>
    /// <param name="rows">(S, A), written.</param>
    public void Spread(ReadOnlySpan<double> u, DeviceArray rows)
    {
        _mdp.Engine.FeatureValues(Features, u, weighted: _support is null, rows);
        if (_support is not null) _mdp.Engine.WeightedBackup(_support.Weights, rows, null, null, 0, rows);
    }

    /// <summary>(ΦᵀDΦ + ρI)⁻¹ times each of the vectors, in place; zero where there is none.</summary>
    public void Fit(Span<double> vectors)
    {
        for (int i = 0; i < _systems.Length; i++)
        {
            Span<double> vector = vectors.Slice(i * Count, Count);
            if (Obstacle(i) is null) _least[FitOf(i)].Solve(vector);
            else vector.Clear();
        }
    }

    /// <summary>target = projected − (ΦᵀDΦ + ρI) w, the residual that Newton's steps solve for.</summary>
    public void Residual(ReadOnlySpan<double> w, ReadOnlySpan<double> projected, Span<double> target)
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

    /// <summary>Factorises ΦᵀD(Φ − γ P Ψ) + ρI of each instance.</summary>
    /// <param name="policy">π_w, (S, A).</param>
    public void Factorise(DeviceArray policy)
    {
        _mdp.Engine.FeatureMatrices(Features, policy, _mdp.Problem.Discount, _matrices, _support?.Weights, _support?.Flows);
        for (int i = 0; i < _systems.Length; i++)
        {
            bool pivots = _systems[i].Factorise(_matrices.AsSpan(i * Count * Count, Count * Count), Features.Ridge) < 0;
            IsRegular[i] = pivots && Obstacle(i) is null && _systems[i].InverseNorm() * _gramNorms[FitOf(i)] < SingularFrom;
        }
    }

    /// <summary>Whether the last matrix of each instance has an inverse.</summary>
    public bool[] IsRegular => field ??= new bool[_systems.Length];

    /// <summary>The factors of an instance's last matrix.</summary>
    public DenseSystem System(int instance) => _systems[instance];

    /// <summary>target = Aᵀ u of an instance's last matrix A, which has not been changed by its factors.</summary>
    public void Transposed(int instance, ReadOnlySpan<double> u, Span<double> target)
    {
        target.Clear();
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<double> row = _matrices.AsSpan((instance * Count * Count) + (i * Count), Count);
            TensorPrimitives.MultiplyAdd(row, u[i], target, target);
            target[i] += Features.Ridge * u[i];
        }
    }

    /// <summary>‖A‖∞ of an instance's last matrix.</summary>
    public double MatrixNorm(int instance) => LargestRow(_matrices.AsSpan(instance * Count * Count, Count * Count));

    public void Dispose()
    {
        Rows.Dispose();
        _support?.Dispose();
    }

    private int FitOf(int instance) => _support is null ? 0 : instance;

    /// <summary>Writes ΦᵀDΦ and factorises it with ρ.</summary>
    private void WriteGrams()
    {
        int k = Count;
        // Without a discount no policy enters: any will do.
        _mdp.Engine.FeatureMatrices(Features, Rows, 0, _matrices, _support?.Weights, _support?.Flows);
        _matrices.AsSpan(0, _gram.Length).CopyTo(_gram);
        for (int fit = 0; fit < _least.Length; fit++)
        {
            ReadOnlySpan<double> gram = _gram.AsSpan(fit * k * k, k * k);
            int singular = _least[fit].Factorise(gram, Features.Ridge);
            _obstacles[fit] = singular < 0 ? null : Obstacle(gram, singular);
            _gramNorms[fit] = LargestRow(gram);
            _conditions[fit] = singular < 0 ? _gramNorms[fit] * _least[fit].InverseNorm() : double.PositiveInfinity;
        }
    }

    private string Obstacle(ReadOnlySpan<double> gram, int singular)
    {
        bool empty = gram.Slice(singular * Count, Count).IndexOfAnyExcept(0.0) < 0;
        string where = _support is null ? "its weight is not" : "there are samples",
            why = empty ? $"is zero wherever {where}" : $"follows from the others wherever {(_support is null ? "weights are not zero" : where)}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_mdp.Problem.Name}: feature {singular} of {Count} {why}, and ridge = {Features.Ridge}; expected features that do not depend on each other, or a ridge above 0");
    }

    /// <summary>The largest sum of magnitudes of a row, with ρ.</summary>
    private double LargestRow(ReadOnlySpan<double> matrix)
    {
        double norm = 0;
        for (int i = 0; i < Count; i++) norm = Math.Max(norm, DenseSystem.Magnitudes(matrix.Slice(i * Count, Count)) + Features.Ridge);
        return norm;
    }
}
