using FastHyper.Backends;
using FastHyper.Hypergradients;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Experiments;

/// <summary>Makes the parts of a run from its configuration.</summary>
public static class ExperimentFactory
{
    /// <summary>Names of the built-in problems.</summary>
    public static IReadOnlyList<string> BuiltInProblems { get; } = ["cliff-walking", "discrete-toy", "four-rooms", "frozen-lake", "preference", "random", "random-game", "random-mdp", "taxi", "warehouse", "warehouse-game"];

    /// <summary>The problem that the configuration names.</summary>
    /// <exception cref="InvalidInputException">There is none, or a constant is out of range.</exception>
    public static Problem CreateProblem(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Problem switch
        {
            "cliff-walking" => ToyWorlds.CliffWalking(config.CliffWalking),
            "discrete-toy" => DiscreteToy.Create(config.DiscreteToy),
            "frozen-lake" => ToyWorlds.FrozenLake(config.FrozenLake),
            "preference" => PreferenceGrid.Create((ulong)config.Seed, config.Preference),
            "taxi" => ToyWorlds.Taxi(config.Taxi),
            "four-rooms" => FourRooms.Create(config.FourRooms),
            "random" => LinearProblem.Create("random", RandomProblem.Generate((ulong)config.Seed, config.Random)),
            "random-game" => new MarkovGame("random-game", RandomGame.Generate((ulong)config.Seed, config.RandomGame)),
            "random-mdp" => RandomMdp.Create((ulong)config.Seed, config.RandomMdp),
            "warehouse" => Warehouse.Create(config.Warehouse),
            "warehouse-game" => WarehouseGame.Create(config.WarehouseGame),
            string path when path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) => StoredProblem.Load(path),
            string name => throw new InvalidInputException($"problem: '{name}'; expected {string.Join(", ", BuiltInProblems)}, or a problem file (.npz)"),
        };
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
        IReadOnlyList<Schedule> rates = config.Grid.LearningRate is { Count: > 0 } r ? r : [config.Leader.LearningRate];
        IReadOnlyList<Schedule?> temperatures = config.Grid.TrainingTemperature is { Count: > 0 } t
            ? [.. t.Select(s => (Schedule?)s)]
            : [config.TrainingTemperature];
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
        LeaderConfig leader = config.Leader;
        LeaderOptions options = new()
        {
            Leaders = CreateLeaders(config),
            Optimizer = leader.Optimizer,
            GradientClip = leader.GradientClip ?? double.PositiveInfinity,
            AdamFirstDecay = leader.AdamFirstDecay,
            AdamSecondDecay = leader.AdamSecondDecay,
            AdamFloor = leader.AdamFloor,
            ContextMode = config.Contexts,
            Follower = config.Follower.ToOptions(),
            CreateFollower = config.Follower.Create,
            Minimize = config.Objective.Minimize,
            Precision = config.Precision,
        };
        return new Leader(problem, config.Estimator.Create(CreateObjective(config)), options, backend);
    }
}
