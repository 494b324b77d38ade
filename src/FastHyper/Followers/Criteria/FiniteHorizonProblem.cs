using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Problems;

namespace FastHyper.Followers.Criteria;

/// <summary>
/// A problem whose episodes end after T steps. Values and policies depend on the step t: its states are (t, s), at t·S + s, each leads to
/// states of the next step, and those of the last step end the episode. V_t = τ log Σ_a exp((r + γ P V_{t+1})/τ), V_T = 0. Everything that
/// knows a finite problem knows it; T times the states, and the transitions, are held.
/// </summary>
/// <example>
/// <code>
/// FiniteHorizonProblem problem = new(FourRooms.Create(), horizon: 40);
/// </code>
/// </example>
public sealed class FiniteHorizonProblem : CriterionProblem
{
    /// <summary>The problem of T steps.</summary>
    /// <param name="step">What each step is.</param>
    /// <param name="horizon">T, at least 1.</param>
    /// <param name="discount">Of follower and leader, in [0, 1]; null for those of the step.</param>
    /// <exception cref="InvalidInputException">
    /// It is a game, or its follower is linear in features; T or the discount is out of range, or the states or transitions of all steps
    /// are too many.
    /// </exception>
    public FiniteHorizonProblem(FiniteProblem step, int horizon, double? discount = null)
        : base(
            Require(step, "finite horizon"), Unroll(step, horizon), discount ?? step.Discount, discount ?? step.LeaderDiscount) =>
        Horizon = horizon;

    /// <summary>Steps T of an episode.</summary>
    public int Horizon { get; }

    /// <inheritdoc/>
    public override bool ControlsInitial => Steps.ControlsInitial;

    /// <inheritdoc/>
    protected internal override ProblemBinding Bind(Engine engine) => new Binding(this, engine);

    private static Transitions Unroll(FiniteProblem step, int horizon)
    {
        SparseMatrix p = step.Transitions.Matrix;
        int states = step.Transitions.States, rows = p.RowCount;
        if (horizon < 1) throw new InvalidInputException($"{step.Name}: a horizon of {horizon} steps; expected at least 1");
        if ((long)rows * horizon >= Array.MaxLength || p.EntryCount * (long)horizon >= Array.MaxLength)
            throw new InvalidInputException(
                $"{step.Name}: {horizon} steps of {rows} rows and {p.EntryCount} transitions; expected fewer than "
                    + $"{Array.MaxLength} in all");
        long[] offsets = new long[(rows * horizon) + 1];
        int[] columns = new int[p.EntryCount * (horizon - 1)];
        double[] values = new double[columns.Length];
        for (int t = 0; t < horizon; t++)
        {
            int begin = Math.Min(t, horizon - 1) * p.EntryCount;
            for (int row = 0; row < rows; row++)
                offsets[(t * rows) + row + 1] = begin + (t < horizon - 1 ? p.Offsets[row + 1] : 0);
            if (t == horizon - 1) break;
            for (int k = 0; k < p.EntryCount; k++) columns[begin + k] = ((t + 1) * states) + p.Columns[k];
            p.Values.CopyTo(values, begin);
        }

        return new Transitions(states * horizon, step.Transitions.Actions, new SparseMatrix(states * horizon, offsets, columns, values));
    }

    /// <summary>
    /// A step is configured on the host, by instances of its own, and copied to all steps; cotangents of all steps are added up, in order.
    /// </summary>
    private sealed class Binding : ProblemBinding
    {
        private readonly FiniteHorizonProblem _problem;
        private readonly Engine _engine;
        private readonly CpuBackend _backend = new(1);
        private readonly Mdp _mdp;
        private readonly ProblemBinding _step;
        private readonly DeviceArray _rewards;
        private readonly DeviceArray _leaderRewards;
        private readonly DeviceArray? _entries;
        private readonly DeviceArray? _initial;
        private readonly DeviceArray _gradient;
        private readonly double[] _x;
        private readonly double[] _one;
        private readonly double[] _all;

        public Binding(FiniteHorizonProblem problem, Engine engine)
        {
            FiniteProblem step = problem.Steps;
            (_problem, _engine) = (problem, engine);
            bool drawn = engine.Options.InstancesPerLeader < step.ContextProbabilities.Count;
            _mdp = new Mdp(step, _backend, new InstanceLayout(engine.Leaders, drawn ? ContextMode.Drawn : ContextMode.Averaged));
            _step = step.Bind(_mdp.Engine);
            _rewards = _mdp.Engine.Allocate(ArrayKind.StateAction);
            _leaderRewards = _mdp.Engine.Allocate(ArrayKind.StateAction);
            if (step.ControlsTransitions) _entries = _mdp.Engine.Allocate(ArrayKind.Entry);
            if (step.ControlsInitial) _initial = _mdp.Engine.Allocate(ArrayKind.State);
            _gradient = _mdp.Engine.Allocate(ArrayKind.Parameter, step.ParameterCount);
            _x = new double[step.ParameterCount];
            int longest = Math.Max(step.Transitions.EntryCount, step.Transitions.States * step.Transitions.Actions);
            _one = new double[longest];
            _all = new double[longest * problem.Horizon];
        }

