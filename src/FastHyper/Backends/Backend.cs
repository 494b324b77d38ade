namespace FastHyper.Backends;

/// <summary>A place to compute: creates engines. Its engines share its threads, and are used by one thread at a time.</summary>
public abstract class Backend : IDisposable
{
    /// <summary>Name as on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, in words.</summary>
    public abstract string Description { get; }

    /// <summary>Creates an engine for MDP instances that share the structure of <paramref name="transitions"/>.</summary>
    /// <exception cref="InvalidInputException">The options do not fit each other.</exception>
    /// <exception cref="InsufficientMemoryException">The device has too little memory.</exception>
    public abstract Engine CreateEngine(Transitions transitions, EngineOptions options);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the backend.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
