using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// A problem of your own. Override <see cref="Configure"/>, what x does, and <see cref="Pullback"/>, the same backwards;
/// nothing else needs to be differentiated. It runs on the host; its arrays are copied to and from the device once
/// per leader iteration.
/// </summary>
public abstract class CustomProblem : FiniteProblem
{
    private readonly double[] _initial;
    private readonly double[] _initialParameters;

    /// <summary>Creates the base of the problem.</summary>
    /// <param name="name">Name, as in reports.</param>
    /// <param name="transitions">P(s'|s,a); where x controls them, their structure and a starting point.</param>
    /// <param name="initial">Initial distribution μ, (S); where x controls it, a starting point.</param>
    /// <param name="initialParameters">The x that every leader starts from, (P).</param>
    /// <param name="discount">γ.</param>
    /// <param name="leaderDiscount">γ_L.</param>
    /// <param name="temperature">τ.</param>
    protected CustomProblem(
        string name, Transitions transitions, double[] initial, double[] initialParameters, double discount, double leaderDiscount,
        double temperature)
        : base(name, transitions, initialParameters?.Length ?? 0, discount, leaderDiscount, temperature)
    {
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentNullException.ThrowIfNull(initialParameters);
        ProblemCheck.RequireVector(name, "x", initialParameters, initialParameters.Length);
        _initial = Mend(name, initial);
        _initialParameters = initialParameters;
    }

    /// <inheritdoc/>
    public override bool HasOwnTransitions => ControlsTransitions;

    /// <summary>Writes what x configures. Rewards must be written; probabilities and μ hold their starting points.</summary>
    /// <param name="x">Leader parameters, (P).</param>
    /// <param name="context">Context.</param>
    /// <param name="mdp">Written.</param>
    public abstract void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp);

    /// <summary>Accumulates the gradient in x: gradient += (∂configuration/∂x)ᵀ cotangents.</summary>
    /// <param name="x">Leader parameters, (P).</param>
    /// <param name="context">Context.</param>
    /// <param name="cotangents">Derivatives of the objective in what <see cref="Configure"/> wrote.</param>
    /// <param name="gradient">(P), accumulated.</param>
    public abstract void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient);

    /// <inheritdoc/>
    public override void InitialParameters(ulong seed, Span<double> x) => _initialParameters.CopyTo(x);

    /// <inheritdoc/>
    protected internal override ProblemBinding Bind(Engine engine) => new Binding(this, engine);

    private sealed class Binding(CustomProblem problem, Engine engine) : ProblemBinding
    {
        private readonly double[] _x = new double[problem.ParameterCount];
        private readonly double[] _gradient = new double[problem.ParameterCount];
        private readonly double[] _weighted = new double[problem.ParameterCount];
        private readonly double[] _reward = new double[engine.States * engine.Actions];
        private readonly double[] _leaderReward = new double[engine.States * engine.Actions];
        private readonly double[] _entries = new double[engine.Transitions.Matrix.EntryCount];
        private readonly double[] _initial = new double[engine.States];
        private Mdp? _mdp;

        public override void Configure(DeviceArray x, ReadOnlySpan<int> contexts, bool contextsChanged, Mdp mdp)
        {
            _mdp = mdp;
            for (int i = 0; i < engine.Instances; i++)
            {
                engine.Download(x, i / engine.Options.InstancesPerLeader, _x);
                ResetDistributions();
                // What is left unwritten is found by the check below.
                Array.Fill(_reward, double.NaN);
                Array.Fill(_leaderReward, double.NaN);
                problem.Configure(
                    _x, contexts[i],
                    new MdpSpans(_reward, _leaderReward, _entries, _initial) { Temperature = mdp.Temperatures[i] });
                if (!IsFinite(i, "follower reward", _reward) || !IsFinite(i, "leader reward", _leaderReward)
                    || !IsFinite(i, "probability", _entries) || !IsFinite(i, "initial distribution", _initial))
                {
                    // Rollouts need distributions, whatever comes of the instance.
                    ResetDistributions();
                    _reward.AsSpan().Clear();
                    _leaderReward.AsSpan().Clear();
                }

                engine.Upload(mdp.Reward, i, _reward);
                engine.Upload(mdp.LeaderReward, i, _leaderReward);
                if (contextsChanged || problem.ControlsInitial)
                {
                    engine.Upload(mdp.Initial, i, Distributions.Mend(problem.Name, _initial, []));
                }

                if (engine.Probabilities is null) continue;
                // The constructor says which row is not a distribution, and mends those that nearly are.
                Transitions own = new(
                    engine.States, engine.Actions,
                    new SparseMatrix(engine.States, problem.Transitions.Matrix.Offsets, problem.Transitions.Matrix.Columns, _entries));
                engine.Upload(engine.Probabilities, i, own.Matrix.Values);
            }
        }

        public override void Pullback(
            DeviceArray x, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, Cotangents cotangents, DeviceArray gradient)
        {
            for (int i = 0; i < engine.Instances; i++)
            {
                int leader = i / engine.Options.InstancesPerLeader;
                engine.Download(x, leader, _x);
                Fetch(cotangents.Reward, i, _reward);
                Fetch(cotangents.LeaderReward, i, _leaderReward);
                Fetch(cotangents.Transitions, i, _entries);
                Fetch(cotangents.Initial, i, _initial);
                _weighted.AsSpan().Clear();
                problem.Pullback(
                    _x, contexts[i],
                    new CotangentSpans(_reward, _leaderReward, _entries, _initial) { Temperature = _mdp!.Temperatures[i] }, _weighted);
                if (!IsFinite(i, "gradient", _weighted)) continue;
                engine.Download(gradient, leader, _gradient);
                for (int p = 0; p < _gradient.Length; p++) _gradient[p] += weights[i] * _weighted[p];
                engine.Upload(gradient, leader, _gradient);
            }
        }

        private void ResetDistributions()
        {
            problem.Transitions.Matrix.Values.CopyTo(_entries, 0);
            problem._initial.CopyTo(_initial, 0);
        }

        private void Fetch(DeviceArray? source, int instance, double[] target)
        {
            if (source is null) target.AsSpan().Clear();
            else engine.Download(source, instance, target);
        }

        private bool IsFinite(int instance, string what, double[] values)
        {
            int at = Array.FindIndex(values, v => !double.IsFinite(v));
            if (at >= 0)
                _mdp!.Fail(instance, Outcome.BadInput, $"{problem.Name}: {what}[{at}] = {values[at]}; expected a finite number");
            return at < 0;
        }
    }
}

