using FastHyper.Backends;

namespace FastHyper.Hypergradients.Critics;

/// <summary>
/// TD(λ) with features: Q_L = φ·θ, and for each sample in turn a step towards its λ-return G_k under the values that there were,
/// <code>θ ← θ + α (G_k − φ_k·θ) φ_k/‖φ_k‖²</code>
/// which leaves 1 − α of the error in (s_k,a_k), whatever the features' scale: with a feature for each pair it is the table's. θ is kept.
/// It is learnt on the host, O(steps · features that are not zero).
/// </summary>
internal sealed class LinearReturnsCritic : Critic
{
    private readonly FeatureRows _features;
    private readonly CriticOptions _options;
    private readonly LambdaReturns _returns;
    private readonly DeviceArray _theta;
    private readonly double[] _weights;
    private readonly double[] _targets;

    public LinearReturnsCritic(EstimationContext context, FeatureRows features, CriticOptions options)
        : base(context)
    {
        Engine engine = context.Mdp.Engine;
        RolloutShape shape = context.Sampler!.Buffer.Shape;
        _features = features;
        _options = options;
        _returns = new LambdaReturns(context, shape, context.Mdp.Problem.LeaderDiscount);
        _theta = engine.Allocate(ArrayKind.Parameter, checked(engine.Options.InstancesPerLeader * features.Count));
        _weights = new double[checked(engine.Instances * features.Count)];
        _targets = new double[shape.Streams * shape.Steps];
    }

    public override IEnumerable<(string Name, DeviceArray Array)> State => [("critic_weights", _theta)];

    public override void Learn()
    {
        Engine engine = Context.Mdp.Engine;
        RolloutBuffer samples = Context.Sampler!.Buffer;
        RolloutRecord record = samples.Download();
        int each = _theta.Length;
        for (int leader = 0; leader < engine.Leaders; leader++) engine.Download(_theta, leader, _weights.AsSpan(leader * each, each));
        engine.FeatureValues(_features, _weights, weighted: false, Q);
        for (int pass = 0; pass < _options.Passes; pass++)
        {
            Context.Mdp.Monitor.Check("the critic's passes", pass, _options.Passes);
            DeviceArray returns = _returns.Write(samples, Q, _options.TraceDecay);
            for (int i = 0; i < engine.Instances; i++)
            {
                engine.Download(returns, i, _targets);
                Approach(record, samples.Shape, i);
            }

            engine.FeatureValues(_features, _weights, weighted: false, Q);
        }

        for (int leader = 0; leader < engine.Leaders; leader++) engine.Upload(_theta, leader, _weights.AsSpan(leader * each, each));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _returns.Dispose();
            _theta.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The samples of an instance, in the order of streams and time.</summary>
    private void Approach(RolloutRecord record, RolloutShape shape, int instance)
    {
        Span<double> theta = _weights.AsSpan(instance * _features.Count, _features.Count);
        int all = Context.Mdp.Engine.Instances * shape.Streams;
        for (int stream = 0; stream < shape.Streams; stream++)
        {
            for (int t = 0; t < shape.Steps; t++)
            {
                int at = (t * all) + (instance * shape.Streams) + stream;
                _features.Row(
                    record.State[at], record.Action[at], out int first, out ReadOnlySpan<int> columns, out ReadOnlySpan<double> values);
                double value = 0, square = 0;
                for (int j = 0; j < values.Length; j++)
                {
                    value += values[j] * theta[first + (columns.IsEmpty ? j : columns[j])];
                    square += values[j] * values[j];
                }

                if (square == 0) continue;
                double step = _options.Step * (_targets[(t * shape.Streams) + stream] - value) / square;
                for (int j = 0; j < values.Length; j++) theta[first + (columns.IsEmpty ? j : columns[j])] += step * values[j];
            }
        }
    }
}
