using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Bench;

/// <summary>One run that sets what FastHyper does beside what the machine can do at best.</summary>
internal sealed partial class RatioTable : IDisposable
{
    private static readonly int[] ThreadCounts = [1, 2];
    private readonly bool _quick;
    private readonly int _rounds;
    private readonly CpuBackend[] _backends = [.. ThreadCounts.Select(threads => new CpuBackend(threads))];
    private readonly ThreadTeam[] _teams = [.. ThreadCounts.Select(threads => new ThreadTeam(threads))];
    private readonly MachineLimits _limits;

    private RatioTable(bool quick)
    {
        _quick = quick;
        _rounds = quick ? 2 : 12;
        _limits = new MachineLimits(quick ? 256 << 20 : 512 << 20);
    }

    private int LaneBits => _backends[0].LaneBits;

    /// <summary>Prints the whole table, or the leader loop alone.</summary>
    public static void Print(bool quick, bool leadersOnly = false)
    {
        using RatioTable table = new(quick);
        Console.WriteLine(
            $"{MachineLimits.Processor}, {Environment.ProcessorCount} threads, lanes of {table.LaneBits} bits, .NET {Environment.Version}");
        Console.WriteLine("Best times, of things timed in turn; limits are measured beside them in the same rounds.");
        Console.WriteLine();
        if (!leadersOnly)
        {
            table.Sweeps(Workload.Grid(quick ? 200 : 1000));
            table.Sweeps(Workload.Random(quick ? 10_000 : 100_000, 8, 8));
            table.Rollouts();
        }

        table.LeaderLoop(quick ? 500 : 10_000);
    }

    public void Dispose()
    {
        foreach (CpuBackend backend in _backends) backend.Dispose();
        foreach (ThreadTeam team in _teams) team.Dispose();
        _limits.Dispose();
    }

    private void Sweeps(Workload workload)
    {
        Interleaved timing = new();
        int states = workload.Transitions.States;
        double exps = workload.Rows;
        int sweeps = Math.Max(1, (int)(2e6 / exps));
        using NativeArray<int> columns = new(workload.Transitions.Matrix.EntryCount);
        workload.Transitions.Matrix.Columns.CopyTo(columns.Span());
        using NativeArray<double> wide = new(states);
        using NativeArray<float> narrow = new(states);

        List<Sweep> engines = [];
        List<(Precision Precision, int Threads, Timed Sweep, Timed Read, Timed Exp, Timed Gather)> cases = [];
        PlainSweep plain = new(workload);
        Timed plainTime = timing.Add(plain.Run);
        for (int i = 0; i < ThreadCounts.Length; i++)
        {
            ThreadTeam team = _teams[i];
            Timed read = timing.Add(() => _limits.Read(team), MachineLimits.BytesRead);
            foreach (Precision precision in (Precision[])[Precision.F64, Precision.F32])
            {
                const int blocks = 8;
                bool f64 = precision == Precision.F64;
                Sweep sweep = workload.CreateSweep(_backends[i], precision);
                engines.Add(sweep);
                cases.Add((
                    precision,
                    ThreadCounts[i],
                    timing.Add(() => sweep.Run(sweeps), sweeps),
                    read,
                    timing.Add(
                        f64 ? () => _limits.Exp<double>(team, LaneBits, blocks) : () => _limits.Exp<float>(team, LaneBits, blocks),
                        (double)blocks * MachineLimits.ExpLength * MachineLimits.ExpPasses),
                    timing.Add(
                        f64
                            ? () => _limits.Gather(team, LaneBits, columns, wide)
                            : () => _limits.Gather(team, LaneBits, columns, narrow))));
            }
        }

        timing.Run(_rounds);
        Console.WriteLine(
            $"soft sweep, {workload.Name}: {states} states, {workload.Transitions.Actions} actions, "
                + $"{workload.Transitions.Matrix.EntryCount / 1e6:F1} M transitions; plain C# loop, float64, 1 thread: "
                    + $"{plainTime.Seconds * 1e3:F2} ms");
        TextTable table = new(
            "precision", "threads", "sweep ms", "MB", "GB/s read", "memory ms", "G exp/s", "exp ms", "gather ms", "sweep/limit",
            "sweep/gather", "plain/sweep");
        foreach ((Precision precision, int threads, Timed sweep, Timed read, Timed exp, Timed gather) in cases.OrderBy(c => c.Precision))
        {
            double bytes = workload.Bytes(precision == Precision.F64 ? 8 : 4);
            double memory = bytes * read.Seconds;
            double arithmetic = (exps + states) * exp.Seconds;
            double limit = Math.Max(memory, arithmetic);
            table.Add(
                precision == Precision.F64
                    ? "float64"
                    : "float32", $"{threads}", $"{sweep.Seconds * 1e3:F2}", $"{bytes / 1e6:F1}", $"{read.Rate / 1e9:F1}",
                $"{memory * 1e3:F2}", $"{exp.Rate / 1e9:F2}", $"{arithmetic * 1e3:F2}", $"{gather.Seconds * 1e3:F2}",
                $"{sweep.Seconds / limit:F2}", $"{sweep.Seconds / gather.Seconds:F2}", $"{plainTime.Seconds / sweep.Seconds:F1}");
        }

        table.Print();
        foreach (Sweep engine in engines) engine.Dispose();
    }
}
