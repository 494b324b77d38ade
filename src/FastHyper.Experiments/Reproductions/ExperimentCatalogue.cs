namespace FastHyper.Experiments.Reproductions;

/// <summary>The experiments that can be reproduced, by name.</summary>
public static class ExperimentCatalogue
{
    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["four-rooms-bchg", "four-rooms-hpgd", "random-mdp", "suboptimal-follower",
        "preference", "discrete-toy", "linear-warehouse", "building-thermal", "bilevel-lqr", "tax-design"];

    /// <summary>The experiment of that name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="quick">Fewer seeds, iterations and cells: minutes.</param>
    /// <param name="estimator">Only the cells of this estimator; null for all.</param>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public static Experiment Create(string name, bool quick, string? estimator = null)
    {
        Experiment experiment = Find(name, quick, estimator);
        return experiment.Cells.Count > 0
            ? experiment
            : throw new InvalidInputException(
                $"estimator: '{OneLine.Value(estimator ?? "")}' is in no cell of {name}; expected one of its methods");
    }

    /// <summary>All experiments, or those that have cells of an estimator.</summary>
    /// <param name="quick">Fewer seeds, iterations and cells: minutes.</param>
    /// <param name="estimator">Only the cells of this estimator; null for all.</param>
    /// <exception cref="InvalidInputException">There are none.</exception>
    public static IReadOnlyList<Experiment> CreateAll(bool quick, string? estimator = null)
    {
        Experiment[] experiments = [.. Names.Select(name => Find(name, quick, estimator)).Where(experiment => experiment.Cells.Count > 0)];
        return experiments.Length > 0
            ? experiments
            : throw new InvalidInputException(
                $"estimator: '{OneLine.Value(estimator ?? "")}' is in no cell of any experiment; expected one of their methods");
    }

    private static Experiment Find(string name, bool quick, string? estimator) => name switch
    {
        "four-rooms-bchg" => FourRoomsTable.Create(quick, estimator),
        "four-rooms-hpgd" => TwoGoalsTable.Create(quick, estimator),
        "random-mdp" => SmallTables.RandomMdp(quick, estimator),
        "suboptimal-follower" => SmallTables.SuboptimalFollower(quick, estimator),
        "discrete-toy" => DiscreteToyTable.Create(quick, estimator),
        "linear-warehouse" => LinearTables.Warehouse(quick, estimator),
        "building-thermal" => ContinuousTables.BuildingThermal(quick, estimator),
        "bilevel-lqr" => ContinuousTables.BilevelLqr(quick, estimator),
        "tax-design" => ContinuousTables.TaxDesign(quick, estimator),
        "preference" => SmallTables.Preference(quick, estimator),
        _ => throw new InvalidInputException($"experiment: '{OneLine.Value(name)}'; expected {string.Join(", ", Names)}, or all"),
    };
}
