using FastHyper.Backends;
using FastHyper.Followers.Solves;
using FastHyper.Problems;

namespace FastHyper.Followers.BlackBoxes;

/// <summary>How a <see cref="QLearningFollower"/> learns.</summary>
[Options]
public sealed partial record QLearningOptions
{
    /// <summary>Environment steps of a round.</summary>
    [Key("learning.steps"), Range(Min = 1)]
    public int Steps { get; init => field = InRange.Of<QLearningOptions>(value); } = 1000;

    /// <summary>Rounds in a leader iteration: the policy that acts is renewed after each.</summary>
    [Key("learning.rounds"), Range(Min = 1)]
    public int Rounds { get; init => field = InRange.Of<QLearningOptions>(value); } = 1;

    /// <summary>Step size α in (0, 1].</summary>
    [Key("learning.step_size"), Range(Min = 0, Max = 1, ExclusiveMin = true)]
    public double StepSize { get; init => field = InRange.Of<QLearningOptions>(value); } = 0.5;

    /// <summary>Steps after which an episode is cut.</summary>
    [Key("learning.episode_limit"), Range(Min = 1)]
    public int EpisodeLimit { get; init => field = InRange.Of<QLearningOptions>(value); } = 200;

    /// <summary>Whether the table is carried over from one leader iteration to the next, rather than begun anew.</summary>
    public bool CarryOver { get; init; } = true;

    /// <summary>How what is linear in an estimate is solved.</summary>
    [Inline]
    public SolveOptions Solve { get; init; } = new();
}

/// <summary>
/// A follower that learns by tabular soft Q-learning from samples of its own: it acts by π ∝ exp(Q/τ), and then, step by step,
/// <code>Q(s,a) ← Q(s,a) + α (r + γ τ log Σ_b exp(Q(s',b)/τ) − Q(s,a))</code>
/// with the mean of such terms over what the leader does in s', where it acts. The samples are the engine's rollouts under draws that are
/// not the leader's; the table learns on the host. O(samples · A).
/// </summary>
public sealed class QLearningFollower : TabularFollower
{
    // Any constant parts the follower's draws from the leader's.
    private const ulong FollowerKey = 0x5D1F3A9B7C2E4681;
    private readonly QLearningOptions _learning;
    private readonly DeviceArray _q;
    private readonly RolloutBuffer _samples;
    private readonly ulong[] _keys;
    private readonly double[] _table;
    private readonly double[] _scratch;
    private readonly double[] _leaderPolicy;
    private readonly SweepStatus _once;

    /// <summary>Creates a follower that knows nothing.</summary>
    /// <param name="mdp">What it responds to.</param>
    /// <param name="learning">How it learns.</param>
    public QLearningFollower(Mdp mdp, QLearningOptions learning)
        : base(mdp, learning?.Solve)
    {
        ArgumentNullException.ThrowIfNull(learning);
        _learning = learning;
        _q = mdp.Engine.Allocate(ArrayKind.StateAction);
        _samples = mdp.Engine.AllocateRollouts(new RolloutShape(1, learning.Steps, learning.EpisodeLimit));
        _keys = new ulong[mdp.Engine.Leaders];
        _table = new double[mdp.Engine.States * mdp.Engine.Actions];
        _scratch = new double[mdp.Engine.Actions];
        _leaderPolicy = new double[mdp.Engine.States * mdp.Engine.LeaderActions];
        _once = new SweepStatus(mdp.Engine.Instances);
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, DeviceArray Array)> State => [("follower_q", _q)];

    /// <inheritdoc/>
    public override void Respond(ReadOnlySpan<ulong> seeds, uint iteration)
    {
        Engine engine = Mdp.Engine;
        if (!_learning.CarryOver) engine.Fill(_q, 0);
        for (int leader = 0; leader < _keys.Length; leader++) _keys[leader] = seeds[leader] ^ FollowerKey;
        for (int round = 0; round < _learning.Rounds; round++)
        {
            Mdp.Monitor.Check("the follower's rounds", round, _learning.Rounds);
            // Without a future Q is the reward, and the policy its Boltzmann policy.
            engine.Policy(V, _q, 0, Policy);
            engine.Rollout(
                _samples, Policy, Mdp.Initial, Mdp.Reward, Mdp.LeaderReward, _keys,
                unchecked((iteration * (uint)_learning.Rounds) + (uint)round));
            Learn(_samples.Download());
        }

        engine.Policy(V, _q, 0, Policy);
        _once.Begin();
        engine.SoftSweeps(V, _q, 0, new SweepLimits(1, 0, 0), _once);
        Status.Begin();
        Status.Sweeps.AsSpan().Fill(_learning.Rounds);
    }

    /// <inheritdoc/>
    public override void LeaderActionValues(DeviceArray target) => Mdp.Engine.LeaderActionValues(V, _q, 0, target);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _q.Dispose();
        _samples.Dispose();
    }

    private void Learn(RolloutRecord samples)
    {
        int actions = Mdp.Engine.Actions, instances = Mdp.Engine.Instances;
        SparseMatrix matrix = Mdp.Problem.Transitions.Matrix;
        for (int i = 0; i < instances; i++)
        {
            Mdp.Engine.Download(_q, i, _table);
            if (Mdp.Engine.LeaderPolicy is DeviceArray f) Mdp.Engine.Download(f, i, _leaderPolicy);
            Mdp.Monitor.Check("the follower's tables", i, instances);
            for (int k = i; k < samples.State.Length; k += instances)
            {
                int row = (samples.State[k] * actions) + samples.Action[k];
                double future = samples.Slot[k] < 0
                    ? 0
                    : Value(matrix.Columns[matrix.Offsets[row] + samples.Slot[k]], Mdp.Temperatures[i]);
                _table[row] += _learning.StepSize * (samples.Reward[k] + (Mdp.Problem.Discount * future) - _table[row]);
            }

            Mdp.Engine.Upload(_q, i, _table);
        }
    }

    /// <summary>τ log Σ_b exp(Q(s,b)/τ), or where the leader acts Σ_a f(a|s) τ log Σ_b exp(Q(s,a,b)/τ).</summary>
    private double Value(int state, double temperature)
    {
        ReadOnlySpan<double> q = _table.AsSpan(state * Mdp.Engine.Actions, Mdp.Engine.Actions);
        if (Mdp.Engine.LeaderPolicy is null) return SoftMaximum.Write(q, temperature, _scratch);
        int choices = Mdp.Engine.LeaderActions, answers = Mdp.Engine.FollowerActions;
        double value = 0;
        for (int a = 0; a < choices; a++)
            value += _leaderPolicy[(state * choices) + a] * SoftMaximum.Write(
                q.Slice(a * answers, answers), temperature, _scratch.AsSpan(0, answers));
        return value;
    }
}
