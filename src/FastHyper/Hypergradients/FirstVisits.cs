using FastHyper.Backends;

namespace FastHyper.Hypergradients;

/// <summary>
/// What follows each (s,a), from the first visit that each stream pays it in the first half of its steps; the second half sees
/// it out. Streams are independent, and so a mean over them is unbiased wherever there is one.
/// </summary>
internal sealed class FirstVisits(RolloutShape shape, int rows)
{
    private readonly int[] _count = new int[rows];
    private readonly int[] _visitor = new int[rows];

    /// <summary>
    /// Adds Σ c(s,a) (mean of Σ_{j≥k} γ^{j−k} 1[s_j,a_j] over first visits k of (s,a)) to target, by the trace
    /// e_j = u_j + γ e_{j−1}; pairs that no stream visits are left out.
    /// </summary>
    public void Trace(RolloutRecord record, int instance, int instances, int actions, double discount, double[] cotangent, double[] target)
    {
        _count.AsSpan().Clear();
        Walk(record, instance, instances, actions, (row, first, _) =>
        {
            if (first) _count[row]++;
        });
        double e = 0;
        Walk(record, instance, instances, actions, (row, first, begins) =>
        {
            double u = first ? cotangent[row] / _count[row] : 0;
            e = begins ? u : u + (discount * e);
            target[row] += e;
        });
    }

    /// <summary>Every step in order: its (s,a), whether it is a first visit, and whether an episode begins with it.</summary>
    private void Walk(RolloutRecord record, int instance, int instances, int actions, Action<int, bool, bool> step)
    {
        _visitor.AsSpan().Fill(-1);
        for (int w = 0; w < shape.Streams; w++)
        {
            for (int t = 0; t < shape.Steps; t++)
            {
                int at = (t * instances * shape.Streams) + (instance * shape.Streams) + w;
                int row = (record.State[at] * actions) + record.Action[at];
                bool first = 2 * t < shape.Steps && _visitor[row] != w;
                if (first) _visitor[row] = w;
                step(row, first, record.Time[at] == 0);
            }
        }
    }
}
