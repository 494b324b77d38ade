namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>Transitions that engines of a device have in common: laid out by the first that needs them, freed with the last.</summary>
internal sealed class TransitionsPool(OpenClContext context) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Transitions Transitions, Precision Precision, bool Own), Shared> _shared = [];
    private OpenClQueue? _queue;

    /// <summary>Transitions of an engine, until it gives them back.</summary>
    /// <param name="transitions">What is laid out.</param>
    /// <param name="precision">Precision of shared probabilities.</param>
    /// <param name="own">Whether instances have probabilities of their own.</param>
    public OpenClTransitions Rent(Transitions transitions, Precision precision, bool own)
    {
        lock (_lock)
        {
            if (!_shared.TryGetValue((transitions, precision, own), out Shared? shared))
            {
                // A queue of their own: the engine that came first may go first.
                _queue ??= new OpenClQueue(context);
                _shared.Add(
                    (transitions, precision, own),
                    shared = new Shared(
                        DeviceMemories.AllOrNothing(_queue, memories => new OpenClTransitions(memories, transitions, precision, own))));
            }

            shared.Engines++;
            return shared.Model;
        }
    }

    /// <summary>Gives transitions back.</summary>
    public void Return(OpenClTransitions model)
    {
        lock (_lock)
        {
            foreach (((Transitions, Precision, bool) key, Shared shared) in _shared)
            {
                if (shared.Model != model) continue;
                if (--shared.Engines > 0) return;
                _shared.Remove(key);
                model.Dispose();
                return;
            }
        }
    }

    public void Dispose()
    {
        foreach (Shared shared in _shared.Values) shared.Model.Dispose();
        _shared.Clear();
        _queue?.Dispose();
        _queue = null;
    }

    private sealed class Shared(OpenClTransitions model)
    {
        public OpenClTransitions Model { get; } = model;

        public int Engines { get; set; }
    }
}
