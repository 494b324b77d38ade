using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// A finite MDP whose rewards (and, if it says so, transitions and initial distribution) depend on leader parameters x.
/// To write one of your own, derive from <see cref="CustomProblem"/>.
/// </summary>
public abstract class FiniteProblem : Problem
{
    /// <summary>Creates the base of a problem.</summary>
    /// <param name="name">Name, as in configuration and reports.</param>
    /// <param name="transitions">Structure of P(s'|s,a), and its probabilities unless a context or x changes them.</param>
    /// <param name="parameterCount">Number of leader parameters, the length of x.</param>
    /// <param name="discount">Follower's discount γ in [0, 1]; 1 only where every episode ends.</param>
    /// <param name="leaderDiscount">Leader's discount γ_L, likewise.</param>
    /// <param name="temperature">Entropy temperature τ, in reward units; 0 for the hard maximum.</param>
    /// <exception cref="InvalidInputException">A constant is out of range.</exception>
    protected FiniteProblem(
        string name, Transitions transitions, int parameterCount, double discount, double leaderDiscount, double temperature)
        : base(name, parameterCount, discount, leaderDiscount, temperature)
    {
        ArgumentNullException.ThrowIfNull(transitions);
        NoteTransitions(name, transitions, discount, leaderDiscount);
        Transitions = transitions;
    }

    /// <summary>Structure of P(s'|s,a), and its probabilities unless a context or x changes them.</summary>
    public Transitions Transitions { get; }

    /// <summary>
    /// Actions L of a leader who acts before the follower in every state, by a policy that is x's; 0 where it does not act. Actions of
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
                $"{Name}: features of {value.States} states and {value.Actions} actions; expected {Transitions.States} and "
                    + $"{Transitions.Actions}");
    }

    /// <summary>Whether x or the context changes the transition probabilities.</summary>
    public virtual bool HasOwnTransitions => false;

    /// <summary>Whether x changes the transition probabilities, so that the hypergradient runs through them.</summary>
    public virtual bool ControlsTransitions => false;

    /// <summary>Whether x changes the initial distribution.</summary>
    public virtual bool ControlsInitial => false;

    /// <summary>Whether rewards are configured as the problem says them, and not made over for a criterion.</summary>
    internal virtual bool KeepsRewards => true;

    /// <inheritdoc/>
    protected internal sealed override ProblemInstances On(Backend backend, InstanceLayout options) => new Mdp(this, backend, options);

    /// <summary>Puts the problem on a device: as many MDP instances as the engine has, configured by verbs.</summary>
    /// <param name="engine">Engine over <see cref="Transitions"/>.</param>
    protected internal abstract ProblemBinding Bind(Engine engine);

    /// <summary>Throws where the maximum is hard: its policy jumps between actions, and depends on nothing in between.</summary>
    internal void RequireSoft()
    {
        if (Temperature == 0)
            throw new InvalidInputException($"{Name}: temperature = 0: a hard maximum has no gradient; expected a temperature above 0");
    }

    /// <summary>Throws where rewards are made over for a criterion, for what compares them.</summary>
    /// <param name="who">What does.</param>
    internal void RequireRewards(string who)
    {
        if (!KeepsRewards) throw new InvalidInputException($"{who}: {Name} by its average reward; expected another criterion.kind");
    }

    /// <summary>‖z‖∞ of the leader's policy f(a|s) ∝ exp(z(s,a)) at x, where it acts.</summary>
    /// <param name="x">(P).</param>
    internal virtual double LargestLogit(ReadOnlySpan<double> x) => 0;

    /// <summary>The initial distribution, divided by its sum, and a notice of that, where the sum is within 1e-6 of one.</summary>
    /// <param name="source">Begins the notice, or the message that refuses it.</param>
    /// <param name="initial">μ, (S).</param>
    /// <exception cref="InvalidInputException">It is no distribution over the states.</exception>
    private protected double[] Mend(string source, double[] initial)
    {
        ProblemCheck.RequireVector(source, "initial", initial, Transitions.States);
        return Distributions.Mend(source, initial, NoticeList);
    }

    /// <summary>
    /// Notes what was mended in transitions; where there is no discount, throws unless episodes can end from every state.
    /// </summary>
    private protected void NoteTransitions(string source, Transitions transitions, double discount, double leaderDiscount)
    {
        Distributions.NoteMended(source, transitions, NoticeList);
        if (discount == 1) Termination.Require(source, "gamma", transitions);
        if (leaderDiscount == 1) Termination.Require(source, "gamma_leader", transitions);
        if (discount == 1 || leaderDiscount == 1)
            Distributions.NoteRareTermination(source, discount == 1 ? "gamma" : "gamma_leader", transitions, NoticeList);
    }
}
