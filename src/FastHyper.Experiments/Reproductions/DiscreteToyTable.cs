using System.Globalization;

namespace FastHyper.Experiments.Reproductions;

/// <summary>
/// The three-state game of the BC-HG paper (arXiv 2603.14867), R = 1 judged by the discounted return over 150 steps and R = 2 by the
/// undiscounted one, three episodes an iteration; each method at the best of its learning rates. Uniform policies, where all begin, come to
/// 0.48 and 59.75, and the exact gradient to 27.32 and 59.75: with R = 2 there is nothing to gain.
/// </summary>
internal static class DiscreteToyTable
{
    private static readonly double[] s_rates = [1, 0.3, 0.1, 0.03, 0.01];

    private static readonly (string Method, string? First, string? Second, string[] Overrides)[] s_methods =
    [
        ("exact", null, null, ["estimator.name=exact"]),
        ("BC-HG", "27", "58.5", ["estimator.name=bc-hg"]),
        ("BC-HG, fitted V", null, null, ["estimator.name=bc-hg", "estimator.follower_values=fitted", "estimator.follower_critic.step=0.3"]),
        ("naive", "11", "33", ["estimator.name=naive"]),
        ("Bi-AC", "4", "31", ["estimator.name=bi-ac", "estimator.critic.kind=stackelberg"]),
    ];

    public static Experiment Create(bool quick, string? only)
    {
        List<Cell> cells = [];
        foreach ((string method, string? first, string? second, string[] overrides) in s_methods)
        {
            if (only is not null && overrides[0] != $"estimator.name={only}") continue;
            cells.Add(
                new Cell(
                    method, "R = 1", first, "discrete-toy",
                    [.. overrides, "discrete_toy.bonus=1", "evaluation.discount=0.99", .. Scale(quick)]));
            cells.Add(
                new Cell(
                    method, "R = 2, undiscounted", second, "discrete-toy",
                    [.. overrides, "discrete_toy.bonus=2", "evaluation.discount=1", .. Scale(quick)]));
        }

        return new Experiment("discrete-toy", $"Discrete toy game{(quick ? " (quick)" : "")}", cells);
    }

    private static string[] Scale(bool quick)
    {
        // The published number of episodes: 3 · 500.
        int iterations = quick ? 200 : 500;
        IEnumerable<string> rates = s_rates.Select(
            rate => string.Create(CultureInfo.InvariantCulture, $"'geometric({rate}, {rate / 10:G3}, {iterations})'"));
        return ["evaluation.horizon=150", $"iterations={iterations}", $"seeds={(quick ? 3 : 10)}", "record_every=10",
            $"grid.learning_rate=[{string.Join(", ", rates)}]"];
    }
}
