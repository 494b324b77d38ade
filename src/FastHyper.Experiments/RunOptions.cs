using FastHyper.Experiments.Logs;
using FastHyper.Followers;
using FastHyper.Followers.Criteria;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>How long a run is, over which leaders it goes, and how it is computed.</summary>
[Options]
public sealed partial record RunOptions
{
    /// <summary>Seed of the first leader; others count on from it.</summary>
    [Range(Min = 0)]
    public long Seed { get; init => field = InRange.Of<RunOptions>(value); } = (long)LeaderSetting.Default.Seed;

    /// <summary>Leaders with different seeds, for each grid point.</summary>
    [Range(Min = 1)]
    public int Seeds { get; init => field = InRange.Of<RunOptions>(value); } = 10;

    /// <summary>Leader iterations.</summary>
    [Range(Min = 0, Max = uint.MaxValue)]
    public long Iterations { get; init => field = InRange.Of<RunOptions>(value); } = 1000;

    /// <summary>Iterations between rows of metrics.csv.</summary>
    [Range(Min = 1)]
    public long RecordEvery { get; init => field = InRange.Of<RunOptions>(value); } = 100;

    /// <summary>Other forms of metrics.csv to write beside it.</summary>
    public IReadOnlyList<MetricsForm> Log { get; init; } = [];

    /// <summary>Where to compute, by its name on the command line: auto, cpu or opencl, opencl:NUMBER, opencl:NAME.</summary>
    public string Backend { get; init; } = "auto";

    /// <summary>Threads of the CPU backend; 0 for one per processor. Does not change the results.</summary>
    [Range(Min = 0)]
    public int Threads { get; init => field = InRange.Of<RunOptions>(value); }

    /// <summary>Temperature of the followers that leaders train with; null for the problem's own.</summary>
    [OnlyWith(nameof(TrainingTemperatures), Not = true)]
    public Schedule? TrainingTemperature { get; init; }

    /// <summary>Learning rate η.</summary>
    [Key("leader.learning_rate"), OnlyWith(nameof(LearningRates), Not = true)]
    public Schedule LearningRate { get; init; } = LeaderSetting.Default.LearningRate;

    /// <summary>What follower and leader sum up.</summary>
    public CriterionOptions Criterion { get; init; } = new();

    /// <summary>What is recorded of the objective.</summary>
    public FiniteReturnOptions Evaluation { get; init; } = new();

    /// <summary>Learning rates that run at once; none for the one. Each has all the training temperatures, and all the seeds.</summary>
    [Key("grid.learning_rate")]
    public IReadOnlyList<Schedule> LearningRates { get; init; } = [];

    /// <summary>Training temperatures that run at once; none for the one.</summary>
    [Key("grid.training_temperature")]
    public IReadOnlyList<Schedule> TrainingTemperatures { get; init; } = [];

    /// <summary>
    /// Grid points of their own that run at once, in place of all learning rates with all training temperatures, each with as many seeds
    /// from its own on: what a sweep packs.
    /// </summary>
    [Key("grid.points")]
    public IReadOnlyList<GridPoint> Points { get; init; } = [];

    /// <summary>Every grid point with every seed, seeds running fastest.</summary>
    /// <exception cref="InvalidInputException">There are both lists of values and points.</exception>
    public IReadOnlyList<LeaderSetting> CreateLeaders()
    {
        if (Points.Count > 0)
        {
            if (LearningRates.Count > 0 || TrainingTemperatures.Count > 0)
                throw new InvalidInputException("grid.points: beside other lists of grid; expected one or the other");
            return [.. Points.SelectMany(point => LeaderOptions.Seeds(point.Seed, Seeds, point.LearningRate, point.Temperature))];
        }

        IReadOnlyList<Schedule> rates = LearningRates.Count > 0 ? LearningRates : [LearningRate];
        IEnumerable<Schedule?> temperatures =
            TrainingTemperatures.Count > 0 ? TrainingTemperatures.Select(temperature => (Schedule?)temperature) : [TrainingTemperature];
        return
        [
            .. from rate in rates
               from temperature in temperatures
               from setting in LeaderOptions.Seeds((ulong)Seed, Seeds, rate, temperature)
               select setting,
        ];
    }
}
