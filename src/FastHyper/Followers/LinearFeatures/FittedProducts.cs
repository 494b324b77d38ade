using System.Numerics.Tensors;
using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>
/// Products with A = ΦᵀD(Φ − γ P Ψ) + ρI and its transpose, of all instances, without a matrix: features times vectors, transitions times
/// states, and sums over features. O(S·A·active features + transitions).
/// </summary>
internal sealed class FittedProducts : IDisposable
{
    private readonly Mdp _mdp;
    private readonly FeatureRows _features;
    private readonly SampledSupport? _support;
    private readonly DeviceArray _rows;
    private readonly DeviceArray _others;
    private readonly DeviceArray _states;
    private readonly SweepStatus _once;

    public FittedProducts(Mdp mdp, FeatureRows features, SampledSupport? support)
    {
        (_mdp, _features, _support) = (mdp, features, support);
        _rows = mdp.Engine.Allocate(ArrayKind.StateAction);
        _others = mdp.Engine.Allocate(ArrayKind.StateAction);
        _states = mdp.Engine.Allocate(ArrayKind.State);
        _once = new SweepStatus(mdp.Engine.Instances);
    }

    /// <summary>y = A x; with a γ of 0, y = (ΦᵀDΦ + ρI) x.</summary>
    public void Multiply(ReadOnlySpan<double> x, DeviceArray policy, double discount, Span<double> y)
    {
        Engine engine = _mdp.Engine;
        engine.FeatureValues(_features, x, weighted: false, _rows);
        if (discount != 0)
        {
            // Without a discount a sweep of evaluation is Σ_b π of the rewards.
            _once.Begin();
            engine.EvaluationSweeps(_states, policy, _rows, 0, new SweepLimits(1, 0, 0), _once);
        }

        DeviceArray rows = discount != 0 || _support is not null ? _others : _rows;
        if (_support is not null)
            engine.WeightedBackup(
                _support.Weights, _rows, discount != 0 ? _support.Flows : null, discount != 0 ? _states : null, -discount, rows);
        else if (discount != 0) engine.ActionValues(_states, _rows, -discount, rows);
        Sum(rows, weighted: _support is null, x, y);
    }

    /// <summary>y = Aᵀ u.</summary>
    public void MultiplyTransposed(ReadOnlySpan<double> u, DeviceArray policy, double discount, Span<double> y)
    {
        Engine engine = _mdp.Engine;
        engine.FeatureValues(_features, u, weighted: _support is null, _rows);
        if (_support is not null)
        {
            engine.TransposedFlows(_support.Flows, _rows, -discount, _states);
            engine.WeightedBackup(_support.Weights, _rows, null, null, 0, _rows);
        }
        else
        {
            engine.TransposedProduct(_rows, -discount, _states);
        }

        engine.ScaleByState(policy, _states, _rows, accumulate: true);
        Sum(_rows, weighted: false, u, y);
    }

    public void Dispose()
    {
        _rows.Dispose();
        _others.Dispose();
        _states.Dispose();
    }

    /// <summary>y = Φᵀ rows, or ΦᵀD rows, + ρ x.</summary>
    private void Sum(DeviceArray rows, bool weighted, ReadOnlySpan<double> x, Span<double> y)
    {
        _mdp.Engine.FeatureSums(_features, rows, weighted, y);
        TensorPrimitives.MultiplyAdd(x, _features.Ridge, y, y);
    }
}
