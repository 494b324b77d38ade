using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Features;
using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.ManySmallMdps;

/// <summary>Products with features of many instances, and their matrices of least squares.</summary>
internal sealed unsafe partial class InstanceLanesEngine<TLane, T>
{
    private FeatureTables<T>? _featureTables;
    private IFeatureMatrices? _featureMatrices;
    private NativeArray<T>? _featureWeights;
    private NativeArray<TLane>? _featureScratch;
    private NativeArray<double>? _featureSums;

    internal override void FeatureValues(FeatureRows features, ReadOnlySpan<double> weights, bool weighted, DeviceArray target)
    {
        RequireFeatures(features, weights.Length, features.Count);
        RunFeatures(new FeatureLanesKernel<TLane, T> { Rows = RowArray(target), Weighted = weighted }, features, weights);
    }

    internal override void FeatureResponse(FeatureRows features, ReadOnlySpan<double> weights, DeviceArray v, DeviceArray? policy)
    {
        RequireFeatures(features, weights.Length, features.Count);
        RunFeatures(
            new FeatureLanesKernel<TLane, T> { V = StateArray(v), Policy = policy is null ? null : RowArray(policy) }, features, weights);
    }

    internal override void FeatureSums(FeatureRows features, DeviceArray rows, bool weighted, Span<double> sums)
    {
        // Lanes of float32 would sum in float32.
        if (typeof(T) != typeof(double))
        {
            base.FeatureSums(features, rows, weighted, sums);
            return;
        }

        RequireFeatures(features, sums.Length, features.Count);
        int blocks = FeatureSumLanesKernel<Lane1<double>>.Blocks(States);
        NativeArray<double>.Reserve(ref _featureSums, (long)blocks * features.Count * Layout.Stride);
        double* y = (double*)RowArray(rows);
        if (TLane.Width == 1) Sum<Lane1<double>>();
        else if (TLane.Width == Lane256<double>.Width) Sum<Lane256<double>>();
        else Sum<Lane512<double>>();
        for (int i = 0; i < Instances; i++)
        {
            for (int j = 0; j < features.Count; j++)
            {
                double sum = 0;
                for (int block = 0; block < blocks; block++)
                    sum += _featureSums!.Pointer[((((long)block * features.Count) + j) * Layout.Stride) + i];
                sums[(i * features.Count) + j] = sum;
            }
        }

        void Sum<TWide>()
            where TWide : unmanaged, ILane<TWide, double>
        {
            FeatureTable<double> table = (FeatureTable<double>)(object)Table(features);
            FeatureSumLanesKernel<TWide> kernel = new()
            {
                Features = table,
                DenseRows = table.IsDense ? table.Rows() : null,
                Rows = y,
                Stride = Layout.Stride,
                Groups = (Instances + TWide.Width - 1) / TWide.Width,
                States = States,
                StatesInBlock = (States + blocks - 1) / blocks,
                Weighted = weighted,
                Sums = _featureSums!.Pointer,
            };
            Team.Run(ref kernel, blocks * kernel.Groups);
        }
    }

    internal override void FeatureMatrices(
        FeatureRows features, DeviceArray policy, double discount, Span<double> matrices, DeviceArray? weights = null,
        DeviceArray? flows = null)
    {
        RequireFeatures(features, matrices.Length, (long)features.Count * features.Count);
        _featureMatrices ??= TLane.Width * sizeof(T) == Lane512<double>.Width * sizeof(double)
            ? new FeatureMatrices<Lane512<double>>(this, this, Team)
            : new FeatureMatrices<Lane256<double>>(this, this, Team);
        _featureMatrices.Write(features, policy, discount, matrices, weights, flows);
    }

    private FeatureTable<T> Table(FeatureRows features)
    {
        _featureTables ??= new FeatureTables<T>(null);
        return _featureTables.Of(features);
    }

    private void RunFeatures(FeatureLanesKernel<TLane, T> kernel, FeatureRows features, ReadOnlySpan<double> weights)
    {
        int k = features.Count;
        NativeArray<T>.Reserve(ref _featureWeights, (long)k * Layout.Stride);
        NativeArray<TLane>.Reserve(ref _featureScratch, (long)FeatureLanesKernel<TLane, T>.StatesInBlock * Actions * Team.Size);
        for (int i = 0; i < Instances; i++)
            for (int j = 0; j < k; j++) _featureWeights!.Pointer[((long)j * Layout.Stride) + i] = T.CreateTruncating(weights[(i * k) + j]);
        FeatureTable<T> table = Table(features);
        kernel.Features = table;
        kernel.Dense = table.IsDense ? table.Slices() : null;
        kernel.W = _featureWeights!.Pointer;
        kernel.Stride = Layout.Stride;
        kernel.Groups = Groups;
        kernel.States = States;
        kernel.Temperatures = Temperatures;
        kernel.Inverses = InverseTemperatures;
        kernel.Scratch = _featureScratch!.Pointer;
        Team.Run(
            ref kernel, (States + FeatureLanesKernel<TLane, T>.StatesInBlock - 1) / FeatureLanesKernel<TLane, T>.StatesInBlock * Groups);
    }

    private void DisposeFeatures()
    {
        _featureTables?.Dispose();
        _featureMatrices?.Dispose();
        _featureWeights?.Dispose();
        _featureScratch?.Dispose();
        _featureSums?.Dispose();
    }
}
