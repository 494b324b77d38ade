using System.Diagnostics;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Bench;

/// <summary>Time to a certified residual from V = 0 as horizons grow.</summary>
internal static class HorizonTable
{
    private const double Tolerance = 1e-8;
    private static readonly double[] s_discounts = [0.9, 0.99, 0.999, 0.9999, 0.99999];

    public static void Print(string[] sides)
    {
        using CpuBackend backend = new();
        Console.WriteLine($"{MachineLimits.Processor}, {backend.Description}, .NET {Environment.Version}");
        Console.WriteLine($"float64, from V = 0 to a residual of {Tolerance:E0}.");
        TextTable table = new(["problem", "discount", "s", "steps", "products", "residual", "method"]);
        foreach (string side in sides.Length > 0 ? sides : ["grid:100", "grid:316"])
        {
            Workload workload = Workload.Peer(side, quick: false);
            foreach (double discount in s_discounts)
            {
                using Mdp mdp = workload.OnDevice(backend, discount);
                using BestResponse response = new(mdp, new SolveOptions { Tolerance = Tolerance });
                double best = double.PositiveInfinity;
                for (int round = 0; round == 0 || (round < 3 && best < 1); round++)
                {
                    mdp.Engine.Fill(response.V, 0);
                    long begin = Stopwatch.GetTimestamp();
                    response.Solve();
                    best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
                }

                Certificate[] certificate = new Certificate[1];
                response.Certify(certificate);
                table.Add(
                    workload.Name, $"{discount}", $"{best:F3}", $"{response.Status.Sweeps[0]}", $"{response.Status.Products[0]}",
                    $"{certificate[0].Residual:E1}{(certificate[0].Converged ? "" : " !")}", certificate[0].Method.ToString());
            }
        }

        table.Print();
    }
}
