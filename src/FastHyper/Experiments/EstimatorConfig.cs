using System.Diagnostics.CodeAnalysis;
using FastHyper.Experiments.Configuration;
using FastHyper.Hypergradients;
using FastHyper.Rollouts;

namespace FastHyper.Experiments;

/// <summary>The hypergradient's estimator, chosen by name. Which options it reads is what <see cref="Create"/> reads for it.</summary>
public sealed class EstimatorConfig : NotingOptions
{
    private static readonly SamplingOptions s_sampling = new();
    private static readonly BcHgVr s_reusing = new();

    /// <summary>The estimators' names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["exact", "m-sobirl", "amd", "bc-hg", "bc-hg-vr", "hpgd", "hpgd-sa", "hpgd-oracle", "sobirl", "zero-order", "naive", "bi-ac"];

    /// <summary>The estimators' names, for people.</summary>
    public static string Choices { get; } = $"{string.Join(", ", Names.SkipLast(1))} or {Names[^1]}";

    /// <summary>exact, m-sobirl, amd, bc-hg, bc-hg-vr, hpgd, hpgd-sa, hpgd-oracle, sobirl, zero-order, naive or bi-ac.</summary>
    public string Name { get => Read(field); set; } = "bc-hg";

    /// <summary>Environment steps for each leader iteration.</summary>
    [SameRange(typeof(SamplingOptions), nameof(SamplingOptions.Steps))]
    public int Steps { get => Read(field); set; } = s_sampling.Steps;

    /// <summary>Independent streams of episodes that the steps are divided among.</summary>
    [SameRange(typeof(SamplingOptions), nameof(SamplingOptions.Streams))]
    public int Streams { get => Read(field); set; } = s_sampling.Streams;

    /// <summary>Steps after which an episode is cut.</summary>
    [SameRange(typeof(SamplingOptions), nameof(SamplingOptions.EpisodeLimit))]
    public int EpisodeLimit { get => Read(field); set; } = s_sampling.EpisodeLimit;

    /// <summary>bc-hg: whether weights are averaged over the visits of each state and action, as published.</summary>
    public bool AverageVisits { get => Read(field); set; } = true;

    /// <summary>bc-hg in a game: whether the leader knows the follower's values or fits them to what he observes, by <see cref="FollowerCritic"/>.</summary>
    public FollowerValuesKind FollowerValues { get => Read(field); set; }

    /// <summary>bc-hg in a game: how the follower's values are fitted; sarsa, expected-sarsa (by default) or lstd.</summary>
    public CriticConfig FollowerCritic { get => Read(field); set; } = new();

    /// <summary>bc-hg-vr: past iterations whose rollouts are used again.</summary>
    [SameRange(typeof(BcHgVr), nameof(BcHgVr.Reuse))]
    public int Reuse { get => Read(field); set; } = s_reusing.Reuse;

    /// <summary>bc-hg-vr: largest importance ratio of one step.</summary>
    [SameRange(typeof(BcHgVr), nameof(BcHgVr.Clip))]
    public double Clip { get => Read(field); set; } = s_reusing.Clip;

    /// <summary>hpgd-oracle: environment steps of each leader iteration that start in any state.</summary>
    [SameRange(typeof(SamplingOptions), nameof(SamplingOptions.Steps))]
    public int RestartSteps { get => Read(field); set; } = new HpgdOracle().Restarts.Steps;

    /// <summary>sobirl: whether the follower's discount is left out, as in the published baseline.</summary>
    public bool Undiscounted { get => Read(field); set; }

    /// <summary>zero-order: where it looks at the objective.</summary>
    public ZeroOrderConfig ZeroOrder { get => Read(field); set; } = new();

    /// <summary>exact, m-sobirl: relative tolerance of the linear solves.</summary>
    [SameRange(typeof(Exact), nameof(Exact.Tolerance))]
    public double Tolerance { get => Read(field); set; } = 1e-12;

    /// <summary>m-sobirl: how the adjoint goes towards its solution.</summary>
    public AdjointConfig Adjoint { get => Read(field); set; } = new();

    /// <summary>amd: its joint iteration.</summary>
    public AmdConfig Amd { get => Read(field); set; } = new();

    /// <summary>The leader's critic.</summary>
    public CriticConfig Critic { get => Read(field); set; } = new();

    /// <summary>The estimator of that name.</summary>
    /// <param name="objective">What the gradient is of; null for the discounted return.</param>
    /// <exception cref="InvalidInputException">There is none, or it knows no gradient of that objective.</exception>
    public IHypergradientEstimator Create(IObjective? objective = null) => Name switch
    {
        "exact" => new Exact(Tolerance) { Objective = objective },
        "m-sobirl" => Adjoint.Create(Tolerance, objective),
        "sobirl" when objective is BradleyTerry likelihood => new SoBiRlPreferences { Sampling = new() { Steps = Steps, EpisodeLimit = EpisodeLimit }, Segment = likelihood.Segment },
        string name when objective is not null && Names.Contains(name) => throw new InvalidInputException($"estimator: '{name}' estimates the discounted return, not {objective.Name}; expected exact{(objective is BradleyTerry ? ", sobirl" : "")} or m-sobirl"),
        "amd" => Amd.Create(),
        "bc-hg" => new BcHg
        {
            Sampling = Sampling(),
            Critic = Critic.ToOptions(CriticKind.Sarsa),
            AverageVisits = AverageVisits,
            FollowerCritic = FollowerValues == FollowerValuesKind.Fitted ? FollowerCritic.ToOptions(CriticKind.ExpectedSarsa) : null,
        },
        "bc-hg-vr" => new BcHgVr { Sampling = Sampling(), Critic = Critic.ToOptions(CriticKind.ExpectedSarsa), Reuse = Reuse, Clip = Clip },
        "hpgd" => new Hpgd { Sampling = Sampling(), Critic = Critic.ToOptions(CriticKind.AverageReturns) },
        "hpgd-sa" => new HpgdSa { Sampling = Sampling(), Critic = Critic.ToOptions(CriticKind.Sarsa) },
        "hpgd-oracle" => new HpgdOracle
        {
            Sampling = Sampling(),
            Restarts = new() { Steps = RestartSteps, EpisodeLimit = EpisodeLimit },
            Critic = Critic.ToOptions(CriticKind.AverageReturns),
        },
        "sobirl" => new SoBiRl { Sampling = Sampling(), Critic = Critic.ToOptions(CriticKind.Sarsa), Undiscounted = Undiscounted },
        "zero-order" => ZeroOrder.Create(Sampling),
        "bi-ac" => new BiAc { Sampling = Sampling(), Critic = Critic.ToOptions(CriticKind.Stackelberg) },
        "naive" => new Naive { Sampling = Sampling(), Critic = Critic.ToOptions(CriticKind.Sarsa) },
        string name => throw new InvalidInputException($"estimator: '{OneLine.Value(name)}'; expected {Choices}"),
    };

