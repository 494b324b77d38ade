using System.Diagnostics;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Bench;

/// <summary>
/// Time to a certified residual of 1e-8 from V = 0 by every method, of MDPs that other solvers were timed on; and what a
/// sweep takes beside the bytes that it moves over the bandwidth measured in the same run.
/// </summary>
internal static class SolverTable
{
    private const double Tolerance = 1e-8;
    private const int Rounds = 5;
    private static readonly (string Name, double Temperature)[] Temperatures = [("soft, 0.1", 0.1), ("hard", 1e-12)];

    public static void Print(string[] which, bool quick)
    {
        using CpuBackend backend = new();
        using ThreadTeam team = new(backend.Threads);
        using MachineLimits limits = new(512 << 20);
        Console.WriteLine($"{MachineLimits.Processor}, {backend.Description}, .NET {Environment.Version}");
        Console.WriteLine(
            $"float64, from V = 0 to a residual of {Tolerance:E0}; the best of {Rounds} for times below a second; discount "
                + $"{Workload.Discount}.");
        Console.WriteLine();
        foreach (string name in which.Length > 0 ? which : ["a", "b", "c"])
        {
            Workload workload = Workload.Peer(name, quick);
            Sweeps(workload, backend, team, limits);
            Methods(workload, backend, quick);
        }
    }

    private static void Sweeps(Workload workload, CpuBackend backend, ThreadTeam team, MachineLimits limits)
    {
        using Sweep sweep = workload.CreateSweep(backend, Precision.F64);
        using NativeArray<int> columns = new(workload.Transitions.Matrix.EntryCount);
        workload.Transitions.Matrix.Columns.CopyTo(columns.Span());
        using NativeArray<double> values = new(workload.Transitions.States);
        PlainSweep plain = new(workload);
        Interleaved timing = new();
        Timed read = timing.Add(() => limits.Read(team), MachineLimits.BytesRead);
        Timed swept = timing.Add(() => sweep.Run(2), 2);
        Timed gather = timing.Add(() => limits.Gather(team, backend.LaneBits, columns, values));
        Timed plainly = timing.Add(plain.Run);
        timing.Run(Rounds);
        double rows = workload.Rows;
        double perRow = sweep.Engine.TransitionBytes / rows;
        double bytes = sweep.Engine.TransitionBytes + (8 * rows) + (16.0 * workload.Transitions.States);
        double plainBytes = workload.Bytes(8);
        double memory = bytes * read.Seconds, plainMemory = plainBytes * read.Seconds;
        Console.WriteLine(
            $"{workload.Name}: {workload.Transitions.States} states, {workload.Transitions.Actions} actions, "
                + $"{workload.Transitions.Matrix.EntryCount / 1e6:F1} M transitions");
        Console.WriteLine(
            $"  transitions take {perRow:F1} bytes a state-action "
                + $"({(plainBytes - (8 * rows) - (16.0 * workload.Transitions.States)) / rows:F1} in compressed rows)");
        Console.WriteLine(
            $"  sweep {swept.Seconds * 1e3:F2} ms; {bytes / 1e6:F0} MB at {read.Rate / 1e9:F1} GB/s read take {memory * 1e3:F2} ms: "
                + $"{swept.Seconds / memory:F2} x; of compressed rows {plainMemory * 1e3:F2} ms: {swept.Seconds / plainMemory:F2} x;");
        Console.WriteLine(
            $"  gathering V alone {gather.Seconds * 1e3:F2} ms: {swept.Seconds / gather.Seconds:F2} x; a plain C# sweep on one thread "
                + $"{plainly.Seconds * 1e3:F1} ms: {plainly.Seconds / swept.Seconds:F1} times as long");
    }

    private static void Methods(Workload workload, CpuBackend backend, bool quick)
    {
        using Mdp mdp = workload.OnDevice(backend);
        TextTable table = new(["method", .. Temperatures.SelectMany(t => (string[])[$"{t.Name}: s", "sweeps", "products", "residual"])]);
        foreach (SolveMethod method in Enum.GetValues<SolveMethod>())
        {
            bool plain = method is SolveMethod.Sweeps or SolveMethod.GaussSeidel;
            if (quick && plain) continue;
            List<string> cells = [method.ToString()];
            foreach ((_, double temperature) in Temperatures)
            {
                // Plain sweeps take as many for every temperature.
                if (plain && temperature != Temperatures[0].Temperature)
                {
                    cells.AddRange(["", "", "", ""]);
                    continue;
                }

                mdp.SetTemperatures([temperature]);
                using BestResponse response = new(mdp, new SolveOptions { Tolerance = Tolerance, Method = method, MaxSweeps = 5000 });
                double best = double.PositiveInfinity;
                for (int round = 0; round == 0 || (round < Rounds && best < 10 && (round == 1 || best < 1)); round++)
                {
                    mdp.Engine.Fill(response.V, 0);
                    long begin = Stopwatch.GetTimestamp();
                    response.Solve();
                    best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
                }

                Certificate[] certificate = new Certificate[1];
                response.Certify(certificate);
                cells.AddRange([
                    $"{best:F3}", $"{response.Status.Sweeps[0]}", $"{response.Status.Products[0]}",
                        $"{certificate[0].Residual:E1}{(certificate[0].Converged ? "" : " !")}"]);
            }

            table.Add([.. cells]);
        }

        table.Print();
    }
}
