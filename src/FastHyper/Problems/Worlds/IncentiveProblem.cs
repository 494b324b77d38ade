using FastHyper.Backends;

namespace FastHyper.Problems.Worlds;

/// <summary>One context of an <see cref="IncentiveProblem"/>.</summary>
/// <param name="Probability">Its probability.</param>
/// <param name="Reward">Follower's reward, affine in the incentives.</param>
/// <param name="LeaderReward">Leader's reward, affine in the incentives.</param>
/// <param name="Initial">Initial distribution μ, (S).</param>
/// <param name="Transitions">Probabilities (entries) of this context; null for the problem's own.</param>
public sealed record IncentiveContext(
    double Probability, AffineMap Reward, AffineMap LeaderReward, double[] Initial, double[]? Transitions = null);

/// <summary>
/// A problem in which x sets incentives y = link(x), and both rewards are affine in y: r = r₀ + Φ y, l = l₀ + Ψ y.
/// It is configured and pulled back on the device.
/// </summary>
public class IncentiveProblem : FiniteProblem
{
    private readonly IncentiveContext[] _contexts;
    private readonly Action<ulong, Span<double>> _initialParameters;

    /// <summary>Creates the problem.</summary>
    /// <param name="name">Name, as in configuration and reports.</param>
    /// <param name="transitions">Structure of P(s'|s,a), and the probabilities of contexts without their own.</param>
    /// <param name="parameterCount">Length of x.</param>
    /// <param name="link">From x to the incentives.</param>
    /// <param name="contexts">At least one; probabilities sum to one.</param>
    /// <param name="initialParameters">Writes the x that a leader of a seed starts from.</param>
    /// <param name="discount">γ.</param>
    /// <param name="leaderDiscount">γ_L.</param>
    /// <param name="temperature">τ.</param>
    public IncentiveProblem(
        string name, Transitions transitions, int parameterCount, LinkMap link, IReadOnlyList<IncentiveContext> contexts,
        Action<ulong, Span<double>> initialParameters, double discount, double leaderDiscount, double temperature)
        : base(name, transitions, parameterCount, discount, leaderDiscount, temperature)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        ArgumentNullException.ThrowIfNull(link);
        if (link.Kind != LinkKind.Identity && !(link.High != link.Low && double.IsFinite(link.High - link.Low)))
            throw new InvalidInputException($"{name}: link from {link.Low} to {link.High}; expected two different finite numbers");
        _contexts = [.. contexts];
        if (!(Math.Abs(_contexts.Sum(c => c.Probability) - 1) <= 1e-9) || Array.Exists(_contexts, c => !(c.Probability >= 0)))
            throw new InvalidInputException(
                $"{name}: context probabilities [{OneLine.Value(string.Join(", ", _contexts.Select(c => c.Probability)))}]; expected "
                    + "numbers of at least 0 that sum to 1");
        for (int i = 0; i < _contexts.Length; i++)
        {
            IncentiveContext context = _contexts[i];
            string source = _contexts.Length == 1 ? name : $"{name}: context {i}";
            RequireReward(source, "reward", context.Reward, link.OutputLength(parameterCount));
            RequireReward(source, "leader_reward", context.LeaderReward, link.OutputLength(parameterCount));
            _contexts[i] =
                context with
                {
                    Initial = Mend(source, context.Initial),
                    Transitions = context.Transitions is null ? null : Own(source, context.Transitions),
                };
        }