    /// <summary>The estimator of the discounted return's gradient, and which of these options it reads: their keys, such as <c>critic.step</c>.</summary>
    /// <param name="estimator">The estimator.</param>
    /// <exception cref="InvalidInputException">There is none of that name.</exception>
    [RequiresUnreferencedCode(StrictYaml.Reflects), RequiresDynamicCode(StrictYaml.Reflects)]
    public IReadOnlySet<string> KeysRead(out IHypergradientEstimator estimator)
    {
        IHypergradientEstimator? made = null;
        IReadOnlySet<string> keys = ReadKeys.Of(this, () => made = Create()).Keys;
        estimator = made!;
        return keys;
    }

    private SamplingOptions Sampling() => new() { Steps = Steps, Streams = Streams, EpisodeLimit = EpisodeLimit };
}

/// <summary>Where a leader who acts has the follower's values from.</summary>
public enum FollowerValuesKind
{
    /// <summary>The follower is a white box.</summary>
    Known,

    /// <summary>Fitted to observed states, actions and follower's rewards.</summary>
    Fitted,
}

/// <summary>Where zero-order looks at the objective.</summary>
public sealed class ZeroOrderConfig : NotingOptions
{
    private static readonly ZeroOrder s_default = new();

    /// <summary>Whether the objective is exact, by the model, and not the mean return of rollouts.</summary>
    public bool Model { get => Read(field); set; } = s_default.Model;

    /// <summary>one-point, two-point or antithetic.</summary>
    public Difference Difference { get => Read(field); set; } = s_default.Difference;

    /// <summary>Whether both points are rolled out with the same draws; where there are two points and rollouts.</summary>
    public bool CommonRandomNumbers { get => Read(field); set; } = s_default.CommonRandomNumbers;

    /// <summary>c of the distance u = c/(k + 1) in leader iteration k.</summary>
    [SameRange(typeof(ZeroOrder), nameof(ZeroOrder.Radius))]
    public double Radius { get => Read(field); set; } = s_default.Radius;

    /// <summary>The estimator.</summary>
    /// <param name="sampling">Asked for its samples, if it takes any.</param>
    internal ZeroOrder Create(Func<SamplingOptions> sampling)
    {
        ZeroOrder estimator = new() { Model = Model, Difference = Difference, Radius = Radius };
        if (estimator.Model) return estimator;
        estimator = estimator with { Sampling = sampling() };
        return estimator.Difference == Difference.OnePoint ? estimator : estimator with { CommonRandomNumbers = CommonRandomNumbers };
    }
}

/// <summary>The joint iteration of amd.</summary>
public sealed class AmdConfig : NotingOptions
{
    private static readonly Amd s_default = new();

    /// <summary>Joint iterations in each leader iteration.</summary>
    [SameRange(typeof(Amd), nameof(Amd.Sweeps))]
    public int Sweeps { get => Read(field); set; } = s_default.Sweeps;

    /// <summary>Whether its tables start from the last leader iteration's rather than from zero.</summary>
    public bool CarryOver { get => Read(field); set; } = s_default.CarryOver;

    /// <summary>The estimator.</summary>
    internal Amd Create() => new() { Sweeps = Sweeps, CarryOver = CarryOver };
}

/// <summary>How the adjoint of m-sobirl goes towards its solution.</summary>
public sealed class AdjointConfig : NotingOptions
{
    private static readonly MSobirl s_default = new();

    /// <summary>normal-equation (as published) or krylov.</summary>
    public AdjointStep Step { get => Read(field); set; } = s_default.Adjoint;

    /// <summary>Steps in each leader iteration.</summary>
    [SameRange(typeof(MSobirl), nameof(MSobirl.Steps))]
    public int Steps { get => Read(field); set; } = s_default.Steps;

    /// <summary>ζ of normal-equation.</summary>
    [SameRange(typeof(MSobirl), nameof(MSobirl.StepSize))]
    public double StepSize { get => Read(field); set; } = s_default.StepSize;

    /// <summary>The estimator.</summary>
    /// <param name="tolerance">Of what the objective solves for.</param>
    /// <param name="objective">What the gradient is of; null for the discounted return.</param>
    internal MSobirl Create(double tolerance, IObjective? objective)
    {
        MSobirl estimator = new() { Objective = objective, Adjoint = Step, Steps = Steps, Tolerance = tolerance };
        return estimator.Adjoint == AdjointStep.NormalEquation ? estimator with { StepSize = StepSize } : estimator;
    }
}
