using System.Globalization;

namespace FastHyper.Bench;

/// <summary>Tells, once, that the machine has other things to do.</summary>
internal static class Busy
{
    // What the same work may take longer in half of its rounds, at a machine that is left alone.
    private const double MostSpread = 0.15;
    private static bool s_told;

    /// <summary>Looks at what work took in each round, for its best time: disturbance only ever adds.</summary>
    public static void Observe(IEnumerable<IReadOnlyList<double>> things)
    {
        double[] spreads = [.. things.Where(rounds => rounds.Count >= 4).Select(rounds => (Median(rounds) / rounds.Min()) - 1)];
        if (s_told || spreads.Length == 0) return;
        double spread = Median(spreads);
        if (spread <= MostSpread) return;
        s_told = true;
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"bench: the machine is busy: what is timed takes {100 * spread:F0} % longer in half of the rounds than in the best"));
    }

    private static double Median(IReadOnlyList<double> values) => values.Order().ElementAt(values.Count / 2);
}
