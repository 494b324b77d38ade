using System.Globalization;

namespace FastHyper.Experiments.Reproductions;

/// <summary>
/// Four rooms with two goals, one drawn for each leader iteration, as in the HPGD paper (arXiv 2406.01575): three temperatures
/// and three penalties, five methods, each at the best of its learning rates. HPGD is there with the mean of returns and with a table of
/// λ-returns for a critic; the published figure stands beside both.
/// </summary>
internal static class TwoGoalsTable
{
    // Temperature, penalty, and the published HPGD, AMD and zero-order.
    private static readonly (string Temperature, string Beta, string[] Published)[] s_cases =
    [
        ("0.001", "1", ["0.91±0.088", "0.58±0.000", "0.59±0.059"]), ("0.001", "3", ["0.51±0.006", "0.51±0.000", "0.50±0.005"]),
        ("0.001", "5", ["0.46±0.006", "0.46±0.003", "0.46±0.007"]),
        ("0.003", "1", ["0.95±0.002", "1.00±0.000", "0.91±0.048"]), ("0.003", "3", ["0.73±0.001", "0.39±0.000", "0.40±0.028"]),
        ("0.003", "5", ["0.29±0.003", "0.32±0.000", "0.32±0.002"]),
        ("0.005", "1", ["1.17±0.011", "1.28±0.003", "1.15±0.026"]), ("0.005", "3", ["1.01±0.002", "1.13±0.004", "1.02±0.027"]),
        ("0.005", "5", ["0.87±0.003", "0.97±0.009", "0.79±0.027"]),
    ];

    // Beside each its place among the published; BC-HG has none.
    private static readonly (string Method, string Estimator, int Published, string[] Overrides)[] s_methods =
    [
        ("BC-HG", "bc-hg", -1, []),
        ("HPGD (MC)", "hpgd", 0, ["estimator.critic.kind=average-returns"]),
        ("HPGD (λ-returns)", "hpgd-sa", 0, []),
        ("AMD", "amd", 1, []),
        ("zero-order", "zero-order", 2, []),
    ];

    public static Experiment Create(bool quick, string? only)
    {
        int iterations = quick ? 200 : 3000;
        string[] common =
        [
            $"iterations={iterations}", $"seeds={(quick ? 3 : 10)}", $"record_every={iterations / 20}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"grid.learning_rate=['geometric(0.1, 0.01, {iterations})', 'geometric(0.03, 0.003, {iterations})']"),
        ];
        Cell[] cells =
        [
            .. from method in s_methods
               where only is null || method.Estimator == only
               from one in s_cases
               where !quick || one.Beta == "3"
               select new Cell(
                   method.Method, $"τ = {one.Temperature}, β = {one.Beta}", method.Published < 0
                       ? null
                       : one.Published[method.Published], "four-rooms-hpgd",
                   [$"estimator.name={method.Estimator}", $"four_rooms.temperature={one.Temperature}", $"four_rooms.beta={one.Beta}",
                       .. method.Overrides, .. common]),
        ];
        return new Experiment("four-rooms-hpgd", $"Four rooms, two goals{(quick ? " (quick)" : "")}", cells);
    }
}
