using System.Diagnostics;
using System.Globalization;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Bench;

/// <summary>
/// Time and memory of solves as work grows: states of the grid, and the discount. Each solve is a process of its own, so
/// that its peak of resident memory is its own, too.
/// </summary>
internal static class ScaleTable
{
    private const double Tolerance = 1e-8;

    public static void Print(bool quick)
    {
        TextTable states = new(
            "problem", "states", "generate s", "lay out s", "solve s", "us/state", "again s", "us/state", "sweeps", "products", "residual",
            "problem MB", "peak MB", "peak/problem", "peak bytes/state");
        foreach (string name in (string[])["a", "b", "c"]) states.Add(Child(name, 0.99, cold: true));
        foreach (int side in quick ? (int[])[100, 316] : [100, 316, 1000, 3162]) states.Add(Child($"grid:{side}", 0.99, cold: false));
        states.Print();
        TextTable discounts = new(
            "discount", "states", "generate s", "lay out s", "solve s", "us/state", "again s", "us/state", "sweeps", "products", "residual",
            "problem MB", "peak MB", "peak/problem", "peak bytes/state");
        foreach (double discount in (double[])[0.9, 0.99, 0.999, 0.9999])
        {
            string[] line = Child(quick ? "grid:100" : "grid:316", discount, cold: false);
            line[0] = discount.ToString(CultureInfo.InvariantCulture);
            discounts.Add(line);
        }

        discounts.Print();
    }

    /// <summary>
    /// What the child process does: makes a problem, solves it and prints one line. Its peak is what came on top of the empty
    /// process from the first array on, certificate included. A cold process compiles everything that it runs, 70 ms and
    /// 13 MB; a warm one has solved a small problem before.
    /// </summary>
    public static void Solve(string name, double discount, bool cold)
    {
        if (!cold) _ = Solve(Workload.Peer("grid:100", quick: false), discount, 0, 0);
        long empty = Resident("VmRSS:");
        long begin = Stopwatch.GetTimestamp();
        Workload workload = Workload.Peer(name, quick: false);
        Console.WriteLine(string.Join('\t', Solve(workload, discount, Stopwatch.GetElapsedTime(begin).TotalSeconds, empty)));
    }

    private static string[] Solve(Workload workload, double discount, double generated, long empty)
    {
        long problem = workload.ArrayBytes;
        long begin = Stopwatch.GetTimestamp();
        using CpuBackend backend = new();
        using Mdp mdp = workload.OnDevice(backend, discount);
        double built = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        mdp.SetTemperatures([0.1]);
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = Tolerance });
        begin = Stopwatch.GetTimestamp();
        response.Solve();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        Certificate[] certificate = new Certificate[1];
        response.Certify(certificate);
        long peak = Resident("VmHWM:") - empty;
        double again = Again(mdp);
        int states = workload.Transitions.States;
        return
        [
            workload.Name, $"{states}", $"{generated:F2}", $"{built:F2}", $"{seconds:F3}", $"{1e6 * seconds / states:F2}", $"{again:F3}",
            $"{1e6 * again / states:F2}", $"{response.Status.Sweeps[0]}", $"{response.Status.Products[0]}",
            $"{certificate[0].Residual:E1}{(certificate[0].Converged ? "" : " !")}", $"{problem / 1e6:F0}", $"{peak / 1e6:F0}",
            $"{(double)peak / problem:F2}", $"{(double)peak / states:F0}",
        ];
    }

    /// <summary>The same from V = 0 once more, the solvers' arrays in place.</summary>
    private static double Again(Mdp mdp)
    {
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = Tolerance });
        long begin = Stopwatch.GetTimestamp();
        response.Solve();
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static string[] Child(string name, double discount, bool cold)
    {
        // The host of this process is dotnet, which is given the assembly, or the program itself.
        string host = Environment.ProcessPath!;
        string[] program = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(ScaleTable).Assembly.Location] : [];
        ProcessStartInfo start = new(host, [.. program, "solve-one", name, discount.ToString(CultureInfo.InvariantCulture), cold ? "cold"
            : "warm"])
        { RedirectStandardOutput = true };
        using Process child = Process.Start(start)!;
        string line = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        if (child.ExitCode != 0) throw new InvalidOperationException($"solving {name} failed with exit code {child.ExitCode}");
        return line.TrimEnd().Split('\t');
    }

    private static long Resident(string field)
    {
        if (!File.Exists("/proc/self/status")) return Process.GetCurrentProcess().PeakWorkingSet64;
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
