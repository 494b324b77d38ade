using FastHyper.Backends;
using FastHyper.Experiments.Configuration;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Experiments;

/// <summary>Everything that decides a run's results, and how it is computed.</summary>
public sealed class RunConfig
{
    /// <summary>four-rooms, frozen-lake, cliff-walking, taxi, preference, random, random-mdp, warehouse, or the path of a problem file (.npz).</summary>
    public string Problem { get; set; } = "four-rooms";

    /// <summary>Seed of the first leader; others count on from it.</summary>
    [Range(Min = 0)]
    public long Seed { get; set; } = 1;

    /// <summary>Leaders with different seeds, for each grid point.</summary>
    [Range(Min = 1)]
    public int Seeds { get; set; } = 10;

    /// <summary>Leader iterations.</summary>
    [Range(Min = 0, Max = uint.MaxValue)]
    public long Iterations { get; set; } = 1000;

    /// <summary>Iterations between rows of metrics.csv.</summary>
    [Range(Min = 1)]
    public long RecordEvery { get; set; } = 100;

    /// <summary>Where to compute, by its name on the command line: auto, cpu or opencl, opencl:NUMBER, opencl:NAME.</summary>
    public string Backend { get; set; } = "auto";

    /// <summary>Threads of the CPU backend; 0 for one per processor. Does not change the results.</summary>
    [Range(Min = 0)]
    public int Threads { get; set; }

    /// <summary>Precision of storage and lanes.</summary>
    public Precision Precision { get; set; } = Precision.F64;

    /// <summary>Constants of four-rooms.</summary>
    public FourRoomsOptions FourRooms { get; set; } = new();

    /// <summary>Constants of frozen-lake.</summary>
    public FrozenLakeOptions FrozenLake { get; set; } = new();

    /// <summary>Constants of cliff-walking.</summary>
    public CliffWalkingOptions CliffWalking { get; set; } = new();

    /// <summary>Constants of taxi.</summary>
    public TaxiOptions Taxi { get; set; } = new();

    /// <summary>Constants of preference.</summary>
    public PreferenceGridOptions Preference { get; set; } = new();

    /// <summary>Constants of random problems.</summary>
    public RandomProblemOptions Random { get; set; } = new();

    /// <summary>Constants of random-mdp.</summary>
    public RandomMdpOptions RandomMdp { get; set; } = new();

    /// <summary>Constants of warehouse.</summary>
    public WarehouseOptions Warehouse { get; set; } = new();

    /// <summary>Temperature of the followers that leaders train with; null for the problem's own.</summary>
    public Schedule? TrainingTemperature { get; set; }

    /// <summary>Whether a context is drawn for each leader iteration or all are averaged.</summary>
    public ContextMode Contexts { get; set; } = ContextMode.Drawn;

    /// <summary>What the leaders are after.</summary>
    public ObjectiveConfig Objective { get; set; } = new();

    /// <summary>The follower.</summary>
    public FollowerConfig Follower { get; set; } = new();

    /// <summary>The hypergradient's estimator.</summary>
    public EstimatorConfig Estimator { get; set; } = new();

    /// <summary>The leader's steps.</summary>
    public LeaderConfig Leader { get; set; } = new();

    /// <summary>Grid points that run at once, beside the seeds.</summary>
    public GridConfig Grid { get; set; } = new();
}

/// <summary>What leaders are after.</summary>
public enum ObjectiveKind
{
    /// <summary>The leader's discounted return J.</summary>
    DiscountedReturn,

    /// <summary>½‖x‖² + ½‖π‖², see <see cref="Hypergradients.SquaredNorms"/>.</summary>
    SquaredNorms,

    /// <summary>The likelihood of preferences, see <see cref="Hypergradients.BradleyTerry"/>.</summary>
    BradleyTerry,
}

/// <summary>What the leaders are after.</summary>
public sealed class ObjectiveConfig
{
    /// <summary>The objective F.</summary>
    public ObjectiveKind Kind { get; set; }

