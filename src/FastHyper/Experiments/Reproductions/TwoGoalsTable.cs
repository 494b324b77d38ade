using System.Globalization;

namespace FastHyper.Experiments.Reproductions;

/// <summary>
/// Four rooms with two goals, one drawn for each leader iteration, as in the HPGD paper (arXiv 2406.01575): three temperatures
/// and three penalties, each at the best of its learning rates.
/// </summary>
internal static class TwoGoalsTable
{
    private static readonly (string Temperature, string Beta, string Hpgd, string ZeroOrder)[] s_published =
    [
        ("0.001", "1", "0.91±0.088", "0.59±0.059"), ("0.001", "3", "0.51±0.006", "0.50±0.005"), ("0.001", "5", "0.46±0.006", "0.46±0.007"),
        ("0.003", "1", "0.95±0.002", "0.91±0.048"), ("0.003", "3", "0.73±0.001", "0.40±0.028"), ("0.003", "5", "0.29±0.003", "0.32±0.002"),
        ("0.005", "1", "1.17±0.011", "1.15±0.026"), ("0.005", "3", "1.01±0.002", "1.02±0.027"), ("0.005", "5", "0.87±0.003", "0.79±0.027"),
    ];

    public static Experiment Create(bool quick, string? only)
    {
        int iterations = quick ? 200 : 3000;
        string[] common =
        [
            $"iterations={iterations}", $"seeds={(quick ? 3 : 10)}", $"record_every={iterations / 20}",
            string.Create(CultureInfo.InvariantCulture, $"grid.learning_rate=['geometric(0.1, 0.01, {iterations})', 'geometric(0.03, 0.003, {iterations})']"),
        ];
        List<Cell> cells = [];
        foreach ((string method, string name, string[] own) in ((string, string, string[])[])
            [("BC-HG", "bc-hg", []), ("HPGD", "hpgd", ["estimator.critic.kind=average-returns"]), ("zero-order", "zero-order", [])])
        {
            if (only is not null && only != name) continue;
            foreach ((string temperature, string beta, string hpgd, string zeroOrder) in s_published)
            {
                string? published = name == "hpgd" ? hpgd : name == "zero-order" ? zeroOrder : null;
                cells.Add(new Cell(method, $"τ = {temperature}, β = {beta}", published, "four-rooms-hpgd", [$"estimator.name={name}", $"four_rooms.temperature={temperature}", $"four_rooms.beta={beta}", .. own, .. common]));
            }
        }

        return new Experiment("four-rooms-hpgd", $"Four rooms, two goals{(quick ? " (quick)" : "")}", cells);
    }
}
