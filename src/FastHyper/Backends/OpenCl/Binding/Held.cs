namespace FastHyper.Backends.OpenCl.Binding;

/// <summary>An object of the runtime while a call uses it: it is not released meanwhile, whoever disposes of it.</summary>
internal readonly ref struct Held
{
    private readonly ClHandle _handle;

    /// <exception cref="ObjectDisposedException">It was released before.</exception>
    public Held(ClHandle handle)
    {
        bool held = false;
        handle.DangerousAddRef(ref held);
        _handle = handle;
    }

    public static implicit operator nint(Held held) => held._handle.Pointer;

    public void Dispose() => _handle.DangerousRelease();
}
