using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// What the matrices of least squares are of, for one instance at a time, on the host: D, P and π, by the host's order of states.
/// </summary>
internal sealed class FitModel(Engine engine, IRowReader reader, int workers)
{
    // A line of memory has numbers of so many instances.
    private const int PoliciesAtOnce = 8;
    private readonly double[][] _policies =
        [.. Enumerable.Range(0, Math.Min(PoliciesAtOnce, engine.Instances)).Select(_ => new double[engine.States * engine.Actions])];

    private readonly (int[] Columns, double[] Values)[] _successors =
        [.. Enumerable.Range(0, workers).Select(_ => (new int[engine.Transitions.LongestRow], new double[engine.Transitions.LongestRow]))];

    private double[] _entries = [];
    private double[] _ownWeights = [];
    private long[]? _offsets;
    private double[]? _weights;
    private bool _areFlows;
    private Arrivals? _arrivals;

    public FeatureRows Features { get; private set; } = null!;

    public double Discount { get; private set; }

    /// <summary>Whether D, or P, is an instance's own.</summary>
    public bool HasOwnWeights { get; private set; }

    public bool HasOwnEntries => _offsets is not null;

    /// <summary>π, (S, A).</summary>
    public double[] Policy { get; private set; } = [];

    /// <summary>Copies what an instance has of its own; instances come in order.</summary>
    /// <param name="features">φ and D.</param>
    /// <param name="discount">γ.</param>
    /// <param name="instance">Which.</param>
    /// <param name="policy">π, which is not read without a discount.</param>
    /// <param name="weights">In place of D; null for that.</param>
    /// <param name="flows">In place of D P; null for that.</param>
    public void Read(FeatureRows features, double discount, int instance, DeviceArray policy, DeviceArray? weights, DeviceArray? flows)
    {
        (Features, Discount, _weights, _offsets, _areFlows) = (features, discount, features.Weights, null, flows is not null);
        HasOwnWeights = weights is not null;
        if (weights is not null)
        {
            if (_ownWeights.Length == 0) _ownWeights = new double[engine.States * engine.Actions];
            engine.Download(weights, instance, _ownWeights);
            _weights = _ownWeights;
        }

        if (discount == 0) return;
        int at = instance % PoliciesAtOnce;
        if (at == 0) reader.ReadRows(policy, instance, Math.Min(PoliciesAtOnce, engine.Instances - instance), _policies);
        Policy = _policies[at];
        if ((flows ?? engine.Probabilities) is not DeviceArray entries) return;
        if (_entries.Length == 0) _entries = new double[engine.Transitions.EntryCount];
        engine.Download(entries, instance, _entries);
        _offsets = engine.Transitions.Matrix.Offsets;
    }

    /// <summary>Makes <see cref="Arriving"/> known.</summary>
    public void ReadArrivals() => _arrivals ??= new Arrivals(engine.Transitions);

    /// <summary>D(s,a).</summary>
    public double Weight(int state, int action) => _weights is null ? 1 : _weights[(state * Features.Actions) + action];

    /// <summary>Where (s,a) leads, and by what: P, or D P.</summary>
    public void Next(int state, int action, int worker, out ReadOnlySpan<int> next, out ReadOnlySpan<double> shares)
    {
        (int[] columns, double[] values) = _successors[worker];
        engine.Transitions.Row(state, action, columns, values, out next, out shares);
        if (_offsets is not null) shares = _entries.AsSpan((int)_offsets[(state * Features.Actions) + action], next.Length);
    }

    /// <summary>−γ D P of one of the shares.</summary>
    public double Factor(double weight, double share) => -Discount * (_areFlows ? 1 : weight) * share;

    /// <summary>Who leads to s' by an action; see <see cref="Arrivals.Of"/>.</summary>
    public void Arriving(
        int state, int action, out ReadOnlySpan<int> from, out ReadOnlySpan<int> entries, out ReadOnlySpan<double> shares) =>
        _arrivals!.Of(state, action, out from, out entries, out shares);

    /// <summary>D P of an arrival.</summary>
    public double Flow(int from, int action, int entry, double share) =>
        (_areFlows ? 1 : Weight(from, action)) * (_offsets is null ? share : _entries[entry]);
}
