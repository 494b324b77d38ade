using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FastHyper.Cli;

/// <summary>
/// What Ctrl-C, the signals of a queue and a limit of time come to. Until <see cref="Listen"/> they end the process at once, with a line:
/// whatever it is at, nothing is lost that can be kept, and no file is half-written. From then on the first asks the work to stop cleanly,
/// and a Ctrl-C after that ends the process; a queue, which may send several, does not hasten what it waits for.
/// </summary>
internal sealed class StopSignal : IDisposable
{
    // As long as a run that is stopped goes on with its iteration.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenSource _late = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly string _ending;
    private readonly bool _requeues;
    private Timer? _limit;
    private volatile bool _isListening;
    private volatile bool _isQueues;

    /// <summary>Waits for signals.</summary>
    /// <param name="ending">What is said when the process is ended at once.</param>
    /// <param name="requeues">
    /// Whether the same command goes on with what is stopped: SIGUSR1 and SIGUSR2 then stop it, too, and what a queue stops ends with
    /// <see cref="CommandHost.Requeue"/>.
    /// </param>
    public StopSignal(string ending, bool requeues = false)
    {
        (_ending, _requeues) = (ending, requeues);
        Register(PosixSignal.SIGINT, isQueues: false);
        Register(PosixSignal.SIGTERM, isQueues: requeues);
        if (!requeues) return;
        // .NET has no names for these; their numbers are the system's.
        int[] users = OperatingSystem.IsLinux() ? [10, 12] : OperatingSystem.IsMacOS() ? [30, 31] : [];
        foreach (int user in users) Register((PosixSignal)user, isQueues: true);
    }

    /// <summary>Cancelled some time after that, for work that then ends without an answer.</summary>
    public CancellationToken Late => _late.Token;

    /// <summary>The exit code of work that was stopped: whether by a queue, or by the user.</summary>
    public int ExitCode => _isQueues ? CommandHost.Requeue : CommandHost.Failed;

    /// <summary>Stops the work as a queue does, some time after the process began.</summary>
    /// <param name="limit">How long; null for no limit.</param>
    public void Within(TimeSpan? limit)
    {
        if (limit is not TimeSpan time) return;
        using Process self = Process.GetCurrentProcess();
        TimeSpan left = time - (DateTime.Now - self.StartTime);
        _limit = new Timer(_ => Stop(isQueues: true), null, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>From here on the work listens.</summary>
    /// <returns>Cancelled when the user or the queue wants to stop.</returns>
    public CancellationToken Listen()
    {
        _isListening = true;
        return _source.Token;
    }

    public void Dispose()
    {
        _limit?.Dispose();
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _source.Dispose();
        _late.Dispose();
    }

    private void Register(PosixSignal signal, bool isQueues) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        Stop(isQueues);
    }));

    private void Stop(bool isQueues)
    {
        bool isStopping = _source.IsCancellationRequested;
        if (isStopping && isQueues) return;
        if (!isStopping) _isQueues = isQueues;
        if (_isListening && !isStopping)
        {
            _source.Cancel();
            _late.CancelAfter(s_grace);
            return;
        }

        CommandHost.Complain(_ending);
        Environment.Exit(_requeues && isQueues ? CommandHost.Requeue : CommandHost.Failed);
    }
}
