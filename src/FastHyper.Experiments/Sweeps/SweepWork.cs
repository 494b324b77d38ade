using FastHyper.Backends;
using FastHyper.Backends.Selection;

namespace FastHyper.Experiments.Sweeps;

/// <summary>What became of a run of a sweep in this process.</summary>
public enum SweepOutcome
{
    /// <summary>It is done, now or before.</summary>
    Done,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was asked to stop, or was not begun.</summary>
    Stopped,

    /// <summary>Another process has it.</summary>
    Elsewhere,
}

/// <summary>What a run came to.</summary>
/// <param name="Unit">The run.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Message">Why it failed; else null.</param>
/// <param name="Summary">What it came to, where it was done in this process; else null.</param>
public sealed record SweepResult(SweepUnit Unit, SweepOutcome Outcome, string? Message, RunSummary? Summary);

/// <summary>
/// A process at work on a sweep: the runs of its shard, some at once, each in a folder of its own that it claims. A run that fails is told
/// of, and the others go on; what is done is not done again, and what was stopped goes on.
/// </summary>
public sealed class SweepWork
{
    private readonly Sweep _sweep;
    private readonly SweepFolder _folder;
    private readonly Action<string>? _tell;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _told = [];

    /// <summary>Prepares the folder, which other processes may share.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="folder">A new folder, or that of the same sweep.</param>
    /// <param name="tell">Told in a line what the user should know, each line once.</param>
    /// <exception cref="InvalidInputException">The folder is of another sweep, or holds something else.</exception>
    public SweepWork(Sweep sweep, string folder, Action<string>? tell = null)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        (_sweep, _folder, _tell) = (sweep, new SweepFolder(folder), tell);
        _folder.Open(sweep);
    }

    /// <summary>Does the runs of a shard, or until cancelled.</summary>
    /// <param name="shard">Which runs.</param>
    /// <param name="workers">How many at once; processors are shared out among them.</param>
    /// <param name="progress">Told of each run that ends, one at a time.</param>
    /// <param name="cancellation">Stops the runs, which can be gone on with.</param>
    /// <returns>What each run of the shard came to, in order.</returns>
    public IReadOnlyList<SweepResult> Execute(
        Shard shard, int workers, IProgress<SweepResult>? progress, CancellationToken cancellation)
    {
        if (workers < 1) throw new InvalidInputException($"workers: {workers}; expected at least 1");
        SweepUnit[] units = [.. _sweep.Units.Where((_, number) => shard.Has(number))];
        SweepResult[] results = [.. units.Select(unit => new SweepResult(unit, SweepOutcome.Stopped, null, null))];
        int next = -1;
        void Work()
        {
            using Places places = new(Math.Max(1, Environment.ProcessorCount / workers), workers > 1, Tell);
            for (int i = Interlocked.Increment(ref next); i < units.Length; i = Interlocked.Increment(ref next))
            {
                if (cancellation.IsCancellationRequested) return;
                results[i] = Execute(units[i], places, cancellation);
                lock (_gate) progress?.Report(results[i]);
            }
        }

        if (workers == 1)
        {
            Work();
            return results;
        }

        Thread[] threads = [.. Enumerable.Range(0, Math.Min(workers, units.Length)).Select(_ => new Thread(Work))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        return results;
    }

    private SweepResult Execute(SweepUnit unit, Places places, CancellationToken cancellation)
    {
        string folder = _folder.RunOf(unit.Id);
        try
        {
            if (StoredRun.IsDone(folder)) return Ended(unit, null);
            if (RunFolder.IsTaken(folder)) return new SweepResult(unit, SweepOutcome.Elsewhere, null, null);
            RunSetup setup = Lanes.Laid(unit.Config.CreateSetup());
            using Run run = Run.Open(setup with { Backend = places.For(setup.Options) }, folder, Tell);
            RunSummary summary = run.Execute(null, cancellation);
            if (!summary.Completed && summary.Finished > 0) return new SweepResult(unit, SweepOutcome.Stopped, null, null);
            return Ended(unit, summary);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new SweepResult(unit, SweepOutcome.Stopped, null, null);
        }
        catch (Exception e) when (e is InvalidInputException or InvalidOperationException or IOException or UnauthorizedAccessException
            or ArgumentException or ArithmeticException or OutOfMemoryException)
        {
            if (RunFolder.IsTaken(folder)) return new SweepResult(unit, SweepOutcome.Elsewhere, null, null);
            string message = OneLine.Message(e.Message);
            _folder.Fail(unit.Id, message);
            return new SweepResult(unit, SweepOutcome.Failed, message, null);
        }
    }

    private SweepResult Ended(SweepUnit unit, RunSummary? summary)
    {
        _folder.ForgetFailure(unit.Id);
        return new SweepResult(unit, SweepOutcome.Done, null, summary);
    }

    private void Tell(string line)
    {
        lock (_gate)
        {
            if (_told.Add(line)) _tell?.Invoke(line);
        }
    }

    /// <summary>The backends of one worker, which its runs take in turn.</summary>
    private sealed class Places(int threads, bool isShared, Action<string> tell) : IDisposable
    {
        private readonly Dictionary<(string, int), Backend> _backends = [];

        public Backend For(RunOptions options)
        {
            int own = options.Threads == 0 && isShared ? threads : options.Threads;
            if (!_backends.TryGetValue((options.Backend, own), out Backend? backend))
                _backends.Add((options.Backend, own), backend = BackendSelector.Create(options.Backend, own, tell));
            return backend;
        }

        public void Dispose()
        {
            foreach (Backend backend in _backends.Values) backend.Dispose();
        }
    }
}