    /// <summary>bradley-terry: steps of a segment.</summary>
    [Range(Min = 1)]
    public int Segment { get; set; } = 3;

    /// <summary>
    /// Whether leaders step against the gradient, x ← x − η ∇F. Objectives, norms and gradients are reported as they are,
    /// with no sign turned; the best setting is then the one with the least.
    /// </summary>
    public bool Minimize { get; set; }
}

/// <summary>Who answers the leader.</summary>
public enum FollowerKind
{
    /// <summary>The best response, solved to its tolerance.</summary>
    BestResponse,

    /// <summary>A fixed number of soft sweeps a leader iteration.</summary>
    Sweeps,

    /// <summary>Tabular soft Q-learning from the follower's own samples.</summary>
    QLearning,
}

/// <summary>The follower.</summary>
public sealed class FollowerConfig
{
    /// <summary>Who answers: best-response, sweeps or q-learning. Runs are judged by the best response whichever it is.</summary>
    public FollowerKind Kind { get; set; }

    /// <summary>sweeps: soft sweeps a leader iteration.</summary>
    [Range(Min = 1)]
    public int Sweeps { get; set; } = 10;

    /// <summary>q-learning: how it learns.</summary>
    public LearningConfig Learning { get; set; } = new();

    /// <summary>Whether a follower that is not solved exactly starts from its last values, rather than from zero.</summary>
    public bool CarryOver { get; set; } = true;

    /// <summary>Largest change of a value in the last sweep, in reward units.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Tolerance { get; set; } = 1e-4;

    /// <summary>auto, sweeps, shifted, anderson or policy-iteration.</summary>
    public SolveMethod Method { get; set; }

    /// <summary>Sweeps at the most.</summary>
    [Range(Min = 1)]
    public int MaximalSweeps { get; set; } = 1_000_000;

    /// <summary>The follower of that kind.</summary>
    /// <param name="mdp">What it responds to.</param>
    public Follower Create(Problems.Mdp mdp) => Kind switch
    {
        FollowerKind.Sweeps => new SweepFollower(mdp, Sweeps, CarryOver, ToOptions()),
        FollowerKind.QLearning => new QLearningFollower(mdp, Learning.ToOptions(CarryOver), ToOptions()),
        _ => new BestResponse(mdp, ToOptions()),
    };

    /// <summary>As options of the solve.</summary>
    public SolveOptions ToOptions() => new() { Tolerance = Tolerance, Method = Method, MaximalSweeps = MaximalSweeps };
}

/// <summary>How a follower learns.</summary>
public sealed class LearningConfig
{
    /// <summary>Environment steps of a round.</summary>
    [Range(Min = 1)]
    public int Steps { get; set; } = 1000;

    /// <summary>Rounds in a leader iteration: the policy that acts is renewed after each.</summary>
    [Range(Min = 1)]
    public int Rounds { get; set; } = 1;

    /// <summary>Step size α.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMin = true)]
    public double StepSize { get; set; } = 0.5;

    /// <summary>Steps after which an episode is cut.</summary>
    [Range(Min = 1)]
    public int EpisodeLimit { get; set; } = 200;

    /// <summary>As options of the follower.</summary>
    /// <param name="carryOver">Whether the table is carried over.</param>
    public QLearningOptions ToOptions(bool carryOver) => new() { Steps = Steps, Rounds = Rounds, StepSize = StepSize, EpisodeLimit = EpisodeLimit, CarryOver = carryOver };
}

/// <summary>The leader's steps.</summary>
public sealed class LeaderConfig
{
    /// <summary>How it steps.</summary>
    public OptimizerKind Optimizer { get; set; } = OptimizerKind.Sgd;

    /// <summary>Learning rate η.</summary>
    public Schedule LearningRate { get; set; } = 0.1;

    /// <summary>Largest norm of a gradient; null for no limit.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double? GradientClip { get; set; } = 1;

