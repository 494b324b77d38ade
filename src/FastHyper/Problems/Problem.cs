using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// A bi-level problem: a finite MDP whose rewards (and, if it says so, transitions and initial distribution) depend on
/// leader parameters x, possibly in several contexts between which chance decides.
/// To write one of your own, derive from <see cref="CustomProblem"/>.
/// </summary>
public abstract class Problem
{
    private readonly List<string> _notices = [];

    /// <summary>Creates the base of a problem.</summary>
    /// <param name="name">Name, as in configuration and reports.</param>
    /// <param name="transitions">Structure of P(s'|s,a), and its probabilities unless a context or x changes them.</param>
    /// <param name="parameterCount">Number of leader parameters, the length of x.</param>
    /// <param name="discount">Follower's discount γ in [0, 1]; 1 only where every episode ends.</param>
    /// <param name="leaderDiscount">Leader's discount γ_L, likewise.</param>
    /// <param name="temperature">Entropy temperature τ &gt; 0, in reward units.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    protected Problem(string name, Transitions transitions, int parameterCount, double discount, double leaderDiscount, double temperature)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(transitions);
        if (parameterCount < 0) throw new InvalidInputException($"{name}: {parameterCount} leader parameters; expected 0 or more");
        CheckDiscount(name, "gamma", discount);
        CheckDiscount(name, "gamma_leader", leaderDiscount);
        if (!(temperature > 0) || !double.IsFinite(temperature))
            throw new InvalidInputException($"{name}: temperature = {temperature}; expected a finite number above 0");
        NoteTransitions(name, transitions, discount, leaderDiscount);
        Name = name;
        Transitions = transitions;
        ParameterCount = parameterCount;
        Discount = discount;
        LeaderDiscount = leaderDiscount;
        Temperature = temperature;
    }

    /// <summary>Name, as in configuration and reports.</summary>
    public string Name { get; }

    /// <summary>Structure of P(s'|s,a), and its probabilities unless a context or x changes them.</summary>
    public Transitions Transitions { get; }

    /// <summary>What was mended in the problem's numbers, or is worth knowing of them, a line each.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Number of leader parameters, the length of x.</summary>
    public int ParameterCount { get; }

    /// <summary>Shape of x where it is saved: (P), or that of a table.</summary>
    public virtual IReadOnlyList<int> ParameterShape => [ParameterCount];

    /// <summary>Follower's discount γ.</summary>
    public double Discount { get; }

    /// <summary>Leader's discount γ_L.</summary>
    public double LeaderDiscount { get; }

    /// <summary>Entropy temperature τ, in reward units.</summary>
    public double Temperature { get; }

    /// <summary>
    /// Actions L of a leader who acts before the follower in every state, by a policy that is x's; 0 where he does not act. Actions of
    /// <see cref="Transitions"/> are pairs of both then, (a, b) at a·A + b for A of the follower.
    /// </summary>
    public virtual int LeaderActions => 0;

    /// <summary>
    /// Features that the follower's action values are linear in: then it responds by the fixed point of a fit, unless another follower is
    /// chosen. Null (the default) for a follower of any values.
    /// </summary>
    /// <exception cref="InvalidInputException">They are of other states or actions.</exception>
    public FeatureRows? ValueFeatures
    {
        get;
        init => field = value is null || (value.States == Transitions.States && value.Actions == Transitions.Actions)
            ? value
            : throw new InvalidInputException(
                $"{Name}: features of {value.States} states and {value.Actions} actions; expected {Transitions.States} and {Transitions.Actions}");
    }

    /// <summary>Probability of each context, or its weight where contexts are there together; one context by default.</summary>
    public virtual IReadOnlyList<double> ContextProbabilities { get; } = [1.0];

    /// <summary>
    /// Whether contexts are not for chance to choose between but there at once, as several followers are: then the leader's objective
    /// is their weighted sum, whatever the <see cref="ContextMode"/>.
    /// </summary>
    public virtual bool ContextsAreTogether => false;

    /// <summary>Whether x or the context changes the transition probabilities.</summary>
    public virtual bool HasOwnTransitions => false;

    /// <summary>Whether x changes the transition probabilities, so that the hypergradient runs through them.</summary>
    public virtual bool ControlsTransitions => false;

    /// <summary>Whether x changes the initial distribution.</summary>
    public virtual bool ControlsInitial => false;

    /// <summary>Writes the parameters that a leader starts from.</summary>
    /// <param name="seed">Seed of the leader.</param>
    /// <param name="x">(P), written.</param>
    public abstract void InitialParameters(ulong seed, Span<double> x);

    /// <summary>Puts the problem on a device: as many MDP instances as the engine has, configured by verbs.</summary>
    /// <param name="engine">Engine over <see cref="Transitions"/>.</param>
    protected internal abstract ProblemBinding Bind(Engine engine);

    /// <summary>‖z‖∞ of the leader's policy f(a|s) ∝ exp(z(s,a)) at x, where he acts.</summary>
    /// <param name="x">(P).</param>
    internal virtual double LargestLogit(ReadOnlySpan<double> x) => 0;

    /// <summary>The initial distribution, divided by its sum, and a notice of that, where the sum is within 1e-6 of one.</summary>
    /// <param name="source">Begins the notice, or the message that refuses it.</param>
    /// <param name="initial">μ, (S).</param>
    /// <exception cref="InvalidInputException">It is no distribution over the states.</exception>
    private protected double[] Mend(string source, double[] initial)
    {
        ProblemCheck.RequireVector(source, "initial", initial, Transitions.States);
        return Distributions.Mend(source, initial, _notices);
    }

    /// <summary>
    /// Notes what was mended in transitions; where there is no discount, throws unless episodes can end from every state.
    /// </summary>
    private protected void NoteTransitions(string source, Transitions transitions, double discount, double leaderDiscount)
    {
        Distributions.NoteMended(source, transitions, _notices);
        if (discount == 1) Termination.Require(source, "gamma", transitions);
        if (leaderDiscount == 1) Termination.Require(source, "gamma_leader", transitions);
        if (discount == 1 || leaderDiscount == 1)
            Distributions.NoteRareTermination(source, discount == 1 ? "gamma" : "gamma_leader", transitions, _notices);
    }

    private static void CheckDiscount(string problem, string name, double value)
    {
        if (!(value >= 0 && value <= 1)) throw new InvalidInputException($"{problem}: {name} = {value}; expected a discount in [0, 1]");
    }
}
