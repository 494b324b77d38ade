using FastHyper.Backends;

namespace FastHyper.Hypergradients.Estimators;

/// <summary>
/// What follows each (s,a), from the first visit that each stream pays it in the first half of its steps; the second half sees
/// it out. Streams are independent, and so a mean over them is unbiased wherever there is one.
/// </summary>
internal sealed class FirstVisits(RolloutShape shape, int rows)
{
    private readonly int[] _visits = new int[rows];
    private readonly int[] _visitor = new int[rows];
    private readonly int[] _row = new int[shape.Streams * shape.Steps];
    private readonly bool[] _first = new bool[shape.Streams * shape.Steps];

    /// <summary>
    /// Adds Σ c(s,a) (mean of Σ_{j≥k} γ^{j−k} 1[s_j,a_j] over first visits k of (s,a)) to target, by the trace
    /// e_j = u_j + γ e_{j−1}; pairs that no stream visits are left out.
    /// </summary>
    public void Trace(RolloutRecord record, int instance, int instances, int actions, double discount, double[] cotangent, double[] target)
    {
        Find(record, instance, instances, actions);
        double e = 0;
        for (int k = 0; k < _row.Length; k++)
        {
            int row = _row[k];
            double u = _first[k] ? cotangent[row] / _visits[row] : 0;
            e = record.Time[At(k, instance, instances)] == 0 ? u : u + (discount * e);
            target[row] += e;
        }
    }

    /// <summary>Finds and counts the first visits, stream by stream.</summary>
    private void Find(RolloutRecord record, int instance, int instances, int actions)
    {
        _visits.AsSpan().Clear();
        _visitor.AsSpan().Fill(-1);
        for (int k = 0; k < _row.Length; k++)
        {
            int at = At(k, instance, instances), stream = k / shape.Steps;
            int row = _row[k] = (record.State[at] * actions) + record.Action[at];
            _first[k] = 2 * (k % shape.Steps) < shape.Steps && _visitor[row] != stream;
            if (!_first[k]) continue;
            _visitor[row] = stream;
            _visits[row]++;
        }
    }

    /// <summary>Where step k of an instance, streams one after the other, stands in the record.</summary>
    private int At(int k, int instance, int instances) => (((k % shape.Steps * instances) + instance) * shape.Streams) + (k / shape.Steps);
}
