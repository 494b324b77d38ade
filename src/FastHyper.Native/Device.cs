using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.Selection;

namespace FastHyper.Native;

/// <summary>
/// A backend, <c>fh_backend</c>: its objects share its threads, so one call at a time is at work on it, and others wait. It lives until
/// it is freed and nothing that was created on it is left.
/// </summary>
internal sealed unsafe class Device : IDisposable
{
    private readonly Lock _gate = new();
    private delegate* unmanaged<void*, byte*, int> _watch;
    private void* _user;
    private TimeSpan _interval;
    private bool _busy;
    private int _users = 1;

    public Device(string name, int threads, int laneBits) =>
        Backend = name == "cpu" ? new CpuBackend(threads, laneBits)
            : laneBits == 0 ? BackendSelector.Create(name, threads)
            : throw new InvalidInputException(
            $"lane width: {laneBits} bits on {name}; expected 0, other widths are of cpu");

    public Backend Backend { get; }

    /// <summary>Sets who is asked every so often whether work shall go on; null for nobody.</summary>
    public void Watch(delegate* unmanaged<void*, byte*, int> watch, void* user, int milliseconds)
    {
        if (milliseconds < 1) throw new InvalidInputException($"watch: every {milliseconds} ms; expected at least 1");
        using Session session = Enter();
        _watch = watch;
        _user = user;
        _interval = TimeSpan.FromMilliseconds(milliseconds);
    }

    /// <summary>Begins a call, once others have ended.</summary>
    /// <exception cref="InvalidInputException">It is made by a callback of the call that is at work.</exception>
    public Session Enter() => new(this);

    public void Retain() => Interlocked.Increment(ref _users);

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0) Backend.Dispose();
    }

    /// <summary>A call at work.</summary>
    public readonly ref struct Session : IDisposable
    {
        private readonly Device _device;

        public Session(Device device)
        {
            _device = device;
            device._gate.Enter();
            if (device._busy)
            {
                device._gate.Exit();
                throw new InvalidInputException("a callback calls what it was called by; expected another backend");
            }

            device._busy = true;
        }

        /// <summary>Asks the caller's watch, if there is one.</summary>
        public WorkMonitor Monitor()
        {
            Device device = _device;
            if (device._watch == null) return WorkMonitor.None;
            CancellationTokenSource source = new();
            return new WorkMonitor(source.Token, new Listener(device, source), device._interval);
        }

        public void Dispose()
        {
            _device._busy = false;
            _device._gate.Exit();
        }
    }

    /// <summary>Tells the caller's watch how far work has come; what it answers may stop it.</summary>
    private sealed class Listener(Device device, CancellationTokenSource stop) : IProgress<string>
    {
        public void Report(string value)
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(value + '\0');
            fixed (byte* first = bytes)
                if (device._watch(device._user, first) != 0) stop.Cancel();
        }
    }
}
