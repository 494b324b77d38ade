namespace FastHyper.Backends;

/// <summary>Sums over transitions that are weighted otherwise than by P, such as those of samples.</summary>
public abstract partial class Engine
{
    private double[] _flowRows = [];
    private double[] _flowWeights = [];
    private double[] _flowEntries = [];
    private double[] _flowValues = [];

    /// <summary>
    /// target(s,a) = D(s,a) y(s,a) + γ Σ_k F(k) v(s'_k), over the stored transitions k = (s,a,s'): D(r + γ P̂ V) of samples, D their share
    /// in (s,a) and F that in (s,a,s'), zero where D is. Sums are in float64, in order. A plain loop on the host; engines have faster ones.
    /// </summary>
    /// <param name="weights">D, (S, A).</param>
    /// <param name="rows">y, (S, A).</param>
    /// <param name="flows">F, an array of entries, with <paramref name="v"/>; null for no second term.</param>
    /// <param name="v">v, (S), with <paramref name="flows"/>.</param>
    /// <param name="discount">γ.</param>
    /// <param name="target">(S, A), written; may be <paramref name="rows"/>.</param>
    internal virtual void WeightedBackup(
        DeviceArray weights, DeviceArray rows, DeviceArray? flows, DeviceArray? v, double discount, DeviceArray target)
    {
        RequireBackup(weights, rows, flows, v, target);
        int pairs = States * Actions;
        Prepared(ref _flowRows, pairs);
        Prepared(ref _flowWeights, pairs);
        if (flows is not null) Prepared(ref _flowEntries, Transitions.EntryCount);
        if (v is not null) Prepared(ref _flowValues, States);
        for (int i = 0; i < Instances; i++)
        {
            Download(rows, i, _flowRows.AsSpan(0, pairs));
            Download(weights, i, _flowWeights.AsSpan(0, pairs));
            for (int row = 0; row < pairs; row++) _flowRows[row] *= _flowWeights[row];
            if (flows is not null)
            {
                Download(flows, i, _flowEntries.AsSpan(0, Transitions.EntryCount));
                Download(v!, i, _flowValues.AsSpan(0, States));
                SparseMatrix p = Transitions.Matrix;
                for (int row = 0; row < pairs; row++)
                {
                    double sum = 0;
                    for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++) sum += _flowEntries[k] * _flowValues[p.Columns[k]];
                    _flowRows[row] += discount * sum;
                }
            }

            Upload(target, i, _flowRows.AsSpan(0, pairs));
        }
    }

    /// <summary>
    /// target(s') = f Σ_k F(k) z(s,a) over the stored transitions k = (s,a,s'), in order, in float64. A plain loop on the host.
    /// </summary>
    /// <param name="flows">F, an array of entries.</param>
    /// <param name="rows">z, (S, A).</param>
    /// <param name="factor">f.</param>
    /// <param name="target">(S), written.</param>
    internal virtual void TransposedFlows(DeviceArray flows, DeviceArray rows, double factor, DeviceArray target)
    {
        RequireOwn(flows, ArrayKind.Entry);
        RequireOwn(rows, ArrayKind.StateAction);
        RequireOwn(target, ArrayKind.State);
        int pairs = States * Actions;
        Prepared(ref _flowRows, pairs);
        Prepared(ref _flowEntries, Transitions.EntryCount);
        Prepared(ref _flowValues, States);
        SparseMatrix p = Transitions.Matrix;
        for (int i = 0; i < Instances; i++)
        {
            Download(rows, i, _flowRows.AsSpan(0, pairs));
            Download(flows, i, _flowEntries.AsSpan(0, Transitions.EntryCount));
            Span<double> sums = _flowValues.AsSpan(0, States);
            sums.Clear();
            for (int row = 0; row < pairs; row++)
                for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++) sums[p.Columns[k]] += factor * _flowEntries[k] * _flowRows[row];
            Upload(target, i, sums);
        }
    }

    /// <summary>Requires arrays of the kinds that <see cref="WeightedBackup"/> takes.</summary>
    private protected void RequireBackup(DeviceArray weights, DeviceArray rows, DeviceArray? flows, DeviceArray? v, DeviceArray target)
    {
        foreach (DeviceArray array in (ReadOnlySpan<DeviceArray>)[weights, rows, target]) RequireOwn(array, ArrayKind.StateAction);
        if (flows is null != v is null) throw new ArgumentException("flows and values; expected both or neither");
        if (flows is null) return;
        RequireOwn(flows, ArrayKind.Entry);
        RequireOwn(v!, ArrayKind.State);
    }
}
