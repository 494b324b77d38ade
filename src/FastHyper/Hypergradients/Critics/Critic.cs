using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems.Features;

namespace FastHyper.Hypergradients.Critics;

/// <summary>How the leader learns its own action values Q_L from what it observes.</summary>
public enum CriticKind
{
    /// <summary>SARSA over the rollouts, the table kept across leader iterations; as published for BC-HG.</summary>
    Sarsa,

    /// <summary>
    /// Expected SARSA: towards l + γ_L Σ_b π(b|s') Q(s',b), the table kept. Holds for samples of past policies too.
    /// </summary>
    ExpectedSarsa,

    /// <summary>
    /// Tabular LSTD: the table that agrees with the mean of l + γ_L Σ_b π(b|s') Q(s',b) over an iteration's visits of each
    /// (s,a); others keep their value. By sweeps, O(samples · A) each, about log(tolerance)/log γ_L of them; without a proof by
    /// residual there is no table, but an error.
    /// </summary>
    Lstd,

    /// <summary>
    /// LSTD-Q with features (Lagoudakis and Parr, 2003): Q_L = φ·θ, fitted to each iteration's samples by one k × k solve; nothing is kept.
    /// </summary>
    LstdQ,

    /// <summary>
    /// TD(λ): towards the λ-returns of each iteration's samples, what has been learnt kept: a table, or with features their weights.
    /// </summary>
    TdLambda,

    /// <summary>Mean of the returns that followed each visited (s,a); others keep their value.</summary>
    AverageReturns,

    /// <summary>
    /// Q-learning of the leader who acts: towards l + γ_L max_a' Σ_b' g(b'|s',a') Q(s',a',b'), the table kept; the leader's bi-level
    /// critic of Bi-AC (Zhang et al., arXiv 1909.03510).
    /// </summary>
    Stackelberg,

    /// <summary>The exact Q_L, with the model; for study.</summary>
    Exact,
}

/// <summary>Options of the leader's critic.</summary>
[Options]
public sealed partial record CriticOptions
{
    /// <summary>How it learns.</summary>
    public CriticKind Kind { get; init; } = CriticKind.Sarsa;

    /// <summary>Step size α of temporal differences.</summary>
    [OnlyWith(nameof(Kind), CriticKind.Sarsa, CriticKind.ExpectedSarsa, CriticKind.TdLambda, CriticKind.Stackelberg)]
    [Range(Min = 0, Max = 1, ExclusiveMin = true)]
    public double Step { get; init => field = InRange.Of<CriticOptions>(value); } = 0.1;

    /// <summary>λ of <see cref="CriticKind.TdLambda"/>.</summary>
    [Range(Min = 0, Max = 1), OnlyWith(nameof(Kind), CriticKind.TdLambda)]
    public double TraceDecay { get; init => field = InRange.Of<CriticOptions>(value); } = 0.9;

    /// <summary>Passes over the samples of an iteration.</summary>
    [Range(Min = 1), OnlyWith(nameof(Kind), CriticKind.Exact, CriticKind.LstdQ, Not = true)]
    public int Passes { get; init => field = InRange.Of<CriticOptions>(value); } = 1;

    /// <summary>
    /// Residual of the table of <see cref="CriticKind.Lstd"/>, relative to its largest value, that its sweeps are to reach; the error is
    /// 1/(1 − γ) of it at the most.
    /// </summary>
    [OnlyWith(nameof(Kind), CriticKind.Lstd)]
    [Range(Min = 0, ExclusiveMin = true)]
    public double Tolerance { get; init => field = InRange.Of<CriticOptions>(value); } = 1e-6;

    /// <summary>Sweeps of <see cref="CriticKind.Lstd"/> at the most.</summary>
    [OnlyWith(nameof(Kind), CriticKind.Lstd)]
    [Range(Min = 1)]
    public int MaxSweeps { get; init => field = InRange.Of<CriticOptions>(value); } = 10_000;