/// <summary>What a <see cref="CustomProblem"/> configures, on the host.</summary>
/// <param name="reward">r, (S·A), row s·A+a.</param>
/// <param name="leaderReward">l, (S·A).</param>
/// <param name="probabilities">P, one number a stored transition.</param>
/// <param name="initial">μ, (S).</param>
public readonly ref struct MdpSpans(Span<double> reward, Span<double> leaderReward, Span<double> probabilities, Span<double> initial)
{
    /// <summary>Follower's reward r(s,a), row s·A+a; must be written.</summary>
    public Span<double> Reward { get; } = reward;

    /// <summary>Leader's reward l(s,a), row s·A+a; must be written.</summary>
    public Span<double> LeaderReward { get; } = leaderReward;

    /// <summary>P(s'|s,a) of each stored transition; holds the starting point.</summary>
    public Span<double> Probabilities { get; } = probabilities;

    /// <summary>μ(s); holds the starting point.</summary>
    public Span<double> Initial { get; } = initial;

    /// <summary>τ as it is now: schedules change it.</summary>
    public double Temperature { get; init; }
}

/// <summary>Derivatives of the leader's objective in what a <see cref="CustomProblem"/> configured, on the host.</summary>
/// <param name="reward">∂F/∂r, (S·A).</param>
/// <param name="leaderReward">∂F/∂l, (S·A).</param>
/// <param name="probabilities">∂F/∂P, one number a stored transition.</param>
/// <param name="initial">∂F/∂μ, (S).</param>
public readonly ref struct CotangentSpans(
    ReadOnlySpan<double> reward, ReadOnlySpan<double> leaderReward, ReadOnlySpan<double> probabilities, ReadOnlySpan<double> initial)
{
    /// <summary>∂F/∂r(s,a), row s·A+a.</summary>
    public ReadOnlySpan<double> Reward { get; } = reward;

    /// <summary>∂F/∂l(s,a), row s·A+a.</summary>
    public ReadOnlySpan<double> LeaderReward { get; } = leaderReward;

    /// <summary>∂F/∂P(s'|s,a) of each stored transition; zero unless the problem controls transitions.</summary>
    public ReadOnlySpan<double> Probabilities { get; } = probabilities;

    /// <summary>∂F/∂μ(s); zero unless the problem controls the initial distribution.</summary>
    public ReadOnlySpan<double> Initial { get; } = initial;

    /// <summary>τ, as it was when the problem was configured.</summary>
    public double Temperature { get; init; }
}
