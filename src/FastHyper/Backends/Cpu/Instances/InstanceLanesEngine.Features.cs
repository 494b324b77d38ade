using FastHyper.Backends.Cpu.Features;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Instances;

/// <summary>Matrices of least squares of many instances.</summary>
internal sealed unsafe partial class InstanceLanesEngine<TLane, T>
{
    private FeatureMatrices<Lane256<double>>? _featureMatrices;

    public override void FeatureMatrices(FeatureRows features, DeviceArray policy, double discount, Span<double> matrices)
    {
        RequireFeatures(features, matrices.Length, (long)features.Count * features.Count);
        _featureMatrices ??= new FeatureMatrices<Lane256<double>>(this, Team);
        _featureMatrices.Write(features, policy, discount, matrices);
    }
}
