using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Products with features, their matrices of least squares, and sums over samples' transitions.</summary>
internal sealed partial class OpenClEngine
{
    private const int MaxParts = 64;
    private const int StatesInPart = 256;

    // Rows of k numbers each that wait to be multiplied: 32 MiB, or one row.
    private const long MaxGathered = 1 << 22;
    private readonly List<OpenClFeatures> _features = [];
    private DeviceMemory? _featureWeights;
    private DeviceMemory? _featureParts;
    private DeviceMemory? _featureTotals;
    private DeviceMemory? _featureMeans;
    private DeviceMemory? _gatheredRows;
    private double[] _featureHost = [];

    internal override void FeatureValues(FeatureRows features, ReadOnlySpan<double> weights, bool weighted, DeviceArray target)
    {
        RequireFeatures(features, weights.Length, features.Count);
        OpenClFeatures own = Features(features);
        Queue.Run(
            With(Kernel("features", "feature_values").With(States).With(Actions).With(Instances), own)
                .With(Transposed(weights)).With(weighted ? own.Weights : null).With(Written(target, ArrayKind.StateAction)),
            Values);
    }

    internal override void FeatureResponse(FeatureRows features, ReadOnlySpan<double> weights, DeviceArray v, DeviceArray? policy)
    {
        RequireFeatures(features, weights.Length, features.Count);
        Queue.Run(
            With(Kernel("features", "feature_response").With(States).With(Actions).With(Instances), Features(features))
                .With(Transposed(weights)).With(Temperatures).With(Written(v, ArrayKind.State))
                .With(policy is null ? null : Written(policy, ArrayKind.StateAction)),
            Values);
    }

    internal override void FeatureSums(FeatureRows features, DeviceArray rows, bool weighted, Span<double> sums)
    {
        RequireFeatures(features, sums.Length, features.Count);
        OpenClFeatures own = Features(features);
        int k = features.Count, parts = Math.Clamp(States / StatesInPart, 1, MaxParts), numbers = k * Instances;
        DeviceMemory each = Scratch(ref _featureParts, 8L * parts * numbers, "sums over features");
        OpenClKernel kernel = Kernel("features", features.Dense is null ? "sparse_sums" : "dense_sums")
            .With(States).With(Actions).With(Instances).With(k).With(parts).With(features.Width).With(features.IsPerAction ? 1 : 0);
        if (features.Dense is null) kernel.With(own.ColumnBegins).With(own.ColumnRows).With(own.ColumnValues);
        else kernel.With(own.Values);
        Queue.Run(
            kernel.With(weighted ? own.Weights : null).With(Read(rows, ArrayKind.StateAction)).With(each), (long)parts * numbers);
        DeviceMemory totals = Scratch(ref _featureTotals, 8L * numbers, "sums over features");
        Queue.Run(Kernel("features", "feature_totals").With(numbers).With(parts).With(each).With(totals), numbers);
        Span<double> turned = Host(numbers);
        Queue.Read(totals, 0, turned);
        for (int i = 0; i < Instances; i++)
            for (int j = 0; j < k; j++) sums[(i * k) + j] = turned[(j * Instances) + i];
    }

    internal override void FeatureMatrices(
        FeatureRows features, DeviceArray policy, double discount, Span<double> matrices, DeviceArray? weights = null,
        DeviceArray? flows = null)
    {
        int k = features.Count;
        RequireFeatures(features, matrices.Length, (long)k * k);
        OpenClFeatures own = Features(features);
        DeviceMemory pi = Read(policy, ArrayKind.StateAction);
        DeviceMemory? given = weights is null ? null : Read(weights, ArrayKind.StateAction);
        DeviceMemory? entries = flows is null ? _probabilities?.Memory : Read(flows, ArrayKind.Entry);
        if (features.Dense is null)
        {
            SparseMatrices(own, pi, discount, matrices, given, entries, flows is not null);
            return;
        }

        DeviceMemory means = Scratch(ref _featureMeans, features.IsPerAction || discount == 0 ? 8 : 8L * States * k, "means of features");
        int tasks = features.IsPerAction ? Actions : 1, rows = features.IsPerAction ? States : States * Actions;
        int atOnce = (int)Math.Clamp(MaxGathered / k, 1, rows);
        DeviceMemory gathered = Scratch(ref _gatheredRows, 8L * atOnce * k, "rows of features");
        DeviceMemory matrix = Scratch(ref _featureTotals, 8L * k * Math.Max(k, Instances), "sums over features");
        for (int i = 0; i < Instances; i++)
        {
            Queue.Fill(matrix, 0.0);
            if (!features.IsPerAction && discount != 0)
                Queue.Run(
                    Kernel("features", "feature_means").With(States).With(Actions).With(Instances).With(i).With(k).With(own.Values).With(pi)
                        .With(means),
                    (long)States * k);
            for (int task = 0; task < tasks; task++)
            {
                for (int first = 0; first < rows; first += atOnce)
                {
                    int count = Math.Min(atOnce, rows - first);
                    Queue.Run(
                        WithEntries(Kernel("features", "fitted_rows"), entries)
                            .With(i).With(first).With(count).With(features.IsPerAction ? task : -1).With(k).With(features.Width)
                            .With(own.Values).With(pi).With(means).With(own.Weights).With(given).With(flows is null ? 0 : 1).With(discount)
                                .With(gathered),
                        (long)count * k);
                    Queue.Run(
                        Kernel("features", "add_products").With(first).With(count).With(task * features.Width).With(k).With(features.Width)
                            .With(own.Values).With(gathered).With(matrix),
                        k, features.Width);
                }
            }

            Queue.Read(matrix, 0, matrices.Slice(i * k * k, k * k));
        }
    }

