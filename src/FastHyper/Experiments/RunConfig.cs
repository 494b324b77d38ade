using FastHyper.Backends;
using FastHyper.Experiments.Configuration;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Experiments;

/// <summary>Everything that decides a run's results, and how it is computed.</summary>
public sealed class RunConfig : NotingOptions
{
    /// <summary>four-rooms, frozen-lake, cliff-walking, taxi, preference, random, random-mdp, warehouse, the games discrete-toy, random-game and warehouse-game, or the path of a problem file (.npz).</summary>
    public string Problem { get => Read(field); set; } = "four-rooms";

    /// <summary>SHA-256 of a problem file, noted when a run begins: it goes on with no other.</summary>
    public string? ProblemHash { get => Read(field); set; }

    /// <summary>Seed of the first leader; others count on from it.</summary>
    [Range(Min = 0)]
    public long Seed { get => Read(field); set; } = 1;

    /// <summary>Leaders with different seeds, for each grid point.</summary>
    [Range(Min = 1)]
    public int Seeds { get => Read(field); set; } = 10;

    /// <summary>Leader iterations.</summary>
    [Range(Min = 0, Max = uint.MaxValue)]
    public long Iterations { get => Read(field); set; } = 1000;

    /// <summary>Iterations between rows of metrics.csv.</summary>
    [Range(Min = 1)]
    public long RecordEvery { get => Read(field); set; } = 100;

    /// <summary>Where to compute, by its name on the command line: auto, cpu or opencl, opencl:NUMBER, opencl:NAME.</summary>
    public string Backend { get => Read(field); set; } = "auto";

    /// <summary>Threads of the CPU backend; 0 for one per processor. Does not change the results.</summary>
    [Range(Min = 0)]
    public int Threads { get => Read(field); set; }

    /// <summary>Precision of storage and lanes.</summary>
    public Precision Precision { get => Read(field); set; } = Precision.F64;

    /// <summary>Constants of four-rooms.</summary>
    public FourRoomsOptions FourRooms { get => Read(field); set; } = new();

    /// <summary>Constants of frozen-lake.</summary>
    public FrozenLakeOptions FrozenLake { get => Read(field); set; } = new();

    /// <summary>Constants of cliff-walking.</summary>
    public CliffWalkingOptions CliffWalking { get => Read(field); set; } = new();

    /// <summary>Constants of taxi.</summary>
    public TaxiOptions Taxi { get => Read(field); set; } = new();

    /// <summary>Constants of preference.</summary>
    public PreferenceGridOptions Preference { get => Read(field); set; } = new();

    /// <summary>Constants of random problems.</summary>
    public RandomProblemOptions Random { get => Read(field); set; } = new();

    /// <summary>Constants of random-mdp.</summary>
    public RandomMdpOptions RandomMdp { get => Read(field); set; } = new();

    /// <summary>Constants of warehouse.</summary>
    public WarehouseOptions Warehouse { get => Read(field); set; } = new();

    /// <summary>Constants of discrete-toy.</summary>
    public DiscreteToyOptions DiscreteToy { get => Read(field); set; } = new();

    /// <summary>Constants of random games.</summary>
    public RandomGameOptions RandomGame { get => Read(field); set; } = new();

    /// <summary>Constants of warehouse-game.</summary>
    public WarehouseGameOptions WarehouseGame { get => Read(field); set; } = new();

    /// <summary>Temperature of the followers that leaders train with; null for the problem's own.</summary>
    public Schedule? TrainingTemperature { get => Read(field); set; }

    /// <summary>Whether a context is drawn for each leader iteration or all are averaged.</summary>
    public ContextMode Contexts { get => Read(field); set; } = ContextMode.Drawn;

    /// <summary>What the leaders are after.</summary>
    public ObjectiveConfig Objective { get => Read(field); set; } = new();

    /// <summary>What recorded objectives are.</summary>
    public EvaluationConfig Evaluation { get => Read(field); set; } = new();

    /// <summary>The follower.</summary>
    public FollowerConfig Follower { get => Read(field); set; } = new();

    /// <summary>The hypergradient's estimator.</summary>
    public EstimatorConfig Estimator { get => Read(field); set; } = new();

    /// <summary>The leader's steps.</summary>
    public LeaderConfig Leader { get => Read(field); set; } = new();

    /// <summary>Grid points that run at once, beside the seeds.</summary>
    public GridConfig Grid { get => Read(field); set; } = new();
}

