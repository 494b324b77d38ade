using FastHyper.Backends.Cpu.Common;


namespace FastHyper.Tests.Backends.Cpu;

public class ThreadTeamTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(5)]
    public void EveryBlockRunsOnceOnAWorkerOfTheTeam(int threads)
    {
        Random random = new(threads);
        using ThreadTeam team = new(threads);
        int[] runs = new int[100];
        int[] workers = new int[100];
        for (int round = 0; round < 2000; round++)
        {
            int blocks = random.Next(runs.Length + 1);
            Array.Clear(runs);
            Array.Fill(workers, -1);
            Counting kernel = new() { Runs = runs, Workers = workers, Added = round };
            team.Run(ref kernel, blocks);
            // Plain reads: what the blocks wrote is visible once Run has returned.
            for (int block = 0; block < runs.Length; block++)
            {
                Assert.Equal(block < blocks ? 1 + round : 0, runs[block]);
                Assert.InRange(workers[block], block < blocks ? 0 : -1, block < blocks ? threads - 1 : -1);
            }
        }
    }

    [Fact]
    public void AllWorkersOfATeamTakePart()
    {
        using ThreadTeam team = new(3);
        using Barrier barrier = new(3);
        Meeting kernel = new() { Barrier = barrier, Workers = new int[3] };
        team.Run(ref kernel, 3);
        Assert.Equal([0, 1, 2], kernel.Workers.Order());
    }

    [Fact]
    public void ATeamThatNeverRanIsDisposed()
    {
        for (int i = 0; i < 20; i++) new ThreadTeam(3).Dispose();
        ThreadTeam team = new(2);
        team.Dispose();
        team.Dispose();
    }

    [Fact]
    public void DisposalEndsTheThreads()
    {
        ThreadTeam team = new(3);
        using Barrier barrier = new(3);
        Meeting kernel = new() { Barrier = barrier, Workers = new int[3], Threads = new Thread[3] };
        team.Run(ref kernel, 3);
        team.Dispose();
        Assert.Equal(1, kernel.Threads!.Count(thread => thread.IsAlive));
    }

    [Theory, InlineData(0), InlineData(-1)]
    public void TeamsOfNobodyAreRefused(int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ThreadTeam(threads));

    private struct Counting : IBlockKernel
    {
        public int[] Runs;
        public int[] Workers;
        public int Added;

        public readonly void Run(int block, int worker)
        {
            Interlocked.Add(ref Runs[block], 1 + Added);
            Workers[block] = worker;
        }
    }

    /// <summary>Blocks that wait for each other, and so need a thread each.</summary>
    private struct Meeting : IBlockKernel
    {
        public Barrier Barrier;
        public int[] Workers;
        public Thread[]? Threads;

        public readonly void Run(int block, int worker)
        {
            Workers[block] = worker;
            if (Threads is not null) Threads[block] = Thread.CurrentThread;
            Barrier.SignalAndWait();
        }
    }
}