    private void SparseMatrices(
        OpenClFeatures features, DeviceMemory policy, double discount, Span<double> matrices, DeviceMemory? weights, DeviceMemory? entries,
        bool areFlows)
    {
        int k = features.Source.Count;
        DeviceMemory matrix = Scratch(ref _featureTotals, 8L * k * Math.Max(k, Instances), "sums over features");
        for (int i = 0; i < Instances; i++)
        {
            Queue.Run(
                With(WithEntries(Kernel("features", "sparse_matrix"), entries).With(i).With(k), features)
                    .With(features.ColumnBegins).With(features.ColumnRows).With(features.ColumnValues).With(policy).With(features.Weights)
                    .With(weights).With(areFlows ? 1 : 0).With(discount).With(matrix),
                k);
            Queue.Read(matrix, 0, matrices.Slice(i * k * k, k * k));
        }
    }

    internal override void TransposedFlows(DeviceArray flows, DeviceArray rows, double factor, DeviceArray target) =>
        Queue.Run(
            Kernel("features", "transposed_flows").With(States).With(Instances).With(_model.Transpose.Offsets)
                .With(_model.Transpose.Sources)
                .With(_model.TransposeEntries).With(Read(flows, ArrayKind.Entry)).With(Read(rows, ArrayKind.StateAction)).With(factor)
                .With(Written(target, ArrayKind.State)),
            Values);

    internal override void WeightedBackup(
        DeviceArray weights, DeviceArray rows, DeviceArray? flows, DeviceArray? v, double discount, DeviceArray target)
    {
        RequireBackup(weights, rows, flows, v, target);
        Queue.Run(
            WithEntries(Kernel("features", "weighted_backup"), flows is null ? null : Read(flows, ArrayKind.Entry))
                .With(Read(weights, ArrayKind.StateAction)).With(Read(rows, ArrayKind.StateAction))
                .With(v is null ? null : Read(v, ArrayKind.State)).With(discount).With(Written(target, ArrayKind.StateAction)),
            Values);
    }

    /// <summary>The features, on the device, in the precision of the engine; kept from call to call.</summary>
    private OpenClFeatures Features(FeatureRows features)
    {
        foreach (OpenClFeatures known in _features)
            if (ReferenceEquals(known.Source, features)) return known;
        OpenClFeatures own = Own(DeviceMemories.AllOrNothing(Queue, memories => new OpenClFeatures(memories, features, Narrow)));
        _features.Add(own);
        return own;
    }

    private static OpenClKernel With(OpenClKernel kernel, OpenClFeatures features) => kernel
        .With(features.Source.Width).With(features.Source.IsPerAction ? 1 : 0)
        .With(features.Offsets).With(features.Columns).With(features.Values);

    /// <summary>w[j I + i] on the device, of w[i k + j].</summary>
    private DeviceMemory Transposed(ReadOnlySpan<double> weights)
    {
        int k = weights.Length / Instances;
        Span<double> turned = Host(weights.Length);
        for (int i = 0; i < Instances; i++)
            for (int j = 0; j < k; j++) turned[(j * Instances) + i] = weights[(i * k) + j];
        DeviceMemory memory = Scratch(ref _featureWeights, 8L * weights.Length, "weights of features");
        Queue.Write<double>(memory, 0, turned);
        return memory;
    }

    private Span<double> Host(int length)
    {
        if (_featureHost.Length < length) _featureHost = new double[length];
        return _featureHost.AsSpan(0, length);
    }
}
