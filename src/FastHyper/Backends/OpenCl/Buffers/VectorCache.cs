namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>Small vectors that a verb is called with in turn: each is copied once, as long as there are no more than a few.</summary>
internal sealed class VectorCache<T> : IDisposable
    where T : unmanaged, IEquatable<T>
{
    private const int Kept = 4;
    private readonly SmallVector<T>[] _vectors;
    private int _next;

    public VectorCache(OpenClQueue queue, string what)
    {
        _vectors = new SmallVector<T>[Kept];
        for (int k = 0; k < Kept; k++) _vectors[k] = new SmallVector<T>(queue, what);
    }

    /// <summary>Puts numbers on the device unless they are there.</summary>
    public DeviceMemory Set(ReadOnlySpan<T> values)
    {
        foreach (SmallVector<T> vector in _vectors)
            if (vector.Values.SequenceEqual(values)) return vector.Memory;
        _next = (_next + 1) % Kept;
        return _vectors[_next].Set(values);
    }

    public void Dispose()
    {
        foreach (SmallVector<T> vector in _vectors) vector.Dispose();
    }
}
