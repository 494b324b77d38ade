using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Cpu.Reordering;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FsCheck;
using FsCheck.Fluent;

namespace FastHyper.Tests.Backends.Cpu.OneLargeMdp;

/// <summary>Sweeps in place over states as lanes, against the schedule written down state by state.</summary>
public class InPlaceSweepsTests
{
    private const int Slice = 16;

    /// <summary>States, largest distance of a successor, and the chunks that makes.</summary>
    public static TheoryData<int, int, int> Bands => new()
    {
        { 1, 0, 1 }, { 5, 2, 1 }, { 16, 15, 1 }, { 37, 3, 1 }, { 384, 128, 1 }, { 385, 128, 4 }, { 511, 128, 4 }, { 512, 128, 4 },
            { 513, 128, 5 },
        { 512, 129, 4 }, { 576, 144, 4 }, { 432, 144, 1 }, { 500, 400, 1 }, { 1000, 7, 8 }, { 5000, 1, 32 }, { 5003, 160, 32 },
        { 5003, 161, 29 },

        // Successors further apart than two bytes tell.
        { 140_001, 33_000, 5 },
    };

    [Theory, MemberData(nameof(Bands))]
    public void ASweepIsThatOfTheSchedule(int states, int width, int chunks)
    {
        Case c = new(3, states, 2, width, 3, 0.97, 0.2, 3);
        Assert.Equal(chunks, Chunks(states, width).Count);
        if (states > 384) c.ExpectSchedule(Precision.F64, [(1, 64), (3, 512), (2, 256)]);
        else c.ExpectSchedule(Precision.F64, [(2, 512)]);
        c.ExpectSchedule(Precision.F32, [(2, 0)]);
    }

    [Fact]
    public void RandomSweepsAreThoseOfTheSchedule() => Case.Check(60, c =>
    {
        c.ExpectSchedule(Precision.F64, [(1, 64), (2, 256), (3, 512)]);
        c.ExpectSchedule(Precision.F32, [(1, 64), (2, 256), (3, 512)]);
    });

    [Fact]
    public void OtherSchedulesWouldShow()
    {
        Case c = new(3, 640, 2, 128, 3, 0.97, 0.2, 1);
        double[] expected = c.Reference(Chunks(640, 128), out _);
        Assert.True(Distance(expected, c.Reference([(0, 40)], out _)) > 1e-3);
        Assert.True(Distance(expected, c.Reference([(0, 0), .. Chunks(640, 128)], out _)) > 1e-3);
    }

    [Fact]
    public void EveryCallBeginsUpwards()
    {
        Case c = new(3, 600, 2, 20, 3, 0.97, 0.2, 1);
        using CpuBackend backend = new(2);
        using Engine engine = backend.CreateEngine(c.Transitions(), new EngineOptions(Layout: EngineLayout.States));
        using DeviceArray reward = engine.Allocate(ArrayKind.StateAction), v = engine.Allocate(ArrayKind.State),
            w = engine.Allocate(ArrayKind.State);
        engine.Upload(reward, 0, c.Rewards());
        SweepStatus status = new(1);
        status.Begin();
        for (int call = 0; call < 2; call++) engine.InPlaceSweeps(v, reward, c.Discount, new SweepLimits(1, 0, 0), status);
        engine.InPlaceSweeps(w, reward, c.Discount, new SweepLimits(2, 0, 0), status);
        Assert.Equal(4, status.Sweeps[0]);
        Assert.True(Distance(Read(engine, v), Read(engine, w)) > 1e-3);
    }

    [Theory, InlineData(0), InlineData(300), InlineData(590), InlineData(607)]
    public void WhatIsNotFiniteIsSeen(int state)
    {
        Case c = new(3, 608, 2, 10, 3, 0.9, 0.2, 1);
        using CpuBackend backend = new(2);
        double[] rewards = c.Rewards();
        rewards[2 * state] = double.PositiveInfinity;
        using Engine engine = backend.CreateEngine(c.Transitions(), new EngineOptions(Layout: EngineLayout.States));
        using DeviceArray reward = engine.Allocate(ArrayKind.StateAction), v = engine.Allocate(ArrayKind.State);
        engine.Upload(reward, 0, rewards);
        SweepStatus status = new(1);
        status.Begin();
        engine.InPlaceSweeps(v, reward, c.Discount, new SweepLimits(1, 1e9, 0), status);
        Assert.Equal((true, double.NaN, double.NaN), (status.Active[0], status.Change[0], status.Magnitude[0]));
    }