        public override void Configure(DeviceArray x, ReadOnlySpan<int> contexts, bool contextsChanged, Mdp mdp)
        {
            Read(x);
            int each = _engine.Options.InstancesPerLeader;
            double[] temperatures = new double[_engine.Leaders];
            for (int leader = 0; leader < temperatures.Length; leader++) temperatures[leader] = mdp.Temperatures[leader * each];
            _mdp.SetTemperatures(temperatures);
            _mdp.IsolatesFailures = mdp.IsolatesFailures;
            _mdp.ForgetFailures();
            _step.Configure(_mdp.X, contexts, contextsChanged, _mdp);
            FiniteProblem step = _problem.Steps;
            int pairs = step.Transitions.States * step.Transitions.Actions;
            for (int i = 0; i < _engine.Instances; i++)
            {
                if (_mdp.FailureOf(i / each) is string failure) mdp.Fail(i, Outcome.BadInput, failure);
                Copy(_mdp.Reward, mdp.Reward, i, pairs, _problem.Horizon);
                Copy(_mdp.LeaderReward, mdp.LeaderReward, i, pairs, _problem.Horizon);
                if (_engine.Probabilities is DeviceArray own)
                    Copy(_mdp.Engine.Probabilities!, own, i, step.Transitions.EntryCount, _problem.Horizon - 1);
                if (!contextsChanged && !step.ControlsInitial) continue;
                Span<double> initial = _all.AsSpan(0, _engine.States);
                initial.Clear();
                _mdp.Engine.Download(_mdp.Initial, i, initial[..step.Transitions.States]);
                _engine.Upload(mdp.Initial, i, initial);
            }
        }

        public override void Pullback(
            DeviceArray x, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, Cotangents cotangents, DeviceArray gradient)
        {
            Read(x);
            FiniteProblem step = _problem.Steps;
            int states = step.Transitions.States, pairs = states * step.Transitions.Actions;
            _step.Pullback(
                _mdp.X, contexts, weights,
                new Cotangents(
                    Sum(cotangents.Reward, _rewards, pairs, _problem.Horizon),
                    Sum(cotangents.LeaderReward, _leaderRewards, pairs, _problem.Horizon),
                    Sum(cotangents.Transitions, _entries, step.Transitions.EntryCount, _problem.Horizon - 1),
                    // Episodes start at step 0.
                    Sum(cotangents.Initial, _initial, states, 1)),
                Cleared());
            double[] before = new double[_x.Length];
            for (int leader = 0; leader < _engine.Leaders; leader++)
            {
                _engine.Download(gradient, leader, before);
                _mdp.Engine.Download(_gradient, leader, _x);
                for (int p = 0; p < before.Length; p++) before[p] += _x[p];
                _engine.Upload(gradient, leader, before);
            }
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (!disposing) return;
            foreach (DeviceArray? array in (ReadOnlySpan<DeviceArray?>)[_rewards, _leaderRewards, _entries, _initial, _gradient])
                array?.Dispose();
            _step.Dispose();
            _mdp.Dispose();
            _backend.Dispose();
        }

        private DeviceArray Cleared()
        {
            _mdp.Engine.Fill(_gradient, 0);
            return _gradient;
        }

        private void Read(DeviceArray x)
        {
            for (int leader = 0; leader < _engine.Leaders; leader++)
            {
                _engine.Download(x, leader, _x);
                _mdp.Engine.Upload(_mdp.X, leader, _x);
            }
        }

        /// <summary>An array of a step to that of all steps.</summary>
        private void Copy(DeviceArray from, DeviceArray to, int instance, int length, int times)
        {
            _mdp.Engine.Download(from, instance, _one.AsSpan(0, length));
            Span<double> all = _all.AsSpan(0, length * times);
            for (int t = 0; t < times; t++) _one.AsSpan(0, length).CopyTo(all[(t * length)..]);
            _engine.Upload(to, instance, all);
        }

        /// <summary>The sum over the first steps of what stands for all of them.</summary>
        private DeviceArray? Sum(DeviceArray? from, DeviceArray? to, int length, int times)
        {
            if (from is null || to is null) return null;
            for (int i = 0; i < _engine.Instances; i++)
            {
                Span<double> all = _all.AsSpan(0, from.Length), one = _one.AsSpan(0, length);
                _engine.Download(from, i, all);
                one.Clear();
                for (int k = 0; k < length * times; k++) one[k % length] += all[k];
                _mdp.Engine.Upload(to, i, one);
            }

            return to;
        }
    }
}
