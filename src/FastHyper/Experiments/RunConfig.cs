using FastHyper.Backends;
using FastHyper.Experiments.Configuration;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Experiments;

/// <summary>Everything that decides a run's results, and how it is computed.</summary>
public sealed class RunConfig
{
    /// <summary>four-rooms, frozen-lake, cliff-walking, taxi, preference, random, random-mdp, warehouse, the games discrete-toy, random-game and warehouse-game, or the path of a problem file (.npz).</summary>
    public string Problem { get; set; } = "four-rooms";

    /// <summary>SHA-256 of a problem file, noted when a run begins: it goes on with no other.</summary>
    public string? ProblemHash { get; set; }

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

    /// <summary>Constants of discrete-toy.</summary>
    public DiscreteToyOptions DiscreteToy { get; set; } = new();

    /// <summary>Constants of random games.</summary>
    public RandomGameOptions RandomGame { get; set; } = new();

    /// <summary>Constants of warehouse-game.</summary>
    public WarehouseGameOptions WarehouseGame { get; set; } = new();

    /// <summary>Temperature of the followers that leaders train with; null for the problem's own.</summary>
    public Schedule? TrainingTemperature { get; set; }

    /// <summary>Whether a context is drawn for each leader iteration or all are averaged.</summary>
    public ContextMode Contexts { get; set; } = ContextMode.Drawn;

    /// <summary>What the leaders are after.</summary>
    public ObjectiveConfig Objective { get; set; } = new();

    /// <summary>What recorded objectives are.</summary>
    public EvaluationConfig Evaluation { get; set; } = new();

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

/// <summary>What recorded objectives are: the exact objective by default, or the exact return over a fixed number of steps.</summary>
public sealed class EvaluationConfig
{
    /// <summary>Steps whose return counts; null for the objective itself.</summary>
    [Range(Min = 1)]
    public int? Horizon { get; set; }

    /// <summary>Discount of the return over so many steps; null for the leader's own, 1 for none.</summary>
    [Range(Min = 0, Max = 1)]
    public double? Discount { get; set; }
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
