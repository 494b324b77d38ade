using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Features;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <summary>Products with features of one large MDP, over blocks of states on all threads.</summary>
internal sealed unsafe partial class StateLanesEngine<TLane, T, TNarrow, TWide>
{
    private readonly List<GroupedProducts<TLane, T, TWide>> _grouped = [];
    private FeatureTables<T>? _featureTables;
    private FeatureMatrices<TWide>? _featureMatrices;
    private NativeArray<T>? _featureWeights;
    private NativeArray<T>? _featureScratch;
    private FeatureSums<TWide, T>? _featureSums;

    internal override void FeatureValues(FeatureRows features, ReadOnlySpan<double> weights, bool weighted, DeviceArray target)
    {
        RequireFeatures(features, weights.Length, features.Count);
        RunFeatures(new FeatureKernel<TLane, T> { Rows = RowArray(target), Weighted = weighted }, features, weights);
    }

    internal override void FeatureResponse(FeatureRows features, ReadOnlySpan<double> weights, DeviceArray v, DeviceArray? policy)
    {
        RequireFeatures(features, weights.Length, features.Count);
        CpuArray<T> values = Own<T>(v, ArrayKind.State);
        RunFeatures(
            new FeatureKernel<TLane, T> { V = values.Pointer, Policy = policy is null ? null : RowArray(policy) }, features, weights);
        values.Version++;
        if (policy is not null) ((CpuArray<T>)policy).Version++;
    }

    internal override void FeatureSums(FeatureRows features, DeviceArray rows, bool weighted, Span<double> sums)
    {
        RequireFeatures(features, sums.Length, features.Count);
        if (features.Groups is FeatureGroups groups)
        {
            Grouped(features, groups).Sum(RowArray(rows), Layout.RowAction, weighted, sums);
            return;
        }

        _featureSums ??= new FeatureSums<TWide, T>(Team);
        _featureSums.Run(Table(features), States, RowArray(rows), Layout.RowAction, weighted, sums);
    }

    internal override void FeatureMatrices(
        FeatureRows features, DeviceArray policy, double discount, Span<double> matrices, DeviceArray? weights = null,
        DeviceArray? flows = null)
    {
        RequireFeatures(features, matrices.Length, (long)features.Count * features.Count);
        _featureMatrices ??= new FeatureMatrices<TWide>(this, this, Team);
        _featureMatrices.Write(features, policy, discount, matrices, weights, flows);
    }

    private FeatureTable<T> Table(FeatureRows features)
    {
        _featureTables ??= new FeatureTables<T>(Layout.Positions);
        return _featureTables.Of(features);
    }

    private GroupedProducts<TLane, T, TWide> Grouped(FeatureRows features, FeatureGroups groups)
    {
        foreach (GroupedProducts<TLane, T, TWide> known in _grouped)
            if (ReferenceEquals(known.Source, features)) return known;
        GroupedProducts<TLane, T, TWide> grouped = new(Team, Layout, features, groups);
        _grouped.Add(grouped);
        return grouped;
    }

    private void RunFeatures(FeatureKernel<TLane, T> kernel, FeatureRows features, ReadOnlySpan<double> weights)
    {
        kernel.RowAction = Layout.RowAction;
        kernel.Temperature = Temperatures[0];
        kernel.Inverse = InverseTemperatures[0];
        if (features.Groups is FeatureGroups groups)
        {
            Grouped(features, groups).Run(kernel, weights);
            return;
        }

        FeatureTable<T> table = Table(features);
        NativeArray<T>.Reserve(ref _featureWeights, FeatureProducts<TLane, T>.Length(table));
        NativeArray<T>.Reserve(ref _featureScratch, FeatureKernel<TLane, T>.ScratchLength(Actions) * Team.Size);
        FeatureProducts<TLane, T>.LayOut(table, weights, _featureWeights!.Pointer);
        kernel.Features = table;
        kernel.Dense = FeatureProducts<TLane, T>.Dense(table);
        kernel.W = _featureWeights.Pointer;
        kernel.States = States;
        kernel.Scratch = _featureScratch!.Pointer;
        Team.Run(ref kernel, (States + FeatureKernel<TLane, T>.PositionsInBlock - 1) / FeatureKernel<TLane, T>.PositionsInBlock);
    }

    private void DisposeFeatureScratch()
    {
        foreach (GroupedProducts<TLane, T, TWide> grouped in _grouped) grouped.Dispose();
        _featureTables?.Dispose();
        _featureMatrices?.Dispose();
        _featureWeights?.Dispose();
        _featureScratch?.Dispose();
        _featureSums?.Dispose();
    }
}