/// <summary>What leaders are after.</summary>
public enum ObjectiveKind
{
    /// <summary>The leader's discounted return J.</summary>
    DiscountedReturn,

    /// <summary>½‖x‖² + ½‖π‖², see <see cref="SquaredNorms"/>.</summary>
    SquaredNorms,

    /// <summary>The likelihood of preferences, see <see cref="BradleyTerry"/>.</summary>
    BradleyTerry,
}

/// <summary>What the leaders are after.</summary>
public sealed class ObjectiveConfig : NotingOptions
{
    /// <summary>The objective F.</summary>
    public ObjectiveKind Kind { get => Read(field); set; }

    /// <summary>bradley-terry: steps of a segment.</summary>
    [SameRange(typeof(BradleyTerry), nameof(BradleyTerry.Segment))]
    public int Segment { get => Read(field); set; } = new BradleyTerry().Segment;

    /// <summary>
    /// Whether leaders step against the gradient, x ← x − η ∇F. Objectives, norms and gradients are reported as they are,
    /// with no sign turned; the best setting is then the one with the least.
    /// </summary>
    public bool Minimize { get => Read(field); set; }
}

/// <summary>What recorded objectives are: the exact objective by default, or the exact return over a fixed number of steps.</summary>
public sealed class EvaluationConfig : NotingOptions
{
    /// <summary>Steps whose return counts; null for the objective itself.</summary>
    [SameRange(typeof(FiniteReturn), nameof(FiniteReturn.Horizon))]
    public int? Horizon { get => Read(field); set; }

    /// <summary>Discount of the return over so many steps; null for the leader's own, 1 for none.</summary>
    [SameRange(typeof(FiniteReturn), nameof(FiniteReturn.Discount))]
    public double? Discount { get => Read(field); set; }

    /// <summary>The steps whose return counts, and its discount where there are any.</summary>
    internal (int? Horizon, double? Discount) ToReturn() => Horizon is int horizon ? (horizon, Discount) : (null, null);
}

/// <summary>The leader's steps.</summary>
public sealed class LeaderConfig : NotingOptions
{
    private static readonly LeaderOptions s_default = new();

    /// <summary>How it steps.</summary>
    public OptimizerKind Optimizer { get => Read(field); set; } = OptimizerKind.Sgd;

    /// <summary>Learning rate η.</summary>
    public Schedule LearningRate { get => Read(field); set; } = 0.1;

    /// <summary>Largest norm of a gradient; null for no limit.</summary>
    [SameRange(typeof(LeaderOptions), nameof(LeaderOptions.GradientClip))]
    public double? GradientClip { get => Read(field); set; } = s_default.GradientClip;

    /// <summary>adam: β₁.</summary>
    [SameRange(typeof(LeaderOptions), nameof(LeaderOptions.AdamFirstDecay))]
    public double AdamFirstDecay { get => Read(field); set; } = s_default.AdamFirstDecay;

    /// <summary>adam: β₂.</summary>
    [SameRange(typeof(LeaderOptions), nameof(LeaderOptions.AdamSecondDecay))]
    public double AdamSecondDecay { get => Read(field); set; } = s_default.AdamSecondDecay;

    /// <summary>adam: ε.</summary>
    [SameRange(typeof(LeaderOptions), nameof(LeaderOptions.AdamFloor))]
    public double AdamFloor { get => Read(field); set; } = s_default.AdamFloor;

    /// <summary>As options of the leaders, with what a leader's steps leave to others as it is there.</summary>
    /// <param name="options">The options.</param>
    internal LeaderOptions Apply(LeaderOptions options)
    {
        options = options with { Optimizer = Optimizer, GradientClip = GradientClip ?? double.PositiveInfinity };
        return options.Optimizer == OptimizerKind.Adam
            ? options with { AdamFirstDecay = AdamFirstDecay, AdamSecondDecay = AdamSecondDecay, AdamFloor = AdamFloor }
            : options;
    }
}

/// <summary>Grid points that run at once; every combination has all the seeds.</summary>
public sealed class GridConfig : NotingOptions
{
    /// <summary>Learning rates; none for the leader's own.</summary>
    public IReadOnlyList<Schedule> LearningRate { get => Read(field); set; } = [];

    /// <summary>Training temperatures; none for the run's own.</summary>
    public IReadOnlyList<Schedule> TrainingTemperature { get => Read(field); set; } = [];
}
