using System.Globalization;

namespace FastHyper.Experiments.Reproductions;

/// <summary>
/// Four rooms with one goal, as in the BC-HG paper (arXiv 2603.14867): three temperatures, four numbers of environment steps
/// an iteration, six methods, each at the best of its learning rates and coolings.
/// </summary>
internal static class FourRoomsTable
{
    private static readonly int[] s_steps = [100, 200, 400, 1000];

    // The published figures were read off a plot.
    private static readonly (double Temperature, string Method, string[] Values)[] s_published =
    [
        (0.001, "BC-HG", ["0.65", "0.65", "0.55", "0.20"]), (0.001, "HPGD (MC)", ["0.02", "-0.1", "0.05", "0.20"]),
        (0.001, "HPGD (SA)", ["0", "-0.1", "0", "0"]),
        (0.001, "SoBiRL", ["0"]), (0.001, "naive", ["0"]), (0.001, "HPGD (oracle)", ["0.69"]),
        (0.003, "BC-HG", ["0.55", "0.55", "0.52", "0.26"]), (0.003, "HPGD (MC)", ["0.10", "0.20", "0.24", "0.25"]),
        (0.003, "HPGD (SA)", ["0.42", "0.12", "0", "0"]),
        (0.003, "SoBiRL", ["0"]), (0.003, "naive", ["0"]), (0.003, "HPGD (oracle)", ["0.53"]),
        (0.005, "BC-HG", ["1.35", "1.30", "1.30", "1.05"]), (0.005, "HPGD (MC)", ["1.15", "1.25", "1.27", "1.20"]),
        (0.005, "HPGD (SA)", ["0.82", "0.85", "1.08", "0.80"]),
        (0.005, "SoBiRL", ["0.02"]), (0.005, "naive", ["0.02"]), (0.005, "HPGD (oracle)", ["0.85", "0.78", "0.78", "0.95"]),
    ];

    // Every method has the same grid, and the best of it counts: two decaying learning rates, each with the follower at the
    // case's temperature throughout, and with it cooled from 0.01 over 0.3 of the iterations; in the two colder cases, where the
    // response is nearly deterministic and only that, or BC-HG's noise, leaves the plateau, over 0.9 of them, too.
    // Steps are plain in the warmest case, and have Adam's scaling without momentum in the colder ones: there plain steps
    // of 0.05 to 0.5, which the papers take, gained no method more. The oracle sees a hundred times the samples an iteration and takes a
    // fifth of the iterations.
    private static readonly (string Method, string[] Overrides)[] s_methods =
    [
        ("BC-HG", ["estimator.name=bc-hg"]),
        ("HPGD (MC)", ["estimator.name=hpgd", "estimator.critic.kind=average-returns"]),
        ("HPGD (SA)", ["estimator.name=hpgd-sa", "estimator.critic.kind=sarsa"]),
        ("SoBiRL", ["estimator.name=sobirl"]),
        ("naive", ["estimator.name=naive"]),
        ("HPGD (oracle)", ["estimator.name=hpgd-oracle", "estimator.critic.kind=average-returns"]),
    ];

    // BC-HG's critic is that of the preset, but for the temperature between.
    private static readonly (string, double) s_middle = ("BC-HG", 0.003);
    private static readonly string[] s_middleCritic = ["estimator.critic.kind=sarsa", "estimator.critic.step=0.3"];

    public static Experiment Create(bool quick, string? only)
    {
        List<Cell> cells = [];
        foreach ((string method, string[] overrides) in s_methods)
        {
            if (only is not null && overrides[0] != $"estimator.name={only}") continue;
            foreach (double temperature in (double[])[0.001, 0.003, 0.005])
            {
                foreach (int steps in quick ? [100, 1000] : s_steps)
                {
                    string[] values = s_published.First(p => p.Temperature == temperature && p.Method == method).Values;
                    string t = temperature.ToString(CultureInfo.InvariantCulture);
                    cells.Add(new Cell(
                        method, $"τ = {t}, {steps} steps", values.Length == 1 ? values[0]
                            : values[Array.IndexOf(s_steps, steps)], temperature > 0.004 ? "four-rooms" : "four-rooms-cold",
                        [.. overrides, .. s_middle == (method, temperature) ? s_middleCritic
                            : [], $"four_rooms.temperature={t}", $"estimator.steps={steps}",
                            .. Scale((quick ? 1000 : 10_000) / (method == "HPGD (oracle)" ? 5 : 1), quick ? 3 : 10, temperature)]));
                }
            }
        }

        return new Experiment("four-rooms-bchg", $"Four rooms, one goal{(quick ? " (quick)" : "")}", cells);
    }

    private static string[] Scale(int iterations, int seeds, double temperature)
    {
        bool warm = temperature > 0.004;
        int held = warm ? iterations / 2 : 0;
        IEnumerable<string> rates = (warm ? (double[])[0.1, 0.05] : [0.1, 0.03]).Select(
            rate => string.Create(CultureInfo.InvariantCulture, $"geometric({rate}, {rate / 10:G3}, {iterations - held}, {held})"));
        IEnumerable<string> coolings = (warm ? (int[])[3] : [3, 9]).Select(
            tenths => string.Create(CultureInfo.InvariantCulture, $"geometric(0.01, {temperature}, {tenths * iterations / 10})"));
        return
        [
            $"iterations={iterations}", $"seeds={seeds}", $"record_every={iterations / 50}", $"grid.learning_rate={List(rates)}",
            $"grid.training_temperature={List(coolings.Prepend(temperature.ToString(CultureInfo.InvariantCulture)))}",
        ];
    }

    private static string List(IEnumerable<string> schedules) => $"[{string.Join(", ", schedules.Select(schedule => $"'{schedule}'"))}]";
}
