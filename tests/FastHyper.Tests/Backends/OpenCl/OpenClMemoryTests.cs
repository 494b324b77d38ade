using FastHyper.Backends;
using FastHyper.Backends.OpenCl;
using FastHyper.Backends.OpenCl.Programs;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>A device that runs out of memory anywhere loses none of it, and goes on once there is more.</summary>
[Collection(nameof(Alone))]
public sealed class OpenClMemoryTests(OpenClFixture fixture) : IClassFixture<OpenClFixture>
{
    private static readonly Transitions s_grid = Grids.Create(6, s => 0.1 + (0.01 * s));

    [Fact]
    public void EnginesLeaveNothing()
    {
        using OpenClBackend backend = Open();
        backend.CreateEngine(s_grid, new EngineOptions()).Dispose();
        long handles = OpenClRequired.LiveHandles();
        Assert.InRange(
            Narrowing(backend, () => backend.CreateEngine(s_grid, new EngineOptions(2, Precision: Precision.F32)).Dispose(), leaves: true),
            8, 100);
        Assert.Equal(handles, OpenClRequired.LiveHandles());
    }

    [Fact]
    public void RolloutsLeaveNothing() => Check((engine, backend) =>
        Assert.Equal(4, Narrowing(backend, () => engine.AllocateRollouts(new RolloutShape(3, 20, 10)).Dispose(), leaves: true)));

    [Fact]
    public void AffineMapsLeaveNothing() => Check((engine, backend) =>
    {
        int rows = s_grid.States * s_grid.Actions;
        SparseMatrix features = new(
            1, [.. Enumerable.Range(0, rows + 1).Select(i => (long)i)], new int[rows], [.. Enumerable.Repeat(1.0, rows)]);
        long before = backend.Allocated;
        Assert.InRange(
            Narrowing(
                backend, () => engine.Prepare([new AffineMap(new double[rows], features)]), leaves: false,
                atFailure: () => Assert.Equal(before, backend.Allocated)), 4, 6);
    });

    [Fact]
    public void LinearSolvesGoOnOnceThereIsRoom() => Check((engine, backend) =>
    {
        DeviceArray v = engine.Allocate(ArrayKind.State), reward = engine.Allocate(ArrayKind.StateAction),
            policy = engine.Allocate(ArrayKind.StateAction);
        SweepStatus status = new(2);
        engine.Upload(reward, 0, Grids.Numbers(s_grid.States * s_grid.Actions, 1));
        engine.Policy(v, reward, 0.9, policy);
        Narrowing(backend, Solve, leaves: false);
        Narrowing(backend, () => engine.CertifiedResidual(v, reward, 0.9, new ResidualBound[2]), leaves: false);
        double[] found = Read(engine, v, s_grid.States);
        engine.Fill(v, 0);
        Solve();
        Assert.Equal(Read(engine, v, s_grid.States), found);

        void Solve()
        {
            engine.Fill(v, 0);
            status.Begin();
            engine.Adjoint(v, policy, v, 0.9, new SweepLimits(100, 0, 1e-5), status);
            status.Begin();
            engine.PolicyIteration(v, reward, 0.9, new SweepLimits(50, 1e-5, 0), status);
            Assert.False(status.AnyActive);
        }
    });

    [Fact]
    public void WhatCouldNotGrowIsUsedNoMore() => Check((engine, backend) =>
    {
        DeviceArray v = engine.Allocate(ArrayKind.State), w = engine.Allocate(ArrayKind.State),
            reward = engine.Allocate(ArrayKind.StateAction);
        double[] values = Grids.Numbers(s_grid.States, 1), sums = new double[2];

        // Copies between host and device.
        engine.Upload(v, 0, values);
        Narrowing(
            backend, () => engine.Upload(reward, 0, Grids.Numbers(s_grid.States * s_grid.Actions, 2)), leaves: false, atFailure: Matches);

        // Sums over states.
        engine.Dot(v, v, sums);
        Narrowing(backend, () => Improve(), leaves: false, atFailure: Matches);

        // Coefficients, four of which are kept.
        for (int k = 0; k < 4; k++) engine.Combine([v], [1, k], w);
        Narrowing(
            backend, () => engine.Combine([v, v, v, v, v, v, v, v], [.. Enumerable.Repeat(0.125, 16)], w), leaves: false, atFailure: () =>
        {
            for (int k = 0; k < 4; k++) engine.Combine([v], [1, k], w);
            Assert.Equal(Read(engine, v, s_grid.States), Read(engine, w, s_grid.States));
        });

        void Matches()
        {
            engine.Upload(v, 0, values);
            Assert.Equal([.. values.Select(value => (double)(float)value)], Read(engine, v, s_grid.States));
            engine.Dot(v, v, sums);
            Assert.Equal(values.Sum(value => (double)(float)value * (float)value), sums[0], 1e-6);
        }

        void Improve()
        {
            SweepStatus status = new(2);
            status.Begin();
            engine.PolicyIteration(w, reward, 0.9, new SweepLimits(50, 1e-5, 0), status);
        }
    });

    private OpenClBackend Open() => new(fixture.Backend.Device, new BinaryCache(BinaryCache.DefaultFolder()), 0);

    private void Check(Action<Engine, OpenClBackend> fact)
    {
        using OpenClBackend backend = Open();
        using (Engine engine = backend.CreateEngine(s_grid, new EngineOptions(2, Precision: Precision.F32))) fact(engine, backend);
        Assert.Equal(0, backend.Allocated);
    }

    /// <summary>Does something within ever more memory until that is enough, and says how often it was not.</summary>
    private static int Narrowing(OpenClBackend backend, Action act, bool leaves, Action? atFailure = null)
    {
        long all = backend.Limit, before = backend.Allocated;
        int failures = 0;
        HashSet<string> told = [];
        for (backend.Limit = before; ; backend.Limit += 8)
        {
            try
            {
                act();
                break;
            }
            catch (InsufficientMemoryException e)
            {
                if (told.Add(e.Message.Split(';')[0])) failures++;
            }

            if (leaves) Assert.Equal(before, backend.Allocated);
            if (atFailure is null) continue;
            long limit = backend.Limit;
            backend.Limit = all;
            atFailure();
            backend.Limit = limit;
        }

        backend.Limit = all;
        if (leaves) Assert.Equal(before, backend.Allocated);
        return failures;
    }

    private static double[] Read(Engine engine, DeviceArray array, int length)
    {
        double[] numbers = new double[length];
        engine.Download(array, 0, numbers);
        return numbers;
    }
}
