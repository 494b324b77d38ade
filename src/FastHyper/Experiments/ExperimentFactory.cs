using FastHyper.Backends;
using FastHyper.Hypergradients;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Experiments;

/// <summary>Makes the parts of a run from its configuration. What it reads for that are the keys that count in a run.</summary>
public static class ExperimentFactory
{
    private const string ProblemFileExtension = ".npz";

    /// <summary>Names of the built-in problems.</summary>
    public static IReadOnlyList<string> BuiltInProblems { get; } = ["cliff-walking", "discrete-toy", "four-rooms", "frozen-lake", "preference", "random", "random-game", "random-mdp", "taxi", "warehouse", "warehouse-game"];

    /// <summary>The problem that the configuration names.</summary>
    /// <exception cref="InvalidInputException">There is none, or a constant is out of range.</exception>
    public static Problem CreateProblem(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return ProblemMaker(config)();
    }

    /// <summary>The objective that the configuration names; null for the discounted return.</summary>
    public static IObjective? CreateObjective(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Objective.Kind switch
        {
            ObjectiveKind.SquaredNorms => new SquaredNorms(),
            ObjectiveKind.BradleyTerry => new BradleyTerry { Segment = config.Objective.Segment },
            _ => null,
        };
    }

    /// <summary>Every grid point with every seed, seeds running fastest.</summary>
    public static IReadOnlyList<LeaderSetting> CreateLeaders(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        (IReadOnlyList<Schedule> rates, IReadOnlyList<Schedule?> temperatures) = Grid(config);
        return
        [
            .. from rate in rates
               from temperature in temperatures
               from setting in LeaderOptions.Seeds((ulong)config.Seed, config.Seeds, rate, temperature)
               select setting,
        ];
    }

    /// <summary>The leaders, at iteration 0.</summary>
    public static Leader CreateLeader(RunConfig config, Problem problem, Backend backend)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new Leader(problem, config.Estimator.Create(CreateObjective(config)), Options(config) with { Leaders = CreateLeaders(config) }, backend);
    }

    /// <summary>What judges the leaders.</summary>
    internal static ObjectiveEvaluator CreateEvaluator(RunConfig config, Problem problem, int leaders, Backend backend)
    {
        (int? horizon, double? discount) = config.Evaluation.ToReturn();
        return new ObjectiveEvaluator(problem, leaders, backend, objective: CreateObjective(config), horizon: horizon, horizonDiscount: discount);
    }

    /// <summary>Reads all that a run reads, and makes nothing large of it.</summary>
    /// <exception cref="InvalidInputException">There is no such problem, estimator or backend, or the estimator knows no such objective.</exception>
    internal static void ReadRun(RunConfig config)
    {
        ReadProblem(config);
        _ = (config.Seed, config.Seeds, config.Iterations, config.RecordEvery, config.Backend, config.Threads);
        _ = Grid(config);
        _ = Options(config);
        _ = config.Estimator.Create(CreateObjective(config));
        _ = config.Evaluation.ToReturn();
    }

    /// <summary>Reads all that the problem and its objective are made of.</summary>
    /// <exception cref="InvalidInputException">There is no such problem.</exception>
    internal static void ReadProblem(RunConfig config)
    {
        if (IsFile(config.Problem)) _ = config.ProblemHash;
        _ = ProblemMaker(config);
        _ = CreateObjective(config);
    }

    /// <summary>Whether a problem's name is that of a problem file.</summary>
    internal static bool IsFile(string problem) => problem.EndsWith(ProblemFileExtension, StringComparison.OrdinalIgnoreCase);

    private static Func<Problem> ProblemMaker(RunConfig config)
    {
        static Func<Problem> Of<T>(T options, Func<T, Problem> create) => () => create(options);
        Func<Problem> Seeded<T>(T options, Func<ulong, T, Problem> create)
        {
            ulong seed = (ulong)config.Seed;
            return () => create(seed, options);
        }

        return config.Problem switch
        {
            "cliff-walking" => Of(config.CliffWalking, ToyWorlds.CliffWalking),
            "discrete-toy" => Of(config.DiscreteToy, DiscreteToy.Create),
            "frozen-lake" => Of(config.FrozenLake, ToyWorlds.FrozenLake),
            "preference" => Seeded(config.Preference, PreferenceGrid.Create),
            "taxi" => Of(config.Taxi, ToyWorlds.Taxi),
            "four-rooms" => Of(config.FourRooms, FourRooms.Create),
            "random" => Seeded(config.Random, (seed, options) => LinearProblem.Create("random", RandomProblem.Generate(seed, options))),
            "random-game" => Seeded(config.RandomGame, (seed, options) => new MarkovGame("random-game", RandomGame.Generate(seed, options))),
            "random-mdp" => Seeded(config.RandomMdp, RandomMdp.Create),
            "warehouse" => Of(config.Warehouse, Warehouse.Create),
            "warehouse-game" => Of(config.WarehouseGame, WarehouseGame.Create),
            string path when IsFile(path) => Of(path, StoredProblem.Load),
            string name => throw new InvalidInputException($"problem: '{OneLine.Value(name)}'{Names.DidYouMean(name, BuiltInProblems)}; expected {string.Join(", ", BuiltInProblems)}, or a problem file ({ProblemFileExtension})"),
        };
    }

    /// <summary>Learning rates and training temperatures of the grid, or the run's own.</summary>
    private static (IReadOnlyList<Schedule> Rates, IReadOnlyList<Schedule?> Temperatures) Grid(RunConfig config) => (
        config.Grid.LearningRate is { Count: > 0 } rates ? rates : [config.Leader.LearningRate],
        config.Grid.TrainingTemperature is { Count: > 0 } temperatures ? [.. temperatures.Select(s => (Schedule?)s)] : [config.TrainingTemperature]);

    private static LeaderOptions Options(RunConfig config) => config.Leader.Apply(new LeaderOptions
    {
        ContextMode = config.Contexts,
        Follower = config.Follower.ToOptions(),
        CreateFollower = config.Follower.Maker(),
        Minimize = config.Objective.Minimize,
        Precision = config.Precision,
    });
}
