using System.Runtime.InteropServices;

namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>
/// A few numbers of the host on the device (temperatures, seeds, step sizes): copied when they change, without waiting,
/// from a mirror that stays as it is until the copy has ended.
/// </summary>
internal sealed unsafe class SmallVector<T> : IDisposable
    where T : unmanaged, IEquatable<T>
{
    private readonly OpenClQueue _queue;
    private readonly string _what;
    private DeviceMemory? _memory;
    private T* _mirror;
    private int _capacity;
    private int _length;
    private long _copied;

    public SmallVector(OpenClQueue queue, string what)
    {
        _queue = queue;
        _what = what;
    }

    /// <summary>The numbers on the device, or those of the last <see cref="Set"/>.</summary>
    public DeviceMemory Memory => _memory ??= _queue.Context.Allocate(0, _what);

    /// <summary>The numbers on the host.</summary>
    public ReadOnlySpan<T> Values => new(_mirror, _length);

    /// <summary>Puts numbers on the device unless they are there.</summary>
    public DeviceMemory Set(ReadOnlySpan<T> values)
    {
        if (_length == values.Length && Values.SequenceEqual(values)) return Memory;
        // The last copy may not have begun yet.
        if (_copied > _queue.Ended) _queue.Finish();
        // Nothing is there until it was copied.
        _length = 0;
        if (values.Length > _capacity)
        {
            _mirror = (T*)NativeMemory.Realloc(_mirror, (nuint)values.Length * (nuint)sizeof(T));
            DeviceMemory larger = _queue.Context.Allocate((long)values.Length * sizeof(T), _what);
            _memory?.Dispose();
            _memory = larger;
            _capacity = values.Length;
        }

        values.CopyTo(new Span<T>(_mirror, values.Length));
        _queue.Write(Memory, 0, _mirror, (long)values.Length * sizeof(T));
        _copied = _queue.Enqueued;
        _length = values.Length;
        return Memory;
    }

    public void Dispose()
    {
        if (_mirror is not null && _copied > _queue.Ended) _queue.TryFinish();
        NativeMemory.Free(_mirror);
        _mirror = null;
        _length = _capacity = 0;
        _memory?.Dispose();
    }
}
