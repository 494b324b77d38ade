using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Hypergradients;

/// <summary>
/// The log-likelihood of observed choices, f = Σ N(s,a) log π(a|s), to be maximised: maximum-entropy inverse reinforcement learning,
/// dynamic discrete choice, recursive logit. ∂f/∂π = N/π, so that the cotangent of Q is (N − π ΣN)/τ. O(S·A).
/// </summary>
/// <remarks>Where several contexts are averaged each of them is held to the same counts.</remarks>
public sealed record LogLikelihood : IObjective
{
    /// <summary>The log-likelihood of counts.</summary>
    /// <param name="counts">N, (S·A) at s·A+a: how often each action was chosen in each state; zero or more.</param>
    /// <exception cref="InvalidInputException">A count is negative or not finite, or all are zero.</exception>
    public LogLikelihood(double[] counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        int at = Array.FindIndex(counts, count => !(count >= 0 && double.IsFinite(count)));
        if (at >= 0) throw new InvalidInputException($"counts[{at}] = {counts[at]}; expected a finite number of at least 0");
        if (!(counts.Sum() > 0)) throw new InvalidInputException("counts: no choices; expected some");
        Counts = counts;
    }

    /// <inheritdoc/>
    public string Name => "log-likelihood";

    /// <summary>N, (S·A).</summary>
    public IReadOnlyList<double> Counts { get; }

    /// <summary>Counts of trajectories.</summary>
    /// <param name="states">S.</param>
    /// <param name="actions">A.</param>
    /// <param name="stateOfStep">s of each observed step.</param>
    /// <param name="actionOfStep">a of each observed step.</param>
    /// <exception cref="InvalidInputException">The lengths differ, or a state or action is out of range.</exception>
    public static LogLikelihood Of(int states, int actions, ReadOnlySpan<int> stateOfStep, ReadOnlySpan<int> actionOfStep)
    {
        if (stateOfStep.Length != actionOfStep.Length)
            throw new InvalidInputException($"trajectories: {stateOfStep.Length} states and {actionOfStep.Length} actions; expected as many");
        double[] counts = new double[states * actions];
        for (int k = 0; k < stateOfStep.Length; k++)
        {
            (int s, int a) = (stateOfStep[k], actionOfStep[k]);
            if ((uint)s >= (uint)states) throw new InvalidInputException($"trajectories: state {s} in step {k}; expected 0 to {states - 1}");
            if ((uint)a >= (uint)actions) throw new InvalidInputException($"trajectories: action {a} in step {k}; expected 0 to {actions - 1}");
            counts[(s * actions) + a]++;
        }

        return new LogLikelihood(counts);
    }

    /// <inheritdoc/>
    public Objective Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Engine engine = context.Mdp.Engine;
        if (Counts.Count != engine.States * engine.Actions)
            throw new InvalidInputException($"counts: {Counts.Count} numbers; expected {engine.States * engine.Actions}, one for each state and action of {context.Mdp.Problem.Name}");
        return new Likelihood(context, this);
    }

    private sealed class Likelihood : Objective
    {
        private readonly EstimationContext _context;
        private readonly IReadOnlyList<double> _counts;
        private readonly double[] _policy;
        private readonly double[] _instances;

        public Likelihood(EstimationContext context, LogLikelihood options)
        {
            Engine engine = context.Mdp.Engine;
            _context = context;
            _counts = options.Counts;
            _policy = new double[engine.States * engine.Actions];
            _instances = new double[engine.Instances];
            PolicyCotangent = engine.Allocate(ArrayKind.StateAction);
        }

        public override DeviceArray PolicyCotangent { get; }

        public override Cotangents Direct { get; } = new(null, null, null, null);

        public override void Evaluate(Span<double> values)
        {
            Mdp mdp = _context.Mdp;
            for (int i = 0; i < _instances.Length; i++)
            {
                mdp.Engine.Download(_context.Response.Policy, i, _policy);
                double sum = 0;
                for (int row = 0; row < _policy.Length; row++)
                {
                    double count = _counts[row];
                    if (count > 0) sum += count * Math.Log(_policy[row]);
                    _policy[row] = count > 0 ? count / _policy[row] : 0;
                }

                if (!double.IsFinite(sum)) mdp.Fail(i, new InvalidOperationException($"{mdp.Problem.Name}: the log-likelihood of instance {i} is {sum}: a choice was observed whose probability vanishes"));
                _instances[i] = sum;
                mdp.Engine.Upload(PolicyCotangent, i, _policy);
            }

            mdp.AverageContexts(_instances, values);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) PolicyCotangent.Dispose();
        }
    }
}
