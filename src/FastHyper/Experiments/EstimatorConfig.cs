using FastHyper.Experiments.Configuration;
using FastHyper.Hypergradients;

namespace FastHyper.Experiments;

/// <summary>The hypergradient's estimator, chosen by name.</summary>
public sealed class EstimatorConfig
{
    private static readonly string[] Names = ["exact", "m-sobirl", "amd", "bc-hg", "bc-hg-vr", "hpgd", "hpgd-sa", "hpgd-oracle", "sobirl", "zero-order", "naive", "bi-ac"];

    /// <summary>The estimators' names, for people.</summary>
    public static string Choices { get; } = $"{string.Join(", ", Names[..^1])} or {Names[^1]}";

    /// <summary>exact, m-sobirl, amd, bc-hg, bc-hg-vr, hpgd, hpgd-sa, hpgd-oracle, sobirl, zero-order, naive or bi-ac.</summary>
    public string Name { get; set; } = "bc-hg";

    /// <summary>Environment steps for each leader iteration.</summary>
    [Range(Min = 1)]
    public int Steps { get; set; } = 100;

    /// <summary>Independent streams of episodes that the steps are divided among.</summary>
    [Range(Min = 1)]
    public int Streams { get; set; } = 1;

    /// <summary>Steps after which an episode is cut.</summary>
    [Range(Min = 1)]
    public int EpisodeLimit { get; set; } = 200;

    /// <summary>bc-hg: whether weights are averaged over the visits of each state and action, as published.</summary>
    public bool AverageVisits { get; set; } = true;

    /// <summary>bc-hg in a game: whether the leader knows the follower's values or fits them to what he observes, by <see cref="FollowerCritic"/>.</summary>
    public FollowerValuesKind FollowerValues { get; set; }

    /// <summary>bc-hg in a game: how the follower's values are fitted; sarsa, expected-sarsa (by default) or lstd.</summary>
    public CriticConfig FollowerCritic { get; set; } = new();

    /// <summary>bc-hg-vr: past iterations whose rollouts are used again.</summary>
    [Range(Min = 0)]
    public int Reuse { get; set; } = 8;

    /// <summary>bc-hg-vr: largest importance ratio of one step.</summary>
    [Range(Min = 1)]
    public double Clip { get; set; } = 2;

    /// <summary>hpgd-oracle: environment steps of each leader iteration that start in any state.</summary>
    [Range(Min = 1)]
    public int RestartSteps { get; set; } = 10_000;

    /// <summary>sobirl: whether the follower's discount is left out, as in the published baseline.</summary>
    public bool Undiscounted { get; set; }

    /// <summary>zero-order: where it looks at the objective.</summary>
    public ZeroOrderConfig ZeroOrder { get; set; } = new();

    /// <summary>exact, m-sobirl: relative tolerance of the linear solves.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Tolerance { get; set; } = 1e-12;

    /// <summary>m-sobirl: how the adjoint goes towards its solution.</summary>
    public AdjointConfig Adjoint { get; set; } = new();

    /// <summary>amd: its joint iteration.</summary>
    public AmdConfig Amd { get; set; } = new();

    /// <summary>The leader's critic.</summary>
    public CriticConfig Critic { get; set; } = new();

