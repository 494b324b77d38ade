namespace FastHyper.Experiments.Reproductions;

/// <summary>
/// The experiments of continuous states: BC-HG's (arXiv 2603.14867) two with closed forms, beside what was published after 2 000 and 500
/// iterations and the best that is known; and HPGD's (arXiv 2406.01575) taxes, over a grid.
/// </summary>
internal static class ContinuousTables
{
    private const string Adam = "leader.optimizer=adam";

    /// <summary>Insulation and airflow of a building: 10 000 steps an iteration, as published, or a tenth of them.</summary>
    public static Experiment BuildingThermal(bool quick, string? only)
    {
        int iterations = quick ? 60 : 200;
        string[] run = [$"iterations={iterations}", $"seeds={(quick ? 3 : 10)}", "record_every=10", Adam, "leader.learning_rate=0.1",
            "leader.gradient_clip=1"];
        string[] many = [.. run, "estimator.steps=10000", "estimator.streams=100", "estimator.episode_limit=100"];
        string[] few = [.. run, "estimator.steps=1000", "estimator.streams=10", "estimator.episode_limit=100"];
        return new Experiment("building-thermal", $"A building's insulation and airflow{Quick(quick)}",
        [
            .. SmallTables.Chosen(only,
                Thermal("exact", null, [.. run, "estimator.name=exact"]),
                Thermal("fitted", null, [.. many, "estimator.name=fitted"]),
                Thermal("fitted, starts as expected", null, [.. many, "estimator.name=fitted", "estimator.starts=expected"]),
                Thermal("fitted, 1 000 steps, starts as expected", null, [.. few, "estimator.name=fitted", "estimator.starts=expected"]),
                Thermal("BC-HG, centred", "-196.2", [.. many, "estimator.name=bc-hg"]),
                Thermal("naive", "-211.2", [.. many, "estimator.name=naive"])),
        ])
        { BestKnown = -162.503 };

        static Cell Thermal(string method, string? published, string[] overrides) => new(method, "J", published, "building-thermal",
            overrides);
    }

    /// <summary>The linear-quadratic game: 4 episodes an iteration, as published, judged by the return without discount.</summary>
    public static Experiment BilevelLqr(bool quick, string? only)
    {
        // With fewer iterations some leaders are still on their way.
        const int iterations = 500;
        string[] run =
        [
            $"iterations={iterations}", $"seeds={(quick ? 5 : 20)}", "record_every=10", Adam,
                $"leader.learning_rate=geometric(0.1, 0.01, {iterations})",
            "leader.gradient_clip=1", "evaluation.horizon=100", "evaluation.discount=1",
        ];
        string[] sampled = [.. run, "estimator.steps=400", "estimator.streams=4", "estimator.episode_limit=100"];
        return new Experiment("bilevel-lqr", $"A linear-quadratic game{Quick(quick)}",
        [
            .. SmallTables.Chosen(only,
                Game("exact", null, [.. run, "estimator.name=exact"]),
                Game("fitted, 4 episodes", "0.149", [.. sampled, "estimator.name=fitted"]),
                Game("naive, 4 episodes", "0.020", [.. sampled, "estimator.name=naive"])),
        ])
        { BestKnown = 18.43 };

        static Cell Game(string method, string? published, string[] overrides) => new(method, "return", published, "bilevel-lqr",
            overrides);
    }

    /// <summary>Taxes, at three temperatures of the follower; its curves are published as pictures alone.</summary>
    public static Experiment TaxDesign(bool quick, string? only)
    {
        List<Cell> cells = [];
        foreach (string name in (string[])["exact", "bc-hg", "naive"])
        {
            if (only is not null && only != name) continue;
            foreach (string temperature in (string[])["0.1", "0.2", "0.3"])
            {
                string[] samples = name == "exact" ? [] : ["estimator.steps=6000", "estimator.streams=30"];
                cells.Add(new Cell(name == "bc-hg" ? "BC-HG" : name, $"τ = {temperature}", null, "tax-design",
                [
                    $"estimator.name={name}", $"tax_design.temperature={temperature}", $"tax_design.points={(quick ? 41 : 101)}",
                        $"iterations={(quick ? 20 : 100)}",
                    $"seeds={(quick ? 2 : 10)}", "record_every=10", Adam, "leader.learning_rate=0.05", "leader.gradient_clip=1", .. samples,
                ]));
            }
        }

        return new Experiment("tax-design", $"Taxes on income and goods{Quick(quick)}", cells);
    }

    private static string Quick(bool quick) => quick ? " (quick)" : "";
}
