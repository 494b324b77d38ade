using System.Diagnostics;
using System.Globalization;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Bench;

/// <summary>
/// Time to a certified residual from V = 0 as horizons grow, with levels of aggregated states and, for the shorter horizons, with products
/// alone.
/// </summary>
internal static class HorizonTable
{
    private const double Tolerance = 1e-8;
    private const double LongestOfProducts = 0.9999;
    private static readonly double[] s_discounts = [0.9, 0.99, 0.999, 0.9999, 0.99999];

    /// <summary>Prints lines as they are found: a long horizon may take a while.</summary>
    /// <param name="values">Problems by name, and discounts.</param>
    public static void Print(string[] values)
    {
        string[] problems = [.. values.Where(value => !value.StartsWith("0.", StringComparison.Ordinal))];
        double[] discounts = [.. values.Except(problems).Select(value => double.Parse(value, CultureInfo.InvariantCulture))];
        if (discounts.Length == 0) discounts = s_discounts;
        using CpuBackend backend = new();
        Console.WriteLine($"{MachineLimits.Processor}, {backend.Description}, .NET {Environment.Version}");
        Console.WriteLine($"float64, from V = 0 to a residual of {Tolerance:E0}; a sweep reads P, a product P_pi.");
        foreach (string name in problems.Length > 0 ? problems : ["grid:100", "grid:316"])
        {
            Workload workload = Workload.Peer(name, quick: false);
            Console.WriteLine($"{workload.Name}: discount, solver: s, s of processors, sweeps and steps, products, cycles, levels, ms of a set-up, residual");
            foreach (double discount in discounts)
            {
                Solve(workload, discount, backend, levels: true);
                if (discount <= LongestOfProducts) Solve(workload, discount, backend, levels: false);
            }
        }
    }

    private static void Solve(Workload workload, double discount, CpuBackend backend, bool levels)
    {
        using Mdp mdp = workload.OnDevice(backend, discount);
        mdp.Engine.UsesLevels = levels;
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = Tolerance });
        double best = double.PositiveInfinity, busy = best;
        for (int round = 0; round == 0 || (round < 3 && best < 0.5); round++)
        {
            mdp.Engine.Fill(response.V, 0);
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long begin = Stopwatch.GetTimestamp();
            response.Solve();
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
            busy = Math.Min(busy, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
        }

        Certificate[] certificate = new Certificate[1];
        response.Certify(certificate);
        (int count, int setUps, int cycles, double seconds) = response.Multilevel;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {discount,-7} {(levels ? "levels" : "products"),-8} {best,9:F3} {busy,9:F3} {response.Status.Sweeps[0],6} {response.Status.Products[0],7} "
                + $"{cycles,5} {count,3} {1e3 * seconds / Math.Max(1, setUps),7:F1} {certificate[0].Residual:E1}"
                + $"{(certificate[0].Converged ? "" : " !")}"));
    }
}
