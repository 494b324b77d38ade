using System.Globalization;
using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>
/// The k × k systems of a fit, of all instances of an engine: G = ΦᵀDΦ + ρI, which is one of all with the model, and with samples is each
/// instance's own, and A = ΦᵀD(Φ − γ P Ψ) + ρI of a policy. Vectors are (instances, k).
/// </summary>
internal abstract class FittedSystems : IDisposable
{
    // ‖A⁻¹‖ ‖G‖ from which rounding alone may have made a singular matrix regular.
    protected const double SingularFrom = 1e13;

    // Beyond so many sparse features A has too many zeros, and too many numbers, to be stored.
    private const int MaxStored = 2000;

    protected FittedSystems(Mdp mdp, FeatureRows features, SampledSupport? support)
    {
        (Mdp, Features, Support) = (mdp, features, support);
        Count = features.Count;
        Fits = support is null ? 1 : mdp.Engine.Instances;
        Obstacles = new string?[Fits];
        IsRegular = new bool[mdp.Engine.Instances];
    }

    /// <summary>Whether the last A of each instance can be solved with, as far as is known.</summary>
    public bool[] IsRegular { get; }

    protected Mdp Mdp { get; }

    protected FeatureRows Features { get; }

    protected SampledSupport? Support { get; }

    /// <summary>k.</summary>
    protected int Count { get; }

    /// <summary>Matrices G.</summary>
    protected int Fits { get; }

    /// <summary>Why a G has no inverse; null where it has one.</summary>
    protected string?[] Obstacles { get; }

    /// <summary>Stored matrices, or where there are many sparse features products without any.</summary>
    /// <param name="mdp">What the fit is of.</param>
    /// <param name="features">φ, D and ρ.</param>
    /// <param name="support">Samples, or null for the model.</param>
    /// <param name="stored">Whether matrices are stored; null for what is faster.</param>
    public static FittedSystems Create(Mdp mdp, FeatureRows features, SampledSupport? support, bool? stored) =>
        stored ?? (features.Sparse is null || features.Count <= MaxStored)
            ? new DenseFittedSystems(mdp, features, support)
            : new KrylovFittedSystems(mdp, features, support);

    /// <summary>Writes and factorises G: at first, and for each new samples.</summary>
    public abstract void WriteGrams();

    /// <summary>Why an instance has no fit at all; null where it has one.</summary>
    public string? Obstacle(int instance) => Obstacles[FitOf(instance)];

    /// <summary>An estimate of ‖G⁻¹‖∞ ‖G‖∞ of an instance.</summary>
    public abstract double Condition(int instance);

    /// <summary>G⁻¹ times each of the vectors, in place; zero where there is none.</summary>
    public abstract void Fit(Span<double> vectors);

    /// <summary>target = projected − G w = G (F(w) − w), the residual that Newton's steps solve for.</summary>
    public abstract void Residual(ReadOnlySpan<double> w, ReadOnlySpan<double> projected, Span<double> target);

    /// <summary>Prepares A of each instance.</summary>
    /// <param name="policy">π_w, (S, A), which does not change until the last solve with it.</param>
    public abstract void Prepare(DeviceArray policy);

    /// <summary>
    /// A⁻¹ times each of the vectors, in place, to some digits: a step. Zero where it is not found, and no longer regular.
    /// </summary>
    /// <returns>Products with A that it took, of all instances at once.</returns>
    public abstract int Solve(Span<double> vectors);

    /// <summary>Solves Aᵀ u = c.</summary>
    /// <param name="c">The right-hand sides.</param>
    /// <param name="u">Written.</param>
    /// <param name="tolerance">Of ‖c − Aᵀ u‖₁ relative to ‖u‖₁ + ‖c‖₁, if rounding lets it.</param>
    /// <param name="left">(instances), ‖c − Aᵀ u‖₁ by a product of its own; infinite where there is no solution.</param>
    /// <returns>Products with Aᵀ that it took.</returns>
    public abstract int SolveTransposed(ReadOnlySpan<double> c, Span<double> u, double tolerance, Span<double> left);

    /// <summary>An estimate of ‖A⁻ᵀ‖₁ of an instance, from below, after <see cref="SolveTransposed"/>.</summary>
    public abstract double InverseNorm(int instance);

    /// <summary>What rounding may leave of a residual, relative to the solution.</summary>
    public abstract double Rounding(int instance);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) { }

    protected int FitOf(int instance) => Fits == 1 ? 0 : instance;

    /// <summary>The span of an instance.</summary>
    protected Span<double> Of(Span<double> vectors, int instance) => vectors.Slice(instance * Count, Count);

    /// <summary>Says of a G in whose column there is no pivot what is wrong.</summary>
    protected string Singular(int feature, bool empty)
    {
        string where = Support is null ? "its weight is not" : "there are samples",
            why = empty ? $"is zero wherever {where}"
                : $"follows from the others wherever {(Support is null ? "weights are not zero" : where)}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Mdp.Problem.Name}: feature {feature} of {Count} {why}, and ridge = {Features.Ridge}; expected features that do not depend "
                + $"on each other, or a ridge above 0");
    }
}
