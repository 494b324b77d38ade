using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>
/// A bi-level problem: an environment that depends on leader parameters x, possibly in several contexts between which chance decides,
/// and a follower who answers it. This is what every problem has; a <see cref="FiniteProblem"/> is one of states and actions in tables.
/// </summary>
public abstract class Problem
{
    private protected Problem(string name, int parameterCount, double discount, double leaderDiscount, double temperature)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (parameterCount < 0) throw new InvalidInputException($"{name}: {parameterCount} leader parameters; expected 0 or more");
        CheckDiscount(name, "gamma", discount);
        CheckDiscount(name, "gamma_leader", leaderDiscount);
        bool hard = temperature == 0 && this is FiniteProblem;
        if (!(temperature > 0 || hard) || !double.IsFinite(temperature))
            throw new InvalidInputException(
                $"{name}: temperature = {temperature}; expected a finite number above 0{(this is FiniteProblem ? ", or 0 to solve" : "")}");
        Name = name;
        ParameterCount = parameterCount;
        Discount = discount;
        LeaderDiscount = leaderDiscount;
        Temperature = temperature;
    }

    /// <summary>Name, as in configuration and reports.</summary>
    public string Name { get; }

    /// <summary>What was mended in the problem's numbers, or is worth knowing of them, a line each.</summary>
    public IReadOnlyList<string> Notices => NoticeList;

    /// <summary>Number of leader parameters, the length of x.</summary>
    public int ParameterCount { get; }

    /// <summary>Shape of x where it is saved: (P), or that of a table.</summary>
    public virtual IReadOnlyList<int> ParameterShape => [ParameterCount];

    /// <summary>Follower's discount γ.</summary>
    public double Discount { get; }

    /// <summary>Leader's discount γ_L.</summary>
    public double LeaderDiscount { get; }

    /// <summary>Entropy temperature τ, in reward units; 0 for the hard maximum, which has values but no gradient.</summary>
    public double Temperature { get; }

    /// <summary>Probability of each context, or its weight where contexts are there together; one context by default.</summary>
    public virtual IReadOnlyList<double> ContextProbabilities { get; } = [1.0];

    /// <summary>
    /// Whether contexts are not for chance to choose between but there at once, as several followers are: then the leader's objective
    /// is their weighted sum, whatever the <see cref="ContextMode"/>.
    /// </summary>
    public virtual bool ContextsAreTogether => false;

    /// <summary>The notices, to be added to.</summary>
    private protected List<string> NoticeList { get; } = [];

    /// <summary>Writes the parameters that a leader starts from.</summary>
    /// <param name="seed">Seed of the leader.</param>
    /// <param name="x">(P), written.</param>
    public abstract void InitialParameters(ulong seed, Span<double> x);

    /// <summary>Puts the problem on a backend, as many instances as leaders and contexts are.</summary>
    /// <param name="backend">Where to compute; owned by the caller.</param>
    /// <param name="options">Leaders, contexts, precision and layout.</param>
    /// <returns>The instances, to be disposed.</returns>
    protected internal abstract ProblemInstances On(Backend backend, InstanceLayout options);

    private static void CheckDiscount(string problem, string name, double value)
    {
        if (!(value >= 0 && value <= 1)) throw new InvalidInputException($"{problem}: {name} = {value}; expected a discount in [0, 1]");
    }
}