    [Fact]
    public void TheyEndWhereOthersEnd() => Case.Check(20, c =>
    {
        foreach (double temperature in (double[])[c.Temperature, 1e-9])
        {
            double[] expected = Solve(c with { Temperature = temperature }, SolveMethod.Sweeps, 0, out _);
            double[] found = Solve(c with { Temperature = temperature }, SolveMethod.GaussSeidel, 0, out Certificate certificate);
            Assert.Equal(SolveMethod.GaussSeidel, certificate.Method);
            Assert.InRange(Distance(expected, found), 0, 2e-10 / (1 - c.Discount));
            Assert.InRange(certificate.Residual, 0, 1e-10);
        }
    });

    [Fact]
    public void TheyEndWhereOthersEndWithoutDiscount()
    {
        // A tenth of every row ends the episode, and rewards lie below −τ log A.
        Case c = new(5, 900, 3, 40, 4, 1, 0.1, 1) { Mass = 0.9, Highest = -0.2 };
        double[] expected = Solve(c, SolveMethod.PolicyIteration, 0, out _),
            found = Solve(c, SolveMethod.GaussSeidel, 0, out Certificate certificate);
        Assert.True(certificate.Converged);
        Assert.InRange(Distance(expected, found), 0, 1e-8);
    }

    [Theory, InlineData(0.3, 0.92), InlineData(0.01, 0.95)]
    public void TowardsAGoalTheyAreFewer(double slip, double share)
    {
        Transitions grid = Grids.Create(60, _ => slip);
        const int goal = 1830;

        // Worth nothing, its entropy paid for: it has its value at once.
        Transitions absorbing = Transitions.FromRows(grid.States, 4, 4, (s, a, columns, values) =>
        {
            if (s != goal) return grid.CopyRow(s, a, columns, values);
            (columns[0], values[0]) = (goal, 1);
            return 1;
        });
        using CpuBackend backend = new(2);
        using Engine engine = backend.CreateEngine(absorbing, new EngineOptions(Layout: EngineLayout.States));
        engine.SetTemperatures([0.1]);
        using DeviceArray reward = engine.Allocate(ArrayKind.StateAction), v = engine.Allocate(ArrayKind.State),
            w = engine.Allocate(ArrayKind.State);
        engine.Upload(reward, 0, [.. Enumerable.Range(0, 4 * grid.States).Select(row => row / 4 == goal ? -0.1 * Math.Log(4) : -1)]);
        SweepStatus plain = new(1), inPlace = new(1);
        plain.Begin();
        inPlace.Begin();
        engine.SoftSweeps(v, reward, 0.99, new SweepLimits(10_000, 1e-8, 0), plain);
        engine.InPlaceSweeps(w, reward, 0.99, new SweepLimits(10_000, 1e-8, 0), inPlace);
        Assert.False(plain.AnyActive || inPlace.AnyActive);
        Assert.True(inPlace.Sweeps[0] < share * plain.Sweeps[0], $"{plain.Sweeps[0]} sweeps, {inPlace.Sweeps[0]} in place");
        Assert.InRange(Distance(Read(engine, v), Read(engine, w)), 0, 2e-6);
    }

    private static double[] Solve(Case c, SolveMethod method, int bits, out Certificate certificate)
    {
        using CpuBackend backend = new(2, bits);
        using Mdp mdp = new(c.Problem(), backend, layout: EngineLayout.States);
        mdp.Initialise([1]);
        mdp.Configure();
        using BestResponse response = new(mdp, new SolveOptions { Tolerance = 1e-10, Method = method });
        response.Solve();
        response.ThrowIfUnsolved();
        Certificate[] certificates = new Certificate[1];
        response.Certify(certificates);
        certificate = certificates[0];
        return Read(mdp.Engine, response.V);
    }

