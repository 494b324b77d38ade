using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>
/// The projected soft Bellman equation w = F(w) = M (r + γ P V_w), M = (ΦᵀDΦ + ρI)⁻¹ΦᵀD, of all instances of an engine: its parts, as
/// solves and derivatives need them. Everything of order k is on the host, everything of order S·A on the device.
/// </summary>
internal sealed class FittedEquation : IDisposable
{
    private readonly Mdp _mdp;
    private readonly SampledSupport? _support;

    /// <summary>Prepares the equation, with the model at once.</summary>
    /// <param name="mdp">What it is of.</param>
    /// <param name="features">φ, D and ρ.</param>
    /// <param name="samples">What the fit is over; null for the model.</param>
    /// <param name="stored">Whether its k × k matrices are stored; null for what is faster.</param>
    public FittedEquation(Mdp mdp, FeatureRows features, SupportOptions? samples, bool? stored)
    {
        _mdp = mdp;
        Features = features;
        _support = samples is null ? null : new SampledSupport(mdp, features, samples);
        Systems = FittedSystems.Create(mdp, features, _support, stored);
        Rows = mdp.Engine.Allocate(ArrayKind.StateAction);
        if (_support is not null) return;
        Systems.WriteGrams();
        if (Systems.Obstacle(0) is string obstacle) throw new InvalidInputException(obstacle);
    }

    public FeatureRows Features { get; }

    /// <summary>Its k × k systems.</summary>
    public FittedSystems Systems { get; }

    /// <summary>Scratch, (S, A).</summary>
    public DeviceArray Rows { get; }

    /// <summary>Draws the samples, where the fit is over such: anew, or where none have been drawn.</summary>
    /// <param name="seeds">Seed of each leader.</param>
    /// <param name="iteration">Leader iteration.</param>
    /// <param name="v">The last response's V, (S).</param>
    /// <param name="anew">Whether in the place of others.</param>
    public void Draw(ReadOnlySpan<ulong> seeds, uint iteration, DeviceArray v, bool anew)
    {
        if (_support is null || (_support.IsDrawn && !anew)) return;
        _support.Draw(seeds, iteration, v);
        Systems.WriteGrams();
    }

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

    public void Dispose()
    {
        Rows.Dispose();
        Systems.Dispose();
        _support?.Dispose();
    }
}
