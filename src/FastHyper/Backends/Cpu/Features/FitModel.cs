namespace FastHyper.Backends.Cpu.Features;

/// <summary>
/// What the matrices of least squares are of, for one instance at a time, on the host: D, P and π, by the host's order of states.
/// </summary>
internal sealed class FitModel(Engine engine, int workers)
{
    private readonly double[] _policy = new double[engine.States * engine.Actions];

    private readonly (int[] Columns, double[] Values)[] _successors =
        [.. Enumerable.Range(0, workers).Select(_ => (new int[engine.Transitions.LongestRow], new double[engine.Transitions.LongestRow]))];

    private double[] _entries = [];
    private double[] _ownWeights = [];
    private long[]? _offsets;
    private double[]? _weights;
    private bool _areFlows;

    public FeatureRows Features { get; private set; } = null!;

    public double Discount { get; private set; }

    /// <summary>π, (S, A).</summary>
    public double[] Policy => _policy;

    /// <summary>Copies what an instance has of its own.</summary>
    /// <param name="features">φ and D.</param>
    /// <param name="discount">γ.</param>
    /// <param name="instance">Which.</param>
    /// <param name="policy">π.</param>
    /// <param name="weights">In place of D; null for that.</param>
    /// <param name="flows">In place of D P; null for that.</param>
    public void Read(FeatureRows features, double discount, int instance, DeviceArray policy, DeviceArray? weights, DeviceArray? flows)
    {
        (Features, Discount, _weights, _offsets, _areFlows) = (features, discount, features.Weights, null, flows is not null);
        engine.Download(policy, instance, _policy);
        if (weights is not null)
        {
            if (_ownWeights.Length == 0) _ownWeights = new double[_policy.Length];
            engine.Download(weights, instance, _ownWeights);
            _weights = _ownWeights;
        }

        if ((flows ?? engine.Probabilities) is not DeviceArray entries) return;
        if (_entries.Length == 0) _entries = new double[engine.Transitions.EntryCount];
        engine.Download(entries, instance, _entries);
        _offsets = engine.Transitions.Matrix.Offsets;
    }

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
}