    /// <summary>β₁ of Adam.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double AdamFirstDecay { get; set; } = 0.9;

    /// <summary>β₂ of Adam.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double AdamSecondDecay { get; set; } = 0.999;

    /// <summary>ε of Adam.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double AdamFloor { get; set; } = 1e-8;
}

/// <summary>Grid points that run at once; every combination has all the seeds.</summary>
public sealed class GridConfig
{
    /// <summary>Learning rates; none for the leader's own.</summary>
    public IReadOnlyList<Schedule> LearningRate { get; set; } = [];

    /// <summary>Training temperatures; none for the run's own.</summary>
    public IReadOnlyList<Schedule> TrainingTemperature { get; set; } = [];
}

/// <summary>The hypergradient's estimator, chosen by name.</summary>
public sealed class EstimatorConfig
{
    private static readonly string[] Names = ["exact", "m-sobirl", "amd", "bc-hg", "bc-hg-vr", "hpgd", "hpgd-sa", "hpgd-oracle", "sobirl", "zero-order", "naive"];

    /// <summary>The estimators' names, for people.</summary>
    public static string Choices { get; } = $"{string.Join(", ", Names[..^1])} or {Names[^1]}";

    /// <summary>exact, m-sobirl, amd, bc-hg, bc-hg-vr, hpgd, hpgd-sa, hpgd-oracle, sobirl, zero-order or naive.</summary>
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
        Rollouts.SamplingOptions sampling = new() { Steps = Steps, Streams = Streams, EpisodeLimit = EpisodeLimit };
        return Name switch
        {
            "exact" => new Exact(Tolerance) { Objective = objective },
            "m-sobirl" => new MSobirl { Objective = objective, Adjoint = Adjoint.Step, Steps = Adjoint.Steps, StepSize = Adjoint.StepSize, Tolerance = Tolerance },
            _ when objective is not null && Names.Contains(Name) => throw new InvalidInputException($"estimator: '{Name}' estimates the discounted return, not {objective.Name}; expected exact or m-sobirl"),
            "amd" => new Amd { Sweeps = Amd.Sweeps, CarryOver = Amd.CarryOver },
            "bc-hg" => new BcHg { Sampling = sampling, Critic = Critic.ToOptions(CriticKind.Sarsa), AverageVisits = AverageVisits },
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
            "naive" => new Naive { Sampling = sampling, Critic = Critic.ToOptions(CriticKind.Sarsa) },
            _ => throw new InvalidInputException($"estimator: '{Name}'; expected {Choices}"),
        };
    }
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

/// <summary>The leader's critic.</summary>
public sealed class CriticConfig
{
    /// <summary>
    /// sarsa, expected-sarsa, td-lambda, lstd, average-returns or exact; null for the estimator's own: sarsa, but average-returns
    /// for hpgd and hpgd-oracle, and expected-sarsa for bc-hg-vr.
    /// </summary>
    public CriticKind? Kind { get; set; }

    /// <summary>Step size α.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMin = true)]
    public double Step { get; set; } = 0.1;

    /// <summary>λ of td-lambda.</summary>
    [Range(Min = 0, Max = 1)]
    public double TraceDecay { get; set; } = 0.9;

    /// <summary>Passes over the samples of an iteration.</summary>
    [Range(Min = 1)]
    public int Passes { get; set; } = 1;

    /// <summary>lstd: relative change of a value at which its sweeps stop.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Tolerance { get; set; } = 1e-6;

    /// <summary>lstd: sweeps at the most.</summary>
    [Range(Min = 1)]
    public int MaximalSweeps { get; set; } = 10_000;

    /// <summary>As options of the critic.</summary>
    /// <param name="published">How it learns where that is left open.</param>
    public CriticOptions ToOptions(CriticKind published) => new()
    {
        Kind = Kind ?? published,
        Step = Step,
        TraceDecay = TraceDecay,
        Passes = Passes,
        Tolerance = Tolerance,
        MaximalSweeps = MaximalSweeps,
    };
}
