using System.Numerics.Tensors;

namespace FastHyper.Backends;

/// <summary>
/// What action values that are linear in features take, Q(s,a) = φ(s,a)·w: products with the features and their transpose, and the
/// matrices of least squares. These are plain loops on the host, of one instance after the other; engines have faster ones.
/// </summary>
public abstract partial class Engine
{
    private double[] _featureRows = [];
    private double[] _featurePolicy = [];
    private double[] _featureEntries = [];
    private DeviceArray? _featureValues;
    private DeviceArray? _noValues;
    private SweepStatus? _featureStatus;

    /// <summary>target(s,a) = φ(s,a)·w, or D(s,a) φ(s,a)·w.</summary>
    /// <param name="features">φ and D, of this engine's states and actions.</param>
    /// <param name="weights">w of each instance, (instances, k).</param>
    /// <param name="weighted">Whether D counts.</param>
    /// <param name="target">(S, A), written.</param>
    internal virtual void FeatureValues(FeatureRows features, ReadOnlySpan<double> weights, bool weighted, DeviceArray target)
    {
        RequireFeatures(features, weights.Length, features.Count);
        RequireOwn(target, ArrayKind.StateAction);
        double[] rows = Prepared(ref _featureRows, (long)States * Actions);
        for (int i = 0; i < Instances; i++)
        {
            ReadOnlySpan<double> w = weights.Slice(i * features.Count, features.Count);
            for (int s = 0, row = 0; s < States; s++)
            {
                for (int a = 0; a < Actions; a++, row++)
                {
                    features.Row(s, a, out int first, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
                    double sum = 0;
                    if (columns.IsEmpty) for (int j = 0; j < values.Length; j++) sum += values[j] * w[first + j];
                    else for (int j = 0; j < columns.Length; j++) sum += values[j] * w[first + columns[j]];
                    rows[row] = weighted && features.Weights is not null ? features.Weights[row] * sum : sum;
                }
            }

            Upload(target, i, rows.AsSpan(0, States * Actions));
        }
    }

    /// <summary>V(s) = τ log Σ_a exp(φ(s,a)·w/τ), and the Boltzmann policy π(a|s) ∝ exp(φ(s,a)·w/τ).</summary>
    /// <param name="features">φ.</param>
    /// <param name="weights">w of each instance, (instances, k).</param>
    /// <param name="v">V, (S), written.</param>
    /// <param name="policy">π, (S, A), written; null where it is not wanted.</param>
    internal virtual void FeatureResponse(FeatureRows features, ReadOnlySpan<double> weights, DeviceArray v, DeviceArray? policy)
    {
        _featureValues ??= Allocate(ArrayKind.StateAction);
        _noValues ??= Allocate(ArrayKind.State);
        FeatureValues(features, weights, weighted: false, _featureValues);
        _featureStatus ??= new SweepStatus(Instances);
        _featureStatus.Begin();
        // Without a discount a sweep is the soft maximum of the rewards.
        SoftSweeps(v, _featureValues, 0, new SweepLimits(1, 0, 0), _featureStatus);
        if (policy is not null) Policy(_noValues, _featureValues, 0, policy);
    }

    /// <summary>sums = Σ φ(s,a) rows(s,a), or Σ D(s,a) φ(s,a) rows(s,a), in float64 and in fixed order.</summary>
    /// <param name="features">φ and D.</param>
    /// <param name="rows">(S, A).</param>
    /// <param name="weighted">Whether D counts.</param>
    /// <param name="sums">(instances, k), written.</param>
    internal virtual void FeatureSums(FeatureRows features, DeviceArray rows, bool weighted, Span<double> sums)
    {
        RequireFeatures(features, sums.Length, features.Count);
        RequireOwn(rows, ArrayKind.StateAction);
        double[] values = Prepared(ref _featureRows, (long)States * Actions);
        sums.Clear();
        for (int i = 0; i < Instances; i++)
        {
            Download(rows, i, values.AsSpan(0, States * Actions));
            Span<double> target = sums.Slice(i * features.Count, features.Count);
            for (int row = 0; row < States * Actions; row++)
            {
                double factor = weighted && features.Weights is not null ? features.Weights[row] * values[row] : values[row];
                AddRow(features, row / Actions, row % Actions, factor, target);
            }
        }
    }

    /// <summary>
    /// matrices = ΦᵀD(Φ − γ P Ψ), Ψ(s) = Σ_b π(b|s) φ(s,b), in float64 and in fixed order: with ρ on the diagonal the matrix of
    /// LSTD and of Newton's steps.
    /// </summary>
    /// <param name="features">φ and D.</param>
    /// <param name="policy">π, (S, A); its rows sum to one.</param>
    /// <param name="discount">γ.</param>
    /// <param name="matrices">(instances, k, k), row by row, written.</param>
    /// <param name="weights">(S, A) in place of D, such as visits; null for D.</param>
    /// <param name="flows">
    /// An array of entries in place of D(s,a) P(s'|s,a), such as visited transitions, with <paramref name="weights"/>; null for those.
    /// </param>
    internal virtual void FeatureMatrices(
        FeatureRows features, DeviceArray policy, double discount, Span<double> matrices, DeviceArray? weights = null,
        DeviceArray? flows = null)
    {
        int k = features.Count;
        RequireFeatures(features, matrices.Length, (long)k * k);
        RequireOwn(policy, ArrayKind.StateAction);
        double[] pi = Prepared(ref _featurePolicy, (long)States * Actions);
        double[] psi = new double[(long)States * k], difference = new double[k];
        int[] columns = new int[Transitions.LongestRow];
        double[] values = new double[Transitions.LongestRow];
        double[] own = Probabilities is null && flows is null ? [] : Prepared(ref _featureEntries, Transitions.EntryCount);
        double[] visits = weights is null ? [] : Prepared(ref _featureRows, (long)States * Actions);
        matrices.Clear();
        for (int i = 0; i < Instances; i++)
        {
            Download(policy, i, pi.AsSpan(0, States * Actions));
            if ((flows ?? Probabilities) is DeviceArray entries) Download(entries, i, own.AsSpan(0, Transitions.EntryCount));
            if (weights is not null) Download(weights, i, visits.AsSpan(0, States * Actions));
            Array.Clear(psi);
            for (int row = 0; row < States * Actions; row++)
                if (pi[row] != 0) AddRow(features, row / Actions, row % Actions, pi[row], psi.AsSpan(row / Actions * k, k));
            Span<double> matrix = matrices.Slice(i * k * k, k * k);
            int entry = 0;
            for (int row = 0; row < States * Actions; row++)
            {
                Transitions.Row(row / Actions, row % Actions, columns, values, out ReadOnlySpan<int> next, out ReadOnlySpan<double> shared);
                ReadOnlySpan<double> probabilities = own.Length > 0 ? own.AsSpan(entry, next.Length) : shared;
                entry += next.Length;
                double weight = weights is not null ? visits[row] : features.Weights is null ? 1 : features.Weights[row];
                if (weight == 0) continue;
                Array.Clear(difference);
                AddRow(features, row / Actions, row % Actions, weight, difference);
                for (int j = 0; j < next.Length; j++)
                    TensorPrimitives.MultiplyAdd(
                        psi.AsSpan(next[j] * k, k), -discount * (flows is null ? weight * probabilities[j] : probabilities[j]), difference,
                        difference);
                AddOuter(features, row, 1, difference, matrix);
            }
        }
    }

    /// <summary>Requires features of the engine's states and actions, and a span of so many numbers for each instance.</summary>
    private protected void RequireFeatures(FeatureRows features, int length, long each)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.States != States || features.Actions != Actions)
            throw new ArgumentException(
                $"features of {features.States} states and {features.Actions} actions; expected {States} and {Actions}");
        if (length != each * Instances) throw new ArgumentException($"{length} numbers; expected {each} for each of {Instances} instances");
    }

    /// <summary>target += factor · φ(s,a).</summary>
    private static void AddRow(FeatureRows features, int state, int action, double factor, Span<double> target)
    {
        features.Row(state, action, out int first, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
        if (columns.IsEmpty && features.Dense is not null)
        {
            Span<double> part = target.Slice(first, values.Length);
            TensorPrimitives.MultiplyAdd(values, factor, part, part);
        }
        else
        {
            for (int j = 0; j < columns.Length; j++) target[first + columns[j]] += factor * values[j];
        }
    }

    /// <summary>matrix += weight · φ(s,a) vectorᵀ.</summary>
    private static void AddOuter(FeatureRows features, int row, double weight, ReadOnlySpan<double> vector, Span<double> matrix)
    {
        int k = vector.Length;
        features.Row(
            row / features.Actions, row % features.Actions, out int first, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
        for (int j = 0; j < values.Length; j++)
        {
            if (values[j] == 0) continue;
            Span<double> to = matrix.Slice((first + (features.Dense is not null ? j : columns[j])) * k, k);
            TensorPrimitives.MultiplyAdd(vector, weight * values[j], to, to);
        }
    }

    private static double[] Prepared(ref double[] scratch, long length)
    {
        if (scratch.Length < length) scratch = new double[length];
        return scratch;
    }
}