    private static double[] Read(Engine engine, DeviceArray array)
    {
        double[] values = new double[array.Length];
        engine.Download(array, 0, values);
        return values;
    }

    private static double Distance(double[] a, double[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

    /// <summary>
    /// First slice and number of slices of each chunk: 32 at the most, none shorter than 8 or than the width but the last; fewer than four
    /// are one.
    /// </summary>
    private static List<(int First, int Count)> Chunks(int states, int width)
    {
        int slices = (states + Slice - 1) / Slice, length = 8;
        while (length * Slice < width || length * 32 < slices) length++;
        List<(int First, int Count)> chunks = [];
        for (int first = 0; first < slices; first += length) chunks.Add((first, Math.Min(length, slices - first)));
        return chunks.Count < 4 ? [(0, slices)] : chunks;
    }

    /// <summary>Successors at most so far from their state, the furthest among them; and so many sweeps.</summary>
    private sealed record Case(
        int Seed, int States, int Actions, int Width, int Successors, double Discount, double Temperature, int Sweeps)
    {
        private static readonly Gen<Case> Any =
            from seed in Gen.Choose(1, 1_000_000)
            from states in Gen.OneOf(Gen.Choose(1, 100), Gen.Choose(100, 1500))
            from actions in Gen.Choose(1, 4)
            from width in Gen.OneOf(Gen.Choose(0, 40), Gen.Choose(0, 300))
            from successors in Gen.Choose(1, 6)
            from discount in Gen.Elements(0.5, 0.9, 0.97)
            from temperature in Gen.Elements(1e-6, 0.05, 0.5)
            from sweeps in Gen.Choose(1, 5)
            select new Case(seed, states, actions, Math.Min(width, states - 1), successors, discount, temperature, sweeps);

        /// <summary>Sum of a row.</summary>
        public double Mass { get; init; } = 1;

        /// <summary>Rewards reach from one below up to this.</summary>
        public double Highest { get; init; } = 1;

        public static void Check(int count, Action<Case> fact) =>
            Prop.ForAll(Arb.From(Any, Smaller), fact).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(20261121, 9));

        public double[] Rewards() => [.. Grids.Numbers(States * Actions, Seed).Select(x => Highest - x)];

        /// <summary>Rows like shifted copies of one another, and a state in eleven with other distances.</summary>
        public Transitions Transitions()
        {
            Random random = new(Seed);
            int[] shared =
                [.. Enumerable.Range(0, Successors).Select(k => k == 0 ? -Width : k == 1 ? Width : random.Next(-Width, Width + 1))];
            List<long> offsets = [0];
            List<int> columns = [];
            List<double> values = [];
            for (int row = 0; row < States * Actions; row++)
            {
                int s = row / Actions;
                bool own = s % 11 == 0 || Successors < 2;
                int[] to = [.. Enumerable.Range(0, Successors).Select(k => Math.Clamp(s + (own && k > 1 ? random.Next(-Width, Width + 1)
                    : row % 2 == 0 ? shared[k] : -shared[k]), 0, States - 1)).Distinct().Order()];
                double[] weights = [.. to.Select(_ => 0.1 + random.NextDouble())];
                double sum = weights.Sum();
                columns.AddRange(to);
                values.AddRange(weights.Select(weight => Mass * weight / sum));
                offsets.Add(columns.Count);
            }

            return new Transitions(States, Actions, new SparseMatrix(States, [.. offsets], [.. columns], [.. values]));
        }

        public IncentiveProblem Problem()
        {
            double[] initial = new double[States], rewards = Rewards();
            initial[0] = 1;
            IncentiveContext context = new(1, new AffineMap((s, a) => rewards[(s * Actions) + a]), new AffineMap((_, _) => 0), initial);
            return new IncentiveProblem(
                "band", Transitions(), 0, new LinkMap(LinkKind.Identity), [context], (_, _) => { }, Discount, 0.9, Temperature);
        }

        /// <summary>Sweeps from zero on every backend give the same bits, and the reference's numbers.</summary>
        public void ExpectSchedule(Precision precision, (int Threads, int Bits)[] backends)
        {
            Transitions transitions = Transitions();
            double[] expected = Reference(Chunks(States, Width), out double change);
            double[]? first = null;
            foreach ((int threads, int bits) in backends)
            {
                using CpuBackend backend = new(threads, bits, StateReordering.Never);
                using Engine engine = backend.CreateEngine(
                    transitions, new EngineOptions(Precision: precision, Layout: EngineLayout.States));
                engine.SetTemperatures([Temperature]);
                using DeviceArray reward = engine.Allocate(ArrayKind.StateAction), v = engine.Allocate(ArrayKind.State);
                engine.Upload(reward, 0, Rewards());
                SweepStatus status = new(1);
                status.Begin();
                engine.InPlaceSweeps(v, reward, Discount, new SweepLimits(Sweeps, -1, 0), status);
                double[] found = Read(engine, v);
                Assert.Equal(first ??= found, found);
                double tolerance = precision == Precision.F64 ? 1e-13 : 1e-5;
                for (int s = 0; s < States; s++)
                    Assert.True(
                        Math.Abs(expected[s] - found[s]) <= tolerance,
                        $"{this}, {backend.Description}: state {s} {found[s]:R}; expected {expected[s]:R}");
                Assert.Equal(change, status.Change[0], tolerance);
                Assert.Equal(found.Max(Math.Abs), status.Magnitude[0]);
                Assert.Equal((Sweeps, true, true), (status.Sweeps[0], double.IsNaN(status.Lowest[0]), double.IsNaN(status.Highest[0])));
            }
        }

        /// <summary>
        /// The sweeps one state after the other: up, even chunks and then odd ones; down, odd ones and then even ones, backwards. The
        /// states of a slice see what there was before it.
        /// </summary>
        public double[] Reference(IReadOnlyList<(int First, int Count)> chunks, out double change)
        {
            SparseMatrix p = Transitions().Matrix;
            double[] rewards = Rewards(), v = new double[States], q = new double[Actions];
            change = 0;
            for (int sweep = 0; sweep < Sweeps; sweep++)
            {
                bool down = sweep % 2 == 1;
                IEnumerable<int> slices = chunks.Where((_, i) => i % 2 == 0).Concat(chunks.Where((_, i) => i % 2 == 1)).SelectMany(
                    chunk => Enumerable.Range(chunk.First, chunk.Count));
                if (down) slices = slices.Reverse();
                change = 0;
                foreach (int slice in slices)
                {
                    int from = slice * Slice, to = Math.Min(from + Slice, States);
                    double[] backups = [.. Enumerable.Range(from, to - from).Select(s => Backup(p, rewards, v, q, s))];
                    for (int s = from; s < to; s++)
                    {
                        change = Math.Max(change, Math.Abs(backups[s - from] - v[s]));
                        v[s] = backups[s - from];
                    }
                }
            }

            return v;
        }

        private double Backup(SparseMatrix p, double[] rewards, double[] v, double[] q, int s)
        {
            for (int a = 0; a < Actions; a++)
            {
                int row = (s * Actions) + a;
                q[a] = 0;
                for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++) q[a] += p.Values[k] * v[p.Columns[k]];
                q[a] = rewards[row] + (Discount * q[a]);
            }

            double maximum = q.Max();
            return maximum + (Temperature * Math.Log(q.Sum(value => Math.Exp((value - maximum) / Temperature))));
        }

        private static IEnumerable<Case> Smaller(Case c)
        {
            if (c.Sweeps > 1) yield return c with { Sweeps = c.Sweeps - 1 };
            if (c.States > 1) yield return c with { States = c.States / 2, Width = Math.Min(c.Width, (c.States / 2) - 1) };
            if (c.Actions > 1) yield return c with { Actions = c.Actions - 1 };
            if (c.Successors > 1) yield return c with { Successors = c.Successors - 1 };
            if (c.Width > 0) yield return c with { Width = c.Width / 2 };
        }
    }
}
