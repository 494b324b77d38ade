using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>
/// Samples in the place of the model: D̂(s,a) the weight of those in (s,a), and D̂P̂(s,a,s') that of those that go on to s'. What is drawn
/// is a function of a leader's seed, of the iteration, and of what the device holds; it is counted on the host. O(S·A + transitions +
/// samples) for each instance.
/// </summary>
internal sealed class SampledSupport : IDisposable
{
    // Any constant parts these draws from the leader's, and from those of other followers.
    private const ulong SupportKey = 0x8C1B64E2F09D3A57;
    private readonly Mdp _mdp;
    private readonly SupportOptions _options;
    private readonly ulong[] _keys;
    private readonly double[] _visits;
    private readonly double[] _flows;
    private readonly double[] _probabilities;
    private readonly double[]? _cumulated;
    private readonly double[]? _weights;
    private readonly double _total;
    private readonly RolloutBuffer? _rollouts;
    private readonly DeviceArray? _behaviour;

    public SampledSupport(Mdp mdp, FeatureRows features, SupportOptions options)
    {
        Engine engine = mdp.Engine;
        int pairs = engine.States * engine.Actions;
        _mdp = mdp;
        _options = options;
        _weights = features.Weights;
        _keys = new ulong[engine.Leaders];
        _visits = new double[pairs];
        _flows = new double[engine.Transitions.EntryCount];
        _probabilities = engine.Probabilities is null ? [] : new double[_flows.Length];
        _total = pairs;
        if (_weights is not null)
        {
            _cumulated = new double[pairs];
            double sum = 0;
            for (int row = 0; row < pairs; row++) _cumulated[row] = sum += _weights[row];
            if (!(sum > 0)) throw new InvalidInputException($"{mdp.Problem.Name}: value_weights are all zero; expected one above 0");
            _total = sum;
        }

        Weights = engine.Allocate(ArrayKind.StateAction);
        Flows = engine.Allocate(ArrayKind.Entry);
        if (options.Rows != SupportRows.Rollouts) return;
        _rollouts = engine.AllocateRollouts(new RolloutShape(1, options.Count, options.EpisodeLimit));
        _behaviour = engine.Allocate(ArrayKind.StateAction);
    }

    /// <summary>D̂, (S, A) for each instance.</summary>
    public DeviceArray Weights { get; }

    /// <summary>D̂P̂, entries for each instance.</summary>
    public DeviceArray Flows { get; }

    /// <summary>Whether there are samples.</summary>
    public bool IsDrawn { get; private set; }

    /// <summary>Draws the samples of every instance.</summary>
    /// <param name="seeds">Seed of each leader.</param>
    /// <param name="iteration">Leader iteration.</param>
    /// <param name="v">The last response's V, (S), that rollouts act by.</param>
    public void Draw(ReadOnlySpan<ulong> seeds, uint iteration, DeviceArray v)
    {
        Engine engine = _mdp.Engine;
        if (_options.SameDraws) iteration = 0;
        for (int leader = 0; leader < _keys.Length; leader++) _keys[leader] = seeds[leader] ^ SupportKey;
        RolloutRecord? episodes = null;
        if (_rollouts is not null)
        {
            engine.Policy(v, _mdp.Reward, _mdp.Problem.Discount, _behaviour!);
            engine.Rollout(_rollouts, _behaviour!, _mdp.Initial, _mdp.Reward, _mdp.LeaderReward, _keys, iteration);
            episodes = _rollouts.Download();
        }

        int each = engine.Options.InstancesPerLeader;
        for (int i = 0; i < engine.Instances; i++)
        {
            _mdp.Monitor.Check("the follower's samples", i, engine.Instances);
            Array.Clear(_visits);
            Array.Clear(_flows);
            ReadOnlySpan<double> p = engine.Transitions.Matrix.Values;
            if (engine.Probabilities is DeviceArray own)
            {
                engine.Download(own, i, _probabilities);
                p = _probabilities;
            }

            Rows rows = new(this, p, _keys[i / each], iteration, (uint)(i % each));
            if (episodes is not null) Visit(rows, episodes, i);
            else if (_options.Rows == SupportRows.All) VisitAll(rows);
            else Visit(rows);
            engine.Upload(Weights, i, _visits);
            engine.Upload(Flows, i, _flows);
        }

        IsDrawn = true;
    }