    /// <summary>The estimator of that name.</summary>
    /// <param name="objective">What the gradient is of; null for the discounted return.</param>
    /// <exception cref="InvalidInputException">There is none, or it knows no gradient of that objective.</exception>
    public IHypergradientEstimator Create(IObjective? objective = null)
    {
        if (FollowerValues == FollowerValuesKind.Fitted && Name != "bc-hg")
            throw new InvalidInputException($"estimator: follower_values = fitted for '{Name}'; expected bc-hg, or known");
        Rollouts.SamplingOptions sampling = new() { Steps = Steps, Streams = Streams, EpisodeLimit = EpisodeLimit };
        return Name switch
        {
            "exact" => new Exact(Tolerance) { Objective = objective },
            "m-sobirl" => new MSobirl { Objective = objective, Adjoint = Adjoint.Step, Steps = Adjoint.Steps, StepSize = Adjoint.StepSize, Tolerance = Tolerance },
            "sobirl" when objective is BradleyTerry likelihood => new SoBiRlPreferences { Sampling = sampling, Segment = likelihood.Segment },
            _ when objective is not null && Names.Contains(Name) => throw new InvalidInputException($"estimator: '{Name}' estimates the discounted return, not {objective.Name}; expected exact{(objective is BradleyTerry ? ", sobirl" : "")} or m-sobirl"),
            "amd" => new Amd { Sweeps = Amd.Sweeps, CarryOver = Amd.CarryOver },
            "bc-hg" => new BcHg
            {
                Sampling = sampling,
                Critic = Critic.ToOptions(CriticKind.Sarsa),
                AverageVisits = AverageVisits,
                FollowerCritic = FollowerValues == FollowerValuesKind.Fitted ? FollowerCritic.ToOptions(CriticKind.ExpectedSarsa) : null,
            },
            "bc-hg-vr" => new BcHgVr { Sampling = sampling, Critic = Critic.ToOptions(CriticKind.ExpectedSarsa), Reuse = Reuse, Clip = Clip },
            "hpgd" => new Hpgd { Sampling = sampling, Critic = Critic.ToOptions(CriticKind.AverageReturns) },
            "hpgd-sa" => new HpgdSa { Sampling = sampling, Critic = Critic.ToOptions(CriticKind.Sarsa) },
            "hpgd-oracle" => new HpgdOracle
            {
                Sampling = sampling,
                Restarts = new() { Steps = RestartSteps, EpisodeLimit = EpisodeLimit },
                Critic = Critic.ToOptions(CriticKind.AverageReturns),
            },
            "sobirl" => new SoBiRl { Sampling = sampling, Critic = Critic.ToOptions(CriticKind.Sarsa), Undiscounted = Undiscounted },
            "zero-order" => new ZeroOrder
            {
                Sampling = sampling,
                Model = ZeroOrder.Model,
                Difference = ZeroOrder.Difference,
                CommonRandomNumbers = ZeroOrder.CommonRandomNumbers,
                Radius = ZeroOrder.Radius,
            },
            "bi-ac" => new BiAc { Sampling = sampling, Critic = Critic.ToOptions(CriticKind.Stackelberg) },
            "naive" => new Naive { Sampling = sampling, Critic = Critic.ToOptions(CriticKind.Sarsa) },
            _ => throw new InvalidInputException($"estimator: '{Name}'; expected {Choices}"),
        };
    }
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
public sealed class ZeroOrderConfig
{
    /// <summary>Whether the objective is exact, by the model, and not the mean return of rollouts.</summary>
    public bool Model { get; set; }

    /// <summary>one-point, two-point or antithetic.</summary>
    public Difference Difference { get; set; } = Difference.Antithetic;

    /// <summary>Whether both points are rolled out with the same draws.</summary>
    public bool CommonRandomNumbers { get; set; } = true;

    /// <summary>c of the distance u = c/(k + 1) in leader iteration k.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Radius { get; set; } = 1;
}

/// <summary>The joint iteration of amd.</summary>
public sealed class AmdConfig
{
    /// <summary>Joint iterations in each leader iteration.</summary>
    [Range(Min = 1)]
    public int Sweeps { get; set; } = 100;

    /// <summary>Whether its tables start from the last leader iteration's rather than from zero.</summary>
    public bool CarryOver { get; set; }
}

/// <summary>How the adjoint of m-sobirl goes towards its solution.</summary>
public sealed class AdjointConfig
{
    /// <summary>normal-equation (as published) or krylov.</summary>
    public AdjointStep Step { get; set; }

    /// <summary>Steps in each leader iteration.</summary>
    [Range(Min = 1)]
    public int Steps { get; set; } = 1;

    /// <summary>ζ of normal-equation.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double StepSize { get; set; } = 0.5;
}
