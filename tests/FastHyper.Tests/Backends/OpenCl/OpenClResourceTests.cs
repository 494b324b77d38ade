using FastHyper.Backends;
using FastHyper.Backends.OpenCl;
using FastHyper.Backends.OpenCl.Binding;
using FastHyper.Backends.OpenCl.Buffers;
using FastHyper.Backends.OpenCl.Engines;
using FastHyper.Backends.OpenCl.Programs;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems.Worlds;
using FastHyper.Rollouts;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>What an engine takes of the device and of the way to it.</summary>
[Collection(nameof(Alone))]
public sealed class OpenClResourceTests(OpenClFixture fixture) : IClassFixture<OpenClFixture>
{
    private const int Leaders = 4;

    // Each start of sweeps sends 8 bytes an instance and brings 40 back, as a proof does; shifts, sums and norms are 8.
    private const int TransfersAnIteration = 36;
    private const int BytesOfATransfer = (40 * Leaders) + 4;

    [Theory, InlineData("bc-hg"), InlineData("exact")]
    public void ALeaderIterationTransfersLittleAndNeverMore(string estimator)
    {
        using Leader leader = NewLeader(estimator);
        OpenClQueue queue = Assert.IsType<OpenClEngine>(leader.Mdp.Engine).Queue;
        Step(leader, 10);
        (long transfers, long bytes) = Window(leader, queue);
        Assert.InRange(transfers, 1, 10 * TransfersAnIteration);
        Assert.InRange(bytes, 1, transfers * BytesOfATransfer);
        Step(leader, 50);
        (long laterTransfers, long laterBytes) = Window(leader, queue);
        Assert.InRange(laterTransfers, 1, transfers * 1.2);
        Assert.InRange(laterBytes, 1, bytes * 1.2);
    }

    [Theory, InlineData("bc-hg"), InlineData("exact")]
    public void ALeaderThatDivergedTransfersNoMoreThanOneThatGoesOn(string estimator)
    {
        using Leader calm = NewLeader(estimator), wild = NewLeader(estimator, rate: 1e308);
        Step(calm, 20);
        Step(wild, 20);
        Assert.Equal(1, Assert.Single(wild.Diverged).Leader);
        (long transfers, long bytes) = Window(calm, Assert.IsType<OpenClEngine>(calm.Mdp.Engine).Queue);
        (long after, long bytesAfter) = Window(wild, Assert.IsType<OpenClEngine>(wild.Mdp.Engine).Queue);
        Assert.InRange(after, 1, transfers * 1.2);
        Assert.InRange(bytesAfter, 1, bytes * 1.2);
        foreach (int other in (int[])[0, 2, 3]) Assert.Equal(calm.Parameters(other), wild.Parameters(other));
    }

    [Theory, InlineData("bc-hg"), InlineData("exact")]
    public void ALeaderIterationAllocatesNothingOnTheHost(string estimator)
    {
        using Leader leader = NewLeader(estimator);
        Step(leader, 20);
        long least = long.MaxValue;
        for (int window = 0; window < 10; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Step(leader, 10);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void EnginesGiveEverythingBack()
    {
        using OpenClBackend backend = new(fixture.Backend.Device, new BinaryCache(BinaryCache.DefaultFolder()), 0);
        using (Leader first = NewLeader("bc-hg", backend)) first.Step();
        long handles = OpenClRequired.LiveHandles(), bytes = backend.Allocated;
        Assert.Equal(0, bytes);
        for (int round = 0; round < 3; round++)
        {
            using (Leader leader = NewLeader("bc-hg", backend)) Step(leader, 2);
            Assert.Equal(handles, ClHandle.Live);
            Assert.Equal(bytes, backend.Allocated);
        }
    }

    [Fact]
    public void EnginesShareTransitionsWhicheverGoesFirst()
    {
        using OpenClBackend backend = new(fixture.Backend.Device, new BinaryCache(null), 0);
        Transitions transitions = BackendContract.Staying(50_000, 2);
        Engine first = backend.CreateEngine(transitions, new EngineOptions());
        long alone = backend.Allocated;
        using Engine second = backend.CreateEngine(transitions, new EngineOptions());
        Assert.InRange(backend.Allocated - alone, 1, alone / 2);
        first.Dispose();
        using DeviceArray c = second.Allocate(ArrayKind.StateAction), y = second.Allocate(ArrayKind.State);
        second.Fill(c, 1);
        second.TransposedProduct(c, 0.5, y);
        double[] found = new double[50_000];
        second.Download(y, 0, found);
        Assert.All(found, x => Assert.Equal(1, x));
    }

    [Fact]
    public void ThousandsOfArraysAreReused()
    {
        using Engine engine = fixture.Backend.CreateEngine(BackendContract.Staying(50, 2), new EngineOptions());
        long handles = OpenClRequired.LiveHandles();
        for (int i = 0; i < 3000; i++) engine.Allocate(ArrayKind.State).Dispose();
        Assert.Equal(handles, ClHandle.Live);
    }

    [Fact]
    public void TooLargeAnEngineIsRefusedAndLeavesNothing()
    {
        using OpenClBackend backend = new(fixture.Backend.Device, new BinaryCache(BinaryCache.DefaultFolder()), 0);
        using Engine engine = backend.CreateEngine(BackendContract.Staying(2, 2), new EngineOptions());
        long handles = OpenClRequired.LiveHandles(), bytes = backend.Allocated;
        int parameters = (int)Math.Min(int.MaxValue, (fixture.Backend.Device.LargestArray / 8) + 1);
        Assert.SkipWhen(8L * parameters <= fixture.Backend.Device.LargestArray, "the device takes arrays of any length");
        Assert.Contains(
            "bytes needed for parameters",
            Assert.Throws<InsufficientMemoryException>(() => engine.Allocate(ArrayKind.Parameter, parameters)).Message,
            StringComparison.Ordinal);
        Assert.Equal(handles, ClHandle.Live);
        Assert.Equal(bytes, backend.Allocated);
    }

    private Leader NewLeader(string estimator, OpenClBackend? backend = null, double rate = 0.1)
    {
        IHypergradientEstimator bound = estimator == "exact"
            ? new ExactEstimator()
            : new BcHgEstimator { Sampling = new SamplingOptions { Steps = 60, Streams = 2 } };
        LeaderOptions options =
            new() { Leaders = [.. Enumerable.Range(0, Leaders).Select(i => new LeaderSetting(1 + (ulong)i, i == 1 ? rate : 0.1))] };
        return new Leader(
            FourRooms.Create(new FourRoomsOptions { Temperature = 0.05, Gamma = 0.7, GammaLeader = 0.7 }), bound, options,
            backend ?? fixture.Backend);
    }

    private static void Step(Leader leader, int count)
    {
        for (int i = 0; i < count; i++) leader.Step();
    }

    private static (long Transfers, long Bytes) Window(Leader leader, OpenClQueue queue)
    {
        (long transfers, long bytes) = (queue.Transfers, queue.TransferredBytes);
        Step(leader, 10);
        return (queue.Transfers - transfers, queue.TransferredBytes - bytes);
    }
}