        _initialParameters = initialParameters;
        LinkMap = link;
        ContextProbabilities = Array.ConvertAll(_contexts, c => c.Probability);
    }

    /// <summary>From x to the incentives.</summary>
    public LinkMap LinkMap { get; }

    /// <summary>π₀ of rewards r + τ log π₀, which hold the term at <see cref="Problem.Temperature"/>; null for none.</summary>
    internal double[]? Prior { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<double> ContextProbabilities { get; }

    /// <inheritdoc/>
    public override bool HasOwnTransitions => Array.Exists(_contexts, c => c.Transitions is not null);

    /// <summary>The incentives y = link(x), without magnitudes.</summary>
    /// <param name="engine">Where to compute.</param>
    /// <param name="x">Parameters of each leader.</param>
    /// <returns>y of the first leader, (P).</returns>
    public double[] Incentives(Engine engine, DeviceArray x)
    {
        ArgumentNullException.ThrowIfNull(engine);
        using DeviceArray y = engine.Allocate(ArrayKind.Parameter, LinkMap.OutputLength(ParameterCount));
        engine.Link(LinkMap, x, y);
        double[] values = new double[y.Length];
        engine.Download(y, 0, values);
        return values[..ParameterCount];
    }

    /// <inheritdoc/>
    public override void InitialParameters(ulong seed, Span<double> x) => _initialParameters(seed, x);

    /// <inheritdoc/>
    protected internal override ProblemBinding Bind(Engine engine) => new Binding(this, engine);

    /// <summary>
    /// Throws unless a reward has a finite number for each state, or state and action, and depends on no more incentives than there are.
    /// </summary>
    private void RequireReward(string source, string name, AffineMap reward, int incentives)
    {
        int states = Transitions.States, rows = states * Transitions.Actions;
        if (reward.Function is null)
        {
            if (reward.Constant.Length != states && reward.Constant.Length != rows)
                throw new InvalidInputException(
                    $"{source}: {name}: {reward.Constant.Length} elements; expected {rows} (states x actions) or {states} (states)");
            ProblemCheck.RequireVector(
                source, name, reward.Constant, reward.Constant.Length, reward.Constant.Length == rows ? Transitions.Actions : 0);
        }

        if (reward.Matrix is not SparseMatrix matrix) return;
        if (matrix.RowCount != states && matrix.RowCount != rows)
            throw new InvalidInputException(
                $"{source}: {name}: {matrix.RowCount} rows of features; expected {rows} (states x actions) or {states} (states)");
        if (matrix.ColumnCount > incentives)
            throw new InvalidInputException($"{source}: {name}: depends on {matrix.ColumnCount} incentives; expected at most {incentives}");
    }

    /// <summary>Probabilities of a context's own, checked and mended as a problem's are.</summary>
    private double[] Own(string source, double[] probabilities)
    {
        Transitions shared = Transitions;
        if (probabilities.Length != shared.EntryCount)
            throw new InvalidInputException(
                $"{source}: {probabilities.Length} probabilities; expected {shared.EntryCount}, one a stored transition");
        Transitions own;
        try
        {
            own = new Transitions(
                shared.States, shared.Actions,
                new SparseMatrix(shared.States, shared.Matrix.Offsets, shared.Matrix.Columns, probabilities));
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException($"{source}: {e.Message}", e);
        }

        NoteTransitions(source, own, Discount, LeaderDiscount);
        return own.Matrix.Values;
    }

    private sealed class Binding(IncentiveProblem problem, Engine engine) : ProblemBinding
    {
        private readonly DeviceAffineMap _reward = engine.Prepare(Array.ConvertAll(problem._contexts, c => c.Reward));
        private readonly DeviceAffineMap _leaderReward = engine.Prepare(Array.ConvertAll(problem._contexts, c => c.LeaderReward));
        private readonly DeviceArray _y = engine.Allocate(ArrayKind.Parameter, problem.LinkMap.OutputLength(problem.ParameterCount));
        private double[]? _rows;
        private readonly DeviceArray _dy = engine.Allocate(ArrayKind.Parameter, problem.LinkMap.OutputLength(problem.ParameterCount));

        public override void Configure(DeviceArray x, ReadOnlySpan<int> contexts, bool contextsChanged, Mdp mdp)
        {
            engine.Link(problem.LinkMap, x, _y);
            engine.Affine(_reward, contexts, _y, mdp.Reward);
            engine.Affine(_leaderReward, contexts, _y, mdp.LeaderReward);
            if (problem.Prior is not null) Reheat(mdp, problem.Prior);
            if (!contextsChanged) return;
            for (int i = 0; i < contexts.Length; i++)
            {
                IncentiveContext context = problem._contexts[contexts[i]];
                engine.Upload(mdp.Initial, i, context.Initial);
                if (engine.Probabilities is not null)
                    engine.Upload(engine.Probabilities, i, context.Transitions ?? problem.Transitions.Matrix.Values);
            }
        }

        public override void Pullback(
            DeviceArray x, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, Cotangents cotangents, DeviceArray gradient)
        {
            engine.Fill(_dy, 0);
            if (cotangents.Reward is not null) engine.AffinePullback(_reward, contexts, weights, cotangents.Reward, _dy);
            if (cotangents.LeaderReward is not null) engine.AffinePullback(_leaderReward, contexts, weights, cotangents.LeaderReward, _dy);
            engine.LinkPullback(problem.LinkMap, x, _dy, gradient);
        }

        /// <summary>r += (τ' − τ) log π₀ of the instances whose temperature is another.</summary>
        private void Reheat(Mdp mdp, double[] prior)
        {
            for (int i = 0; i < engine.Instances; i++)
            {
                double more = mdp.Temperatures[i] - problem.Temperature;
                if (more == 0) continue;
                _rows ??= new double[prior.Length];
                engine.Download(mdp.Reward, i, _rows);
                for (int row = 0; row < prior.Length; row++) _rows[row] += more * Math.Log(prior[row]);
                engine.Upload(mdp.Reward, i, _rows);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _y.Dispose();
                _dy.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
