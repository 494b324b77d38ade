namespace FastHyper.Backends;

/// <summary>What an array on a device holds for each instance (or, for parameters, for each leader).</summary>
public enum ArrayKind
{
    /// <summary>One number a state, (S).</summary>
    State,

    /// <summary>One float64 number a state, (S), whatever the engine's precision.</summary>
    WideState,

    /// <summary>One number a state and action, (S, A).</summary>
    StateAction,

    /// <summary>One number a state and leader action, (S, L); where a leader acts.</summary>
    LeaderAction,

    /// <summary>One number a stored transition, in the order of <see cref="Transitions.Matrix"/>.</summary>
    Entry,

    /// <summary>A vector for each leader: its parameters, a gradient, an optimiser's memory. Always float64.</summary>
    Parameter,

    /// <summary>One number a step of rollouts, (steps, streams). Always float64.</summary>
    Step,
}

/// <summary>
/// Memory that a backend owns: one block of numbers for every instance of an engine, laid out as the device likes.
/// Hosts see it only through <see cref="Engine.Upload"/> and <see cref="Engine.Download"/>.
/// </summary>
public abstract class DeviceArray : IDisposable
{
    /// <summary>Creates the handle.</summary>
    /// <param name="owner">The engine that allocates the array: its layout is the array's.</param>
    /// <param name="kind">What the array holds.</param>
    /// <param name="length">Numbers for each instance or leader.</param>
    /// <param name="shape">Which steps, of an array of kind <see cref="ArrayKind.Step"/>.</param>
    protected DeviceArray(Engine owner, ArrayKind kind, int length, RolloutShape? shape = null)
    {
        Owner = owner;
        Kind = kind;
        Length = length;
        Shape = shape;
    }

    /// <summary>The engine that allocated the array.</summary>
    public Engine Owner { get; }

    /// <summary>What the array holds.</summary>
    public ArrayKind Kind { get; }

    /// <summary>Numbers for each instance (or leader): S, S·A, stored transitions, parameters, or steps.</summary>
    public int Length { get; }

    /// <summary>The shape of the rollouts whose steps these are; null for other kinds than <see cref="ArrayKind.Step"/>.</summary>
    public RolloutShape? Shape { get; }

    /// <summary>Whether the memory has been freed.</summary>
    public bool IsDisposed { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        IsDisposed = true;
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
