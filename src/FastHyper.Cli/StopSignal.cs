using System.Runtime.InteropServices;

namespace FastHyper.Cli;

/// <summary>
/// What Ctrl-C and termination come to. Until <see cref="Listen"/> they end the process at once, with a line: whatever it is at,
/// nothing is lost that can be kept, and no file is half-written. From then on the first asks the work to stop cleanly, and the
/// next ends the process.
/// </summary>
internal sealed class StopSignal : IDisposable
{
    // As long as a run that is stopped goes on with its iteration.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenSource _late = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private readonly string _ending;
    private volatile bool _isListening;

    /// <summary>Waits for signals.</summary>
    /// <param name="ending">What is said when the process is ended at once.</param>
    public StopSignal(string ending)
    {
        _ending = ending;
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    }

    /// <summary>Cancelled some time after that, for work that then ends without an answer.</summary>
    public CancellationToken Late => _late.Token;

    /// <summary>From here on the work listens.</summary>
    /// <returns>Cancelled when the user wants to stop.</returns>
    public CancellationToken Listen()
    {
        _isListening = true;
        return _source.Token;
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
        _late.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_isListening && !_source.IsCancellationRequested)
        {
            _source.Cancel();
            _late.CancelAfter(s_grace);
            return;
        }

        CommandHost.Complain(_ending);
        Environment.Exit(CommandHost.Failed);
    }
}
