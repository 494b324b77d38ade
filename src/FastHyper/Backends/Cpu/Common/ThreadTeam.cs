using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>Work that falls into blocks which may run on any thread, in any order, with the same result.</summary>
internal interface IBlockKernel
{
    /// <summary>Does block <paramref name="block"/>; <paramref name="worker"/> tells which thread's scratch to use.</summary>
    void Run(int block, int worker);
}

/// <summary>
/// A fixed team of threads that runs the blocks of a kernel; the caller is its first worker. Starting a kernel
/// allocates nothing and takes about a microsecond while the team is awake; idle workers spin briefly, then sleep.
/// Runs are started by one thread at a time.
/// </summary>
internal sealed unsafe class ThreadTeam : IDisposable
{
    private const int SpinsBeforeSleep = 400;
    private readonly Thread[] _threads;
    private readonly Lock _wake = new();
    private readonly SemaphoreSlim _sleep = new(0);

    // Generation of the run in the high half, blocks still unclaimed in the low half. A claim is a compare-exchange
    // on both, so a late worker can never claim a block of a run that it did not see begin.
    private long _ticket;
    private int _completed;
    private int _sleeping;
    private volatile bool _stopped;
    private Exception? _failure;
    private int _running;
    private void* _kernel;
    private delegate*<void*, int, int, void> _invoke;

    public ThreadTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Size = threads;
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"FastHyper {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of threads, the caller included.</summary>
    public int Size { get; }

    /// <summary>Runs all <paramref name="blocks"/> blocks of <paramref name="kernel"/> and returns when all are done.</summary>
    public void Run<TKernel>(ref TKernel kernel, int blocks)
        where TKernel : struct, IBlockKernel
    {
        ObjectDisposedException.ThrowIf(_stopped, typeof(Backend));
        if (Interlocked.Exchange(ref _running, 1) != 0)
            throw new InvalidOperationException("a backend computes for one thread at a time; give every thread a backend of its own");
        try
        {
            if (_threads.Length == 0 || blocks <= 1)
            {
                for (int block = 0; block < blocks; block++) kernel.Run(block, 0);
            }
            else
            {
                RunTogether(ref kernel, blocks);
            }
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    public void Dispose()
    {
        _stopped = true;
        Wake();
        foreach (Thread thread in _threads) thread.Join();
        _sleep.Dispose();
    }

    private void RunTogether<TKernel>(ref TKernel kernel, int blocks)
        where TKernel : struct, IBlockKernel
    {
        // The kernel is a local of a caller's frame: it neither moves nor dies before this method returns.
        _kernel = Unsafe.AsPointer(ref kernel);
        _invoke = &Invoke<TKernel>;
        _completed = 0;
        long generation = (_ticket >> 32) + 1;
        Interlocked.Exchange(ref _ticket, (generation << 32) | (uint)blocks);
        int sleeping = Volatile.Read(ref _sleeping);
        if (sleeping > 0) Wake();

        while (TryRunOne(0)) { }
        SpinWait spin = default;
        while (Volatile.Read(ref _completed) < blocks) spin.SpinOnce(sleep1Threshold: -1);
        if (Interlocked.Exchange(ref _failure, null) is Exception failure) ExceptionDispatchInfo.Throw(failure);
    }

    private static void Invoke<TKernel>(void* kernel, int block, int worker)
        where TKernel : struct, IBlockKernel => Unsafe.AsRef<TKernel>(kernel).Run(block, worker);

    private void Wake()
    {
        lock (_wake)
        {
            int sleeping = Interlocked.Exchange(ref _sleeping, 0);
            if (sleeping > 0) _sleep.Release(sleeping);
        }
    }

    private bool TryRunOne(int worker)
    {
        long ticket = Volatile.Read(ref _ticket);
        while ((int)ticket != 0)
        {
            long seen = Interlocked.CompareExchange(ref _ticket, ticket - 1, ticket);
            if (seen == ticket)
            {
                try
                {
                    _invoke(_kernel, (int)ticket - 1, worker);
                }
                catch (Exception e)
                {
                    // The starter throws it, once no worker looks at its frame any more.
                    Interlocked.CompareExchange(ref _failure, e, null);
                }

                Interlocked.Increment(ref _completed);
                return true;
            }

            ticket = seen;
        }

        return false;
    }

    private void Work(int worker)
    {
        int idle = 0;
        while (!_stopped)
        {
            if (TryRunOne(worker))
            {
                idle = 0;
                continue;
            }

            if (++idle < SpinsBeforeSleep)
            {
                Thread.SpinWait(32);
                continue;
            }

            idle = 0;
            lock (_wake)
            {
                Interlocked.Increment(ref _sleeping);
                // Published before the count was raised: the starter may not have seen this worker asleep.
                if ((int)Volatile.Read(ref _ticket) != 0 || _stopped)
                {
                    _sleeping--;
                    continue;
                }
            }

            _sleep.Wait();
        }
    }
}
