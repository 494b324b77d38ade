using System.Diagnostics;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Followers;
using FastHyper.Hypergradients.Critics;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Bench;

internal sealed partial class RatioTable
{
    private const int EpisodeLimit = 200;

    private void Rollouts()
    {
        int side = _quick ? 200 : 1000;
        Workload grid = Workload.Grid(side);
        FourRooms rooms = FourRooms.Create();
        Interleaved timing = new();
        List<(string Name, Timed[] Times)> cases = [];
        List<IDisposable> owned = [];
        Add("four-rooms, 10 leaders x 100 steps", 10, new RolloutShape(1, 100, EpisodeLimit), OfRooms);
        Add("four-rooms, 4096 streams x 100 steps", 1, new RolloutShape(4096, 100, EpisodeLimit), OfRooms);
        Add($"grid {side} x {side}, 4096 streams x 100 steps", 1, new RolloutShape(4096, 100, EpisodeLimit), OfGrid);
        timing.Run(_rounds);

        TextTable table = new(["rollouts, M steps/s", .. ThreadCounts.Select(threads => $"{threads} thread(s)")]);
        foreach ((string name, Timed[] times) in cases) table.Add([name, .. times.Select(time => $"{time.Rate / 1e6:F1}")]);
        table.Print();
        foreach (IDisposable thing in owned) thing.Dispose();

        void Add(
            string name, int leaders, RolloutShape shape, Func<Backend, int,
            (Engine Engine, DeviceArray Policy, DeviceArray Initial, DeviceArray Reward, DeviceArray LeaderReward)> create)
        {
            ulong[] seeds = [.. Enumerable.Range(1, leaders).Select(i => (ulong)i)];
            int repeats = Math.Max(1, 400_000 / (leaders * shape.Streams * shape.Steps));
            cases.Add((name, [.. _backends.Select(backend =>
            {
                (Engine engine, DeviceArray policy, DeviceArray initial, DeviceArray reward, DeviceArray leaderReward) = create(
                    backend, leaders);
                RolloutBuffer buffer = engine.AllocateRollouts(shape);
                owned.Add(buffer);
                uint iteration = 0;
                return timing.Add(
                    () =>
                    {
                        for (int i = 0; i < repeats; i++) engine.Rollout(buffer, policy, initial, reward, leaderReward, seeds, iteration++);
                    },
                    (double)repeats * leaders * shape.Streams * shape.Steps);
            })]));
        }

        (Engine, DeviceArray, DeviceArray, DeviceArray, DeviceArray) OfRooms(Backend backend, int leaders)
        {
            Mdp mdp = new(rooms, backend, leaders);
            mdp.Initialise([.. Enumerable.Range(1, leaders).Select(i => (ulong)i)]);
            mdp.Configure();
            BestResponse response = new(mdp);
            response.Solve();
            owned.Add(response);
            owned.Add(mdp);
            return (mdp.Engine, response.Policy, mdp.Initial, mdp.Reward, mdp.LeaderReward);
        }

        (Engine, DeviceArray, DeviceArray, DeviceArray, DeviceArray) OfGrid(Backend backend, int leaders)
        {
            Sweep sweep = grid.CreateSweep(backend, Precision.F64);
            DeviceArray initial = sweep.Engine.Allocate(ArrayKind.State);
            DeviceArray policy = sweep.Engine.Allocate(ArrayKind.StateAction);
            sweep.Engine.Fill(initial, 1.0 / sweep.Engine.States);
            sweep.Run(10);
            sweep.Engine.Policy(sweep.V, sweep.Reward, Workload.Discount, policy);
            owned.AddRange([initial, policy, sweep]);
            return (sweep.Engine, policy, initial, sweep.Reward, sweep.Reward);
        }
    }

    private void LeaderLoop(int iterations)
    {
        const int seeds = 10;
        string[] parts = Enum.GetNames<Part>();
        TextTable table = new(
            ["leader loop", "seconds", "iterations/s", "sweeps/iter.", .. parts.Select(part => part.ToLowerInvariant() + " %"), "rest %"]);
        foreach ((CpuBackend backend, SolveMethod method) in _backends.SelectMany(backend =>
            ((SolveMethod[])[SolveMethod.Sweeps, SolveMethod.Auto, SolveMethod.PolicyIteration]).Select(method => (backend, method))))
        {
            using TimedBackend timed = new(backend);
            using Leader leader = new(
                FourRooms.Create(new FourRoomsOptions { Slip = 0.44, Beta = 5, Temperature = 0.005 }),
                new BcHgEstimator { Critic = new CriticOptions { Kind = CriticKind.TdLambda, TraceDecay = 0.9, Step = 0.5 } },
                new LeaderOptions
                {
                    Leaders = LeaderOptions.Seeds(1, seeds, 0.1),
                    ContextMode = ContextMode.Drawn,
                    Follower = new SolveOptions { Tolerance = 1e-4, Method = method },
                },
                timed);
            double sweeps = 0;
            long begin = Stopwatch.GetTimestamp();
            for (int i = 0; i < iterations; i++)
            {
                leader.Step();
                foreach (int count in leader.Response.Status.Sweeps) sweeps += count;
            }

            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            double[] shares = [.. timed.Ticks.Select(ticks => 100.0 * ticks / Stopwatch.Frequency / seconds)];
            table.Add(
            [
                $"four-rooms bc-hg, {seeds} seeds x {iterations}, {backend.Threads} thread(s), {method}", $"{seconds:F2}",
                $"{seeds * iterations / seconds:F0}",
                $"{sweeps / seeds / iterations:F1}", .. shares.Select(share => $"{share:F1}"), $"{100 - shares.Sum():F1}",
            ]);
        }

        table.Print();
    }
}
