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
    private readonly double[] _gram;
    private readonly double[] _matrices;
    private readonly DenseSystem _least;
    private readonly DenseSystem[] _systems;
    private double _gramNorm;

    public FittedEquation(Mdp mdp, FeatureRows features)
    {
        Engine engine = mdp.Engine;
        _mdp = mdp;
        Features = features;
        Rows = engine.Allocate(ArrayKind.StateAction);
        int k = features.Count;
        if ((long)k * k * engine.Instances > Array.MaxLength)
            throw new InvalidInputException($"{mdp.Problem.Name}: {k} features in {engine.Instances} instances; expected at most {Math.Sqrt(Array.MaxLength / (double)engine.Instances):F0}");
        _matrices = new double[(long)k * k * engine.Instances];
        _least = new DenseSystem(k);
        _systems = [.. Enumerable.Range(0, engine.Instances).Select(_ => new DenseSystem(k))];
        // Without a discount no policy enters: any will do.
        engine.FeatureMatrices(features, Rows, 0, _matrices);
        _gram = _matrices[..(k * k)];
        RequireRegular();
    }

    public FeatureRows Features { get; }

    /// <summary>Scratch, (S, A).</summary>
    public DeviceArray Rows { get; }

    public int Count => Features.Count;

    /// <summary>An estimate of ‖(ΦᵀDΦ + ρI)⁻¹‖∞ ‖ΦᵀDΦ + ρI‖∞.</summary>
    public double Condition { get; private set; }

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
        _mdp.Engine.ActionValues(v, _mdp.Reward, _mdp.Problem.Discount, Rows);
        _mdp.Engine.FeatureSums(Features, Rows, weighted: true, projected);
    }

    /// <summary>(ΦᵀDΦ + ρI)⁻¹ times each of the vectors, in place.</summary>
    public void Fit(Span<double> vectors)
    {
        for (int at = 0; at < vectors.Length; at += Count) _least.Solve(vectors.Slice(at, Count));
    }

    /// <summary>target = projected − (ΦᵀDΦ + ρI) w, the residual that Newton's steps solve for.</summary>
    public void Residual(ReadOnlySpan<double> w, ReadOnlySpan<double> projected, Span<double> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            ReadOnlySpan<double> row = _gram.AsSpan(i % Count * Count, Count);
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
        _mdp.Engine.FeatureMatrices(Features, policy, _mdp.Problem.Discount, _matrices);
        for (int i = 0; i < _systems.Length; i++)
        {
            bool pivots = _systems[i].Factorise(_matrices.AsSpan(i * Count * Count, Count * Count), Features.Ridge) < 0;
            IsRegular[i] = pivots && _systems[i].InverseNorm() * _gramNorm < SingularFrom;
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

    public void Dispose() => Rows.Dispose();

    private void RequireRegular()
    {
        int k = Count, singular = _least.Factorise(_gram, Features.Ridge);
        if (singular >= 0)
        {
            bool empty = _gram.AsSpan(singular * k, k).IndexOfAnyExcept(0.0) < 0;
            string why = empty ? "is zero wherever its weight is not" : "follows from the others wherever weights are not zero";
            throw new InvalidInputException(string.Create(
                CultureInfo.InvariantCulture,
                $"{_mdp.Problem.Name}: feature {singular} of {k} {why}, and ridge = {Features.Ridge}; expected features that do not depend on each other, or a ridge above 0"));
        }

        _gramNorm = LargestRow(_gram);
        Condition = _gramNorm * _least.InverseNorm();
    }

    /// <summary>The largest sum of magnitudes of a row, with ρ.</summary>
    private double LargestRow(ReadOnlySpan<double> matrix)
    {
        double norm = 0;
        for (int i = 0; i < Count; i++) norm = Math.Max(norm, DenseSystem.Magnitudes(matrix.Slice(i * Count, Count)) + Features.Ridge);
        return norm;
    }
}
