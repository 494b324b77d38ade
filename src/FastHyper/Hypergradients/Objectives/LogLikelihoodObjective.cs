using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Problems;

namespace FastHyper.Hypergradients.Objectives;

/// <summary>Where observed choices are.</summary>
[Options]
public sealed partial record LogLikelihoodOptions
{
    /// <summary>A .npz file with counts (S, A), or with states and actions, one of each observed step.</summary>
    [FilePath]
    public string Choices { get; init; } = "";
}

/// <summary>
/// The log-likelihood of observed choices, f = Σ N(s,a) log π(a|s), to be maximised: maximum-entropy inverse reinforcement learning,
/// dynamic discrete choice, recursive logit. ∂f/∂π = N/π, so that the cotangent of Q is (N − π ΣN)/τ. O(S·A).
/// </summary>
/// <remarks>Where several contexts are averaged each of them is held to the same counts.</remarks>
public sealed class LogLikelihoodObjective : IObjective
{
    private readonly double[]? _counts;
    private readonly int[] _states = [];
    private readonly int[] _actions = [];

    /// <summary>The log-likelihood of counts.</summary>
    /// <param name="counts">N, (S·A) at s·A+a: how often each action was chosen in each state; zero or more.</param>
    /// <exception cref="InvalidInputException">A count is negative or not finite, or all are zero.</exception>
    public LogLikelihoodObjective(double[] counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        int at = Array.FindIndex(counts, count => !(count >= 0 && double.IsFinite(count)));
        if (at >= 0) throw new InvalidInputException($"counts[{at}] = {counts[at]}; expected a finite number of at least 0");
        if (!(counts.Sum() > 0)) throw new InvalidInputException("counts: no choices; expected some");
        _counts = counts;
    }

    /// <summary>The log-likelihood of trajectories.</summary>
    /// <param name="states">s of each observed step.</param>
    /// <param name="actions">a of each observed step.</param>
    /// <exception cref="InvalidInputException">The lengths differ, or there are no steps.</exception>
    public LogLikelihoodObjective(ReadOnlySpan<int> states, ReadOnlySpan<int> actions)
    {
        if (states.Length != actions.Length)
            throw new InvalidInputException($"choices: {states.Length} states and {actions.Length} actions; expected as many");
        if (states.IsEmpty) throw new InvalidInputException("choices: no steps; expected some");
        (_states, _actions) = (states.ToArray(), actions.ToArray());
    }

    /// <inheritdoc/>
    public string Name => "log-likelihood";

    /// <summary>Reads choices from a file: counts (S, A), or states and actions, one of each observed step.</summary>
    /// <param name="options">Where they are.</param>
    /// <exception cref="InvalidInputException">There is no such file, or it holds no choices.</exception>
    public static LogLikelihoodObjective Load(LogLikelihoodOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Choices.Length == 0)
            throw new InvalidInputException("objective.choices: none; expected a .npz file with counts, or states and actions");
        using NpzReader reader = NpzReader.Open(options.Choices);
        try
        {
            if (reader.Contains("counts")) return new LogLikelihoodObjective(reader.ReadDoubles("counts").Data);
            foreach (string name in (string[])["states", "actions"])
                if (!reader.Contains(name))
                    throw new InvalidInputException($"{name}: missing; expected counts (S, A), or states and actions of each step");
            return new LogLikelihoodObjective(reader.ReadInt32("states").Data, reader.ReadInt32("actions").Data);
        }
        catch (InvalidInputException e)
        {
            string file = OneLine.Path(options.Choices);
            throw e.Message.StartsWith(file, StringComparison.Ordinal) ? e : new InvalidInputException($"{file}: {e.Message}", e);
        }
    }

    /// <summary>N of a problem's states and actions, (S·A).</summary>
    /// <param name="problem">Its name, for messages.</param>
    /// <param name="states">S.</param>
    /// <param name="actions">A.</param>
    /// <exception cref="InvalidInputException">There are counts of others, or a step is none of theirs.</exception>
    public double[] Counts(string problem, int states, int actions)
    {
        if (_counts is not null)
        {
            return _counts.Length == states * actions ? _counts : throw new InvalidInputException(
                $"counts: {_counts.Length} numbers; expected {states * actions}, one for each state and action of {problem}");
        }

        double[] counts = new double[states * actions];
        for (int k = 0; k < _states.Length; k++)
        {
            (int s, int a) = (_states[k], _actions[k]);
            if ((uint)s >= (uint)states) throw new InvalidInputException($"choices: state {s} in step {k}; expected 0 to {states - 1}");
            if ((uint)a >= (uint)actions) throw new InvalidInputException($"choices: action {a} in step {k}; expected 0 to {actions - 1}");
            counts[(s * actions) + a]++;
        }

        return counts;
    }

    /// <inheritdoc/>
    public Objective Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Likelihood(context, Counts(context.Mdp.Problem.Name, context.Mdp.Engine.States, context.Mdp.Engine.Actions));
    }

    private sealed class Likelihood : Objective
    {
        private readonly EstimationContext _context;
        private readonly double[] _counts;
        private readonly double[] _policy;
        private readonly double[] _instances;

        public Likelihood(EstimationContext context, double[] counts)
        {
            Engine engine = context.Mdp.Engine;
            _context = context;
            _counts = counts;
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

                if (!double.IsFinite(sum))
                {
                    mdp.Fail(
                        i, Outcome.NotFinite,
                        $"{mdp.Problem.Name}: the log-likelihood of instance {i} is {sum}: a choice was observed whose probability "
                            + "vanishes");
                }

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
