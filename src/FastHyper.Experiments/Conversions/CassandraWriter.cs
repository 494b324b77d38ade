using System.Globalization;
using System.Text;

namespace FastHyper.Experiments.Conversions;

/// <summary>Writes Cassandra's .MDP files.</summary>
internal static class CassandraWriter
{
    public static string Write(TabularMdp mdp)
    {
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture, $"discount: {mdp.Gamma ?? 1:R}\nvalues: reward\nstates: {mdp.States}\nactions: {mdp.Actions}\n");
        text.Append(mdp.Initial is null ? "start: uniform\n" : $"start: {string.Join(" ", mdp.Initial.Select(Shown))}\n");
        for (int s = 0; s < mdp.States; s++)
        {
            for (int a = 0; a < mdp.Actions; a++)
            {
                int row = (s * mdp.Actions) + a;
                foreach ((int next, double probability) in mdp.Row(row)) text.Append(
                    CultureInfo.InvariantCulture, $"T: {a} : {s} : {next} {probability:R}\n");
                if (mdp.Reward[row] != 0) text.Append(CultureInfo.InvariantCulture, $"R: {a} : {s} : * {mdp.Reward[row]:R}\n");
            }
        }

        return text.ToString();
    }

    private static string Shown(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
