using System.Diagnostics;
using System.Globalization;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;

namespace FastHyper.Bench;

/// <summary>
/// Time to a certified residual from V = 0 as horizons grow, and what it takes to evaluate the policy that is found, with products alone
/// and with levels of aggregated states after a trial of products.
/// </summary>
internal static class HorizonTable
{
    private const double Tolerance = 1e-8;
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
            Console.WriteLine(
                $"{workload.Name}: discount: solve s, s of processors, sweeps, products, residual; evaluation by products s, products; "
                    + $"with levels s, products, cycles, set-ups");
            foreach (double discount in discounts)
            {
                Solve(workload, discount, backend);
            }
        }
    }

    private static void Solve(Workload workload, double discount, CpuBackend backend)
    {
        using Mdp mdp = workload.OnDevice(backend, discount);
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
        (double plain, int products, _) = Evaluate(workload, discount, backend, mdp.Engine, response.Policy, levels: false);
        (double levelled, int fewer, MultilevelWork work) =
            Evaluate(workload, discount, backend, mdp.Engine, response.Policy, levels: true);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {discount,-7} {best,9:F3} {busy,9:F3} {response.Status.Sweeps[0],7} {response.Status.Products[0],7} "
                + $"{certificate[0].Residual:E1}"
                + $"{(certificate[0].Converged ? " " : "!")} {plain,9:F3} {products,7} {levelled,9:F3} {fewer,7} {work.Cycles,5} "
                    + $"{work.SetUps,3}"));
    }

    /// <summary>Evaluates the policy from zero, on an engine of its own.</summary>
    private static (double Seconds, int Products, MultilevelWork Work) Evaluate(
        Workload workload, double discount, CpuBackend backend, Engine engine, DeviceArray policy, bool levels)
    {
        using Mdp mdp = workload.OnDevice(backend, discount);
        mdp.Engine.UsesLevels = levels;
        using DeviceArray own = mdp.Engine.Allocate(ArrayKind.StateAction), v = mdp.Engine.Allocate(ArrayKind.State);
        double[] pi = new double[own.Length];
        engine.Download(policy, 0, pi);
        mdp.Engine.Upload(own, 0, pi);
        using LinearSolves solves = new(mdp, new SolveOptions { Tolerance = 1e-10 });
        double best = double.PositiveInfinity;
        for (int round = 0; round == 0 || (round < 3 && best < 0.5); round++)
        {
            mdp.Engine.Fill(v, 0);
            long begin = Stopwatch.GetTimestamp();
            solves.Evaluate(v, own, mdp.Reward, discount);
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        return (best, solves.Certificates[0].Products, mdp.Engine.Multilevel);
    }
}
