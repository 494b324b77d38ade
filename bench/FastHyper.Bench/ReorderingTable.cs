using System.Diagnostics;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Reordering;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Bench;

/// <summary>
/// What the order of states costs, and what it costs to find another: loads and solves of a grid in its natural order and with its
/// states shuffled, and of problems that no order helps, with and without reordering, in turn.
/// </summary>
internal static class ReorderingTable
{
    private const int Rounds = 4;

    public static void Print(bool quick)
    {
        Console.WriteLine(
            $"{MachineLimits.Processor}, .NET {Environment.Version}; float64, temperature {Workload.Temperature}, to a residual of 1e-8; "
                + $"the best of {Rounds}.");
        TextTable table = new("states", "reordering", "load s", "ratio", "sweep ms", "ratio", "solve s", "ratio", "bytes a state-action");
        Workload grid = Workload.Peer("b", quick);
        Compare(table, [(grid, StateReordering.Auto), (grid.Shuffled(), StateReordering.Auto), (grid.Shuffled(), StateReordering.Never)]);
        Workload small = Workload.Grid(quick ? 130 : 316);
        Compare(
            table, [(small, StateReordering.Auto), (small.Shuffled(), StateReordering.Auto), (small.Shuffled(), StateReordering.Never)]);
        foreach (string name in (string[])["a", "c"])
        {
            Workload random = Workload.Peer(name, quick);
            Compare(table, [(random, StateReordering.Never), (random, StateReordering.Auto)]);
        }

        table.Print();
    }

    private static void Compare(TextTable table, (Workload Workload, StateReordering Reordering)[] cases)
    {
        Measured[] times = [.. cases.Select(each => new Measured(each.Workload, each.Reordering))];
        for (int round = 0; round < Rounds; round++)
            foreach (Measured time in times) time.Observe();
        for (int i = 0; i < times.Length; i++)
        {
            Measured time = times[i], first = times[0];
            table.Add(
                cases[i].Workload.Name, time.Reordered ? "reordered" : cases[i].Reordering == StateReordering.Auto ? "not reordered"
                    : "off",
                $"{time.Load:F3}", $"{time.Load / first.Load:F2}", $"{time.Sweep * 1e3:F2}", $"{time.Sweep / first.Sweep:F2}",
                $"{time.Solve:F3}", $"{time.Solve / first.Solve:F2}", $"{time.BytesOfRow:F1}");
        }
    }

    /// <summary>Best times of a problem.</summary>
    private sealed class Measured(Workload workload, StateReordering reordering)
    {
        private readonly SparseMatrix _matrix = workload.Transitions.Matrix;

        public double Load { get; private set; } = double.PositiveInfinity;

        public double Sweep { get; private set; } = double.PositiveInfinity;

        public double Solve { get; private set; } = double.PositiveInfinity;

        public double BytesOfRow { get; private set; }

        public bool Reordered { get; private set; }

        public void Observe()
        {
            using CpuBackend backend = new(0, 0, reordering);
            Workload loaded =
                workload with { Transitions = new Transitions(workload.Transitions.States, workload.Transitions.Actions, _matrix) };
            long begin = Stopwatch.GetTimestamp();
            using (Engine engine = backend.CreateEngine(loaded.Transitions, new EngineOptions(Layout: EngineLayout.States)))
            {
                Load = Math.Min(Load, Stopwatch.GetElapsedTime(begin).TotalSeconds);
                BytesOfRow = engine.TransitionBytes / (double)workload.Rows;
                Reordered = engine.ReordersStates;
            }

            using (Sweep sweep = loaded.CreateSweep(backend, Precision.F64))
            {
                sweep.Run(2);
                for (int i = 0; i < 5; i++) Sweep = Math.Min(Sweep, Time(() => sweep.Run(2)) / 2);
            }

            using Mdp mdp = loaded.OnDevice(backend);
            using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-8 });
            Solve = Math.Min(Solve, Time(() => response.Solve()));
        }

        private static double Time(Action work)
        {
            long begin = Stopwatch.GetTimestamp();
            work();
            return Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }
    }
}
