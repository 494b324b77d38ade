using System.Diagnostics;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.OpenCl;
using FastHyper.Backends.OpenCl.Buffers;
using FastHyper.Backends.OpenCl.Engines;
using FastHyper.Followers;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Bench;

/// <summary>Kernels of an OpenCL device beside its own copy bandwidth, and leader loops beside the processor's.</summary>
internal sealed class OpenClTable : IDisposable
{
    private readonly OpenClBackend _device;
    private readonly CpuBackend _cpu = new();
    private readonly bool _quick;

    private OpenClTable(string selector, bool quick)
    {
        _device = new OpenClBackend(selector);
        _quick = quick;
    }

    public static void Print(string selector, bool quick)
    {
        using OpenClTable table = new(selector, quick);
        Console.WriteLine(table._device.Description);
        Console.WriteLine($"beside {table._cpu.Description}");
        Console.WriteLine();
        int side = quick ? 300 : table._device.Device.GlobalMemory > 32L << 30 ? 3163 : 1000;
        foreach (Precision precision in (Precision[])[Precision.F64, Precision.F32]) table.Kernels(Workload.Grid(side), precision);
        table.LeaderLoops(quick ? [10, 256] : [10, 1024, 4096]);
    }

    public void Dispose()
    {
        _device.Dispose();
        _cpu.Dispose();
    }

    private void Kernels(Workload workload, Precision precision)
    {
        int size = precision == Precision.F64 ? 8 : 4, repeats = _quick ? 5 : 50;
        using Sweep sweep = workload.CreateSweep(_device, precision), onCpu = workload.CreateSweep(_cpu, precision);
        Engine engine = sweep.Engine;
        OpenClQueue queue = ((OpenClEngine)engine).Queue;
        using DeviceArray policy = engine.Allocate(ArrayKind.StateAction), y = engine.Allocate(ArrayKind.State),
            q = engine.Allocate(ArrayKind.StateAction);
        engine.Policy(sweep.V, sweep.Reward, Workload.Discount, policy);
        SweepStatus status = new(1);
        double[] dot = new double[1];
        long states = engine.States, rows = states * engine.Actions, model = engine.TransitionBytes;
        long copied = Math.Min(_quick ? 64L << 20 : 1L << 30, _device.Device.LargestArray);
        using DeviceMemory from = queue.Context.Allocate(copied, "copies"), to = queue.Context.Allocate(copied, "copies");
        queue.Fill(from, 1.0);

        double bandwidth = 2 * copied / Seconds(() => queue.Copy(from, to, copied));
        Console.WriteLine(
            $"{workload.Name}, {(size == 8 ? "float64" : "float32")}: {states} states, {rows} rows, {model / 1e6:F1} MB of transitions; "
                + $"copies move {bandwidth / 1e9:F1} GB/s");
        TextTable table = new("kernel", "ms", "MB", "GB/s", "of copy %");
        Add("soft sweep", model + (size * (rows + (2 * states))), () => sweep.Run(repeats), repeats);
        Add(
            "evaluation sweep", model + (size * ((2 * rows) + (2 * states))),
            () => Sweeps((limits, s) => engine.EvaluationSweeps(y, policy, sweep.Reward, Workload.Discount, limits, s)), repeats);
        Add(
            "adjoint sweep", workload.Transitions.EntryCount * (4L + size) + (size * (rows + (3 * states))),
            () => Sweeps((limits, s) => engine.AdjointSweeps(y, policy, sweep.V, Workload.Discount, limits, s)), repeats);
        Add(
            "action values", model + (size * ((2 * rows) + states)),
            () => engine.ActionValues(sweep.V, sweep.Reward, Workload.Discount, q));
        Add("policy", model + (size * ((2 * rows) + states)), () => engine.Policy(sweep.V, sweep.Reward, Workload.Discount, q));
        Add("scale by state", size * ((2 * rows) + states), () => engine.ScaleByState(policy, y, q, accumulate: false));
        Add("dot", size * 2 * states, () => engine.Dot(sweep.V, y, dot));
        table.Print();
        Interleaved cpu = new();
        Timed processor = cpu.Add(() => onCpu.Run(5), 5);
        cpu.Run(2);
        Console.WriteLine($"  (soft sweep on the processor: {processor.Seconds * 1e3:F3} ms)");
        Console.WriteLine();

        void Add(string name, long bytes, Action work, int times = 1)
        {
            double seconds = Seconds(work) / times;
            table.Add(
                name, $"{seconds * 1e3:F3}", $"{bytes / 1e6:F1}", $"{bytes / seconds / 1e9:F1}", $"{100 * bytes / seconds / bandwidth:F0}");
        }

        void Sweeps(Action<SweepLimits, SweepStatus> verb)
        {
            status.Begin();
            verb(new SweepLimits(repeats, -1, 0), status);
        }

        double Seconds(Action work)
        {
            work();
            queue.Finish();
            double best = double.PositiveInfinity;
            for (int round = 0; round < (_quick ? 2 : 5); round++)
            {
                const int calls = 3;
                long begin = Stopwatch.GetTimestamp();
                for (int call = 0; call < calls; call++) work();
                queue.Finish();
                best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds / calls);
            }

            return best;
        }
    }

    private void LeaderLoops(int[] counts)
    {
        TextTable table = new("four-rooms bc-hg, leaders", "iterations/s", "ms an iteration", "launches", "waits", "transfers", "bytes");
        foreach (int leaders in counts)
        {
            foreach (Backend backend in (Backend[])[_device, _cpu])
            {
                using Leader leader = new(
                    FourRooms.Create(new FourRoomsOptions { Slip = 0.44, Beta = 5, Temperature = 0.005 }),
                    new BcHgEstimator { Critic = new CriticOptions { Kind = CriticKind.TdLambda, TraceDecay = 0.9, Step = 0.5 } },
                    new LeaderOptions
                    {
                        Leaders = LeaderOptions.Seeds(1, leaders, 0.1),
                        ContextMode = ContextMode.Drawn,
                        Follower = new SolveOptions { Tolerance = 1e-4 },
                    },
                    backend);
                int iterations = Math.Clamp((_quick ? 2000 : 100_000) / leaders, 10, 2000);
                for (int i = 0; i < 5; i++) leader.Step();
                OpenClQueue? queue = (leader.Mdp.Engine as OpenClEngine)?.Queue;
                (long launches, long waits, long transfers, long bytes) =
                    (queue?.Launches ?? 0, queue?.Waits ?? 0, queue?.Transfers ?? 0, queue?.TransferredBytes ?? 0);
                long begin = Stopwatch.GetTimestamp();
                for (int i = 0; i < iterations; i++) leader.Step();
                queue?.Finish();
                double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                string Each(long after, long before) => queue is null ? "" : $"{(after - before) / (double)iterations:F1}";
                table.Add(
                    $"{leaders}, {backend.Name}", $"{leaders * iterations / seconds:F0}", $"{seconds / iterations * 1e3:F3}",
                    Each(queue?.Launches ?? 0, launches), Each(queue?.Waits ?? 0, waits), Each(queue?.Transfers ?? 0, transfers),
                    Each(queue?.TransferredBytes ?? 0, bytes));
            }
        }

        table.Print();
    }
}