    /// <summary>ρ of <see cref="CriticKind.LstdQ"/>, beside mean squares of features; 1e-6 by default.</summary>
    [OnlyWith(nameof(Kind), CriticKind.LstdQ)]
    [Range(Min = 0)]
    public double Ridge { get; init => field = InRange.Of<CriticOptions>(value); } = 1e-6;

    /// <summary>
    /// Whether <see cref="CriticKind.TdLambda"/> learns Q_L = φ·θ rather than a table: of features of one that no other pair has, it is
    /// one.
    /// </summary>
    [OnlyWith(nameof(Kind), CriticKind.TdLambda)]
    public bool Linear { get; init; }

    /// <summary>φ; the problem's own by default.</summary>
    [Key("features"), OnlyWith(nameof(Kind), CriticKind.LstdQ, CriticKind.TdLambda)]
    public FeatureFamilyOptions FeatureFamily { get; init; } = new();

    /// <summary>φ in the place of <see cref="FeatureFamily"/>; null (the default) for that.</summary>
    [OnlyInCode]
    public FeatureRows? Features { get; init; }

    /// <summary>Allocates the table, of zeros.</summary>
    /// <param name="context">What the critic looks at.</param>
    /// <exception cref="InvalidInputException">There are no features for a critic that is linear in some.</exception>
    internal Critic Bind(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (Kind == CriticKind.Exact) return new ExactCritic(context);
        if (Kind != CriticKind.LstdQ && !(Kind == CriticKind.TdLambda && Linear)) return new TabularCritic(context, this);
        FeatureRows features = Features ?? FeatureFamily.RowsOf(context.Mdp.Problem);
        return Kind == CriticKind.LstdQ ? new LinearCritic(context, features, Ridge) : new LinearReturnsCritic(context, features, this);
    }
}

/// <summary>The leader's table of action values Q_L(s,a), at work.</summary>
internal abstract class Critic : IDisposable
{
    /// <summary>Allocates the table.</summary>
    /// <param name="context">What the critic looks at.</param>
    protected Critic(EstimationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Context = context;
        Q = context.Mdp.Engine.Allocate(ArrayKind.StateAction);
    }

    /// <summary>Q_L, (S, A) for each instance.</summary>
    public DeviceArray Q { get; }

    /// <summary>Arrays that belong into a checkpoint, by name.</summary>
    public virtual IEnumerable<(string Name, DeviceArray Array)> State => [("critic", Q)];

    /// <summary>What the critic looks at.</summary>
    protected EstimationContext Context { get; }

    /// <summary>Takes the latest samples in.</summary>
    public abstract void Learn();

    /// <summary>Whether samples of past policies teach the critic without importance weights.</summary>
    public virtual bool LearnsFromPast => false;

    /// <summary>Takes samples of a past policy in.</summary>
    /// <param name="samples">The samples, with the leader's present rewards.</param>
    public virtual void LearnFromPast(RolloutBuffer samples) =>
        throw new NotSupportedException("a critic that samples of the present policy alone can teach");

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the table.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) Q.Dispose();
    }
}

/// <summary>Q_L by policy evaluation with the model.</summary>
internal sealed class ExactCritic : Critic
{
    private readonly LeaderReturn _return;
    private readonly double[] _objectives;

    public ExactCritic(EstimationContext context)
        : base(context)
    {
        _return = new LeaderReturn(context.Mdp, new SolveOptions { Tolerance = 1e-12, Method = context.Response.Options.Method });
        _objectives = new double[context.Mdp.Engine.Leaders];
    }

    public override IEnumerable<(string Name, DeviceArray Array)> State => _return.State;

    public override void Learn()
    {
        _return.Evaluate(Context.Response.Policy, _objectives);
        Context.Mdp.Engine.ActionValues(_return.V, Context.Mdp.LeaderReward, Context.Mdp.Problem.LeaderDiscount, Q);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _return.Dispose();
        base.Dispose(disposing);
    }
}