    public void Dispose()
    {
        Weights.Dispose();
        Flows.Dispose();
        _rollouts?.Dispose();
        _behaviour?.Dispose();
    }

    private void VisitAll(Rows rows)
    {
        for (int row = 0; row < _visits.Length; row++)
            if ((_weights is null ? 1 : _weights[row]) is double weight and > 0) rows.Add((uint)row, row, weight);
    }

    private void Visit(Rows rows)
    {
        double weight = _total / _options.Count;
        for (uint k = 0; k < _options.Count; k++)
        {
            double u = rows.Uniform(k, Philox.Purpose.Start);
            rows.Add(k, _cumulated is null ? (int)(u * _visits.Length) : RowAt(_cumulated, u * _total), weight);
        }
    }

    /// <summary>The first row whose sum of weights is larger.</summary>
    private static int RowAt(double[] cumulated, double weight)
    {
        // Rounding may have brought it to all there is.
        weight = Math.Min(weight, Math.BitDecrement(cumulated[^1]));
        int row = Array.BinarySearch(cumulated, weight);
        if (row < 0) return ~row;
        while (cumulated[row] <= weight) row++;
        return row;
    }

    private void Visit(Rows rows, RolloutRecord episodes, int instance)
    {
        int instances = _mdp.Engine.Instances, actions = _mdp.Engine.Actions;
        double weight = _total / _options.Count;
        for (uint k = 0; k < _options.Count; k++)
        {
            int at = ((int)k * instances) + instance;
            rows.Add(k, (episodes.State[at] * actions) + episodes.Action[at], weight, episodes.Slot[at]);
        }
    }

    /// <summary>Adds samples of one instance.</summary>
    private readonly ref struct Rows(SampledSupport of, ReadOnlySpan<double> probabilities, ulong key, uint iteration, uint context)
    {
        private readonly SampledSupport _of = of;
        private readonly ReadOnlySpan<double> _probabilities = probabilities;
        private readonly SparseMatrix _matrix = of._mdp.Engine.Transitions.Matrix;
        private readonly ulong _key = key;
        private readonly uint _iteration = iteration;
        private readonly uint _context = context;

        public double Uniform(uint number, Philox.Purpose purpose) => Philox.Uniforms(number, purpose, _context, _iteration, _key).First;

        /// <summary>Adds sample k, in a row.</summary>
        /// <param name="k">Its number.</param>
        /// <param name="row">s·A+a.</param>
        /// <param name="weight">What it weighs.</param>
        /// <param name="seen">Which of the row's transitions was seen, if any was; −1 where it ended; −2 where none has been.</param>
        public void Add(uint k, int row, double weight, int seen = -2)
        {
            long first = _matrix.Offsets[row];
            ReadOnlySpan<double> p = _probabilities[(int)first..(int)_matrix.Offsets[row + 1]];
            Span<double> flows = _of._flows.AsSpan((int)first, p.Length);
            _of._visits[row] += weight;
            if (_of._options.NextStates is not int count)
            {
                for (int e = 0; e < p.Length; e++) flows[e] += weight * p[e];
                return;
            }

            for (int j = 0; j < count; j++)
            {
                int slot = j == 0 && seen > -2 ? seen : Draw(p, Uniform(unchecked((k * (uint)count) + (uint)j), Philox.Purpose.Step));
                if (slot >= 0) flows[slot] += weight / count;
            }
        }

        /// <summary>The transition in which u falls; −1 beyond all, where the episode ends.</summary>
        private int Draw(ReadOnlySpan<double> p, double u)
        {
            int last = -1;
            double sum = 0;
            for (int e = 0; e < p.Length; e++)
            {
                if (p[e] > 0) last = e;
                sum += p[e];
                if (u < sum) return e;
            }

            return 1 - sum > _of._mdp.Engine.RoundingDeficit ? -1 : last;
        }
    }
}
