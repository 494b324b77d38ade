using FastHyper.Backends;

namespace FastHyper.Problems.Games;

/// <summary>
/// A two-player Markov game as a configurable MDP (Kudo, Tanabe, Wachi and Akimoto, arXiv 2603.14867): x = θ is the leader's policy
/// f_θ(a|s), and the follower plays a best response g(b|s,a) in the process over (s, a). States here are those of the game, actions are
/// pairs: what depends on θ is the policy f alone, by which the engine averages over the leader's actions after each product with P,
/// so that transitions over (s, a) with f folded in never exist.
/// </summary>
public class MarkovGame : FiniteProblem
{
    private readonly GameData _data;
    private readonly Action<ulong, Span<double>> _initialParameters;

    /// <summary>Creates a game.</summary>
    /// <param name="name">Name, as in configuration and reports.</param>
    /// <param name="data">The game.</param>
    /// <param name="initialParameters">Writes the θ that a leader of a seed starts from; by default that of the data.</param>
    /// <exception cref="InvalidInputException">The game is unsound.</exception>
    public MarkovGame(string name, GameData data, Action<ulong, Span<double>>? initialParameters = null)
        : base(name, GameCheck.Require(name, data).Transitions, ParametersOf(data), data.Gamma, data.GammaLeader, data.Temperature)
    {
        _data = data with { Initial = Mend(name, data.Initial) };
        _initialParameters = initialParameters ?? ((_, x) => (data.Theta ?? new double[x.Length]).CopyTo(x));
        ContextProbabilities = [.. Enumerable.Repeat(1.0, data.Followers.Count)];
    }

    /// <inheritdoc/>
    public override int LeaderActions => _data.LeaderActions;

    /// <summary>Number of follower actions A.</summary>
    public int FollowerActions => _data.FollowerActions;

    /// <summary>Number of followers.</summary>
    public int Followers => _data.Followers.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<double> ContextProbabilities { get; }

    /// <inheritdoc/>
    public override bool ContextsAreTogether => true;

    /// <summary>Names of the states, for reports; numbers by default.</summary>
    public virtual IReadOnlyList<string>? StateNames => null;

    /// <summary>Names of the leader's actions, for reports; numbers by default.</summary>
    public virtual IReadOnlyList<string>? LeaderActionNames => null;

    /// <summary>Names of the follower's actions, for reports; numbers by default.</summary>
    public virtual IReadOnlyList<string>? FollowerActionNames => null;

    /// <inheritdoc/>
    public override IReadOnlyList<int> ParameterShape => _data.PolicyFeatures is null
        ? [Transitions.States, LeaderActions]
        : ParameterCount % LeaderActions == 0 ? [LeaderActions, ParameterCount / LeaderActions] : [ParameterCount];

    /// <inheritdoc/>
    public override void InitialParameters(ulong seed, Span<double> x) => _initialParameters(seed, x);

    /// <inheritdoc/>
    protected internal override ProblemBinding Bind(Engine engine) => new Binding(this, engine);

    /// <inheritdoc/>
    internal override double LargestLogit(ReadOnlySpan<double> x)
    {
        double largest = 0;
        if (_data.PolicyFeatures is not SparseMatrix features)
        {
            foreach (double theta in x) largest = Math.Max(largest, Math.Abs(theta));
            return largest;
        }

        for (int row = 0; row < features.RowCount; row++)
        {
            double logit = 0;
            for (long k = features.Offsets[row]; k < features.Offsets[row + 1]; k++) logit += features.Values[k] * x[features.Columns[k]];
            largest = Math.Max(largest, Math.Abs(logit));
        }

        return largest;
    }

    private static int ParametersOf(GameData data) => data.PolicyFeatures?.ColumnCount ?? data.Transitions.States * data.LeaderActions;

    /// <summary>Φ of a tabular policy: one parameter for each (s, a).</summary>
    private static SparseMatrix Tabular(int rows) =>
        new(
            rows, [.. Enumerable.Range(0, rows + 1).Select(i => (long)i)], [.. Enumerable.Range(0, rows)],
            [.. Enumerable.Repeat(1.0, rows)]);

    private sealed class Binding : ProblemBinding
    {
        private readonly GameData _data;
        private readonly Engine _engine;
        private readonly DeviceAffineMap _reward;
        private readonly DeviceAffineMap _leaderReward;
        private readonly DeviceAffineMap _logits;
        private readonly DeviceArray _cotangent;
        private readonly int[] _sameMap;

        public Binding(MarkovGame game, Engine engine)
        {
            _data = game._data;
            _engine = engine;
            int rows = _data.Transitions.States * _data.LeaderActions;
            _reward = engine.Prepare([.. _data.Followers.Select(follower => new AffineMap(follower.Reward, null))]);
            _leaderReward = engine.Prepare([.. _data.Followers.Select(follower => new AffineMap(follower.LeaderReward, null))]);
            _logits = engine.Prepare([new AffineMap(new double[rows], _data.PolicyFeatures ?? Tabular(rows))], ArrayKind.LeaderAction);
            _cotangent = engine.Allocate(ArrayKind.LeaderAction);
            _sameMap = new int[engine.Instances];
        }

        public override void Configure(DeviceArray x, ReadOnlySpan<int> contexts, bool contextsChanged, Mdp mdp)
        {
            _engine.Affine(_logits, _sameMap, x, _engine.LeaderPolicy!);
            _engine.LeaderSoftmax(_engine.LeaderPolicy!);
            if (!contextsChanged) return;
            _engine.Affine(_reward, contexts, x, mdp.Reward);
            _engine.Affine(_leaderReward, contexts, x, mdp.LeaderReward);
            for (int i = 0; i < contexts.Length; i++) _engine.Upload(mdp.Initial, i, _data.Initial);
        }

        public override void Pullback(
            DeviceArray x, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, Cotangents cotangents, DeviceArray gradient)
        {
            if (cotangents.LeaderPolicy is null) return;
            _engine.LeaderSoftmaxPullback(_engine.LeaderPolicy!, cotangents.LeaderPolicy, _cotangent);
            _engine.AffinePullback(_logits, _sameMap, weights, _cotangent, gradient);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _cotangent.Dispose();
            base.Dispose(disposing);
        }
    }
}
