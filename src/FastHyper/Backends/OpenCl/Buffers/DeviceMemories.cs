using System.Runtime.CompilerServices;

namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>Memory that one object allocates as it is made, and that is freed together.</summary>
internal sealed class DeviceMemories : IDisposable
{
    private readonly List<DeviceMemory> _all = [];

    private DeviceMemories(OpenClQueue queue) => Queue = queue;

    public OpenClQueue Queue { get; }

    /// <summary>Makes what takes its memory from here; where that fails halfway, what was allocated is freed.</summary>
    public static T AllOrNothing<T>(OpenClQueue queue, Func<DeviceMemories, T> make)
    {
        DeviceMemories memories = new(queue);
        try
        {
            return make(memories);
        }
        catch
        {
            memories.Dispose();
            throw;
        }
    }

    /// <summary>Allocates memory, of what nobody knows.</summary>
    public DeviceMemory Allocate(long bytes, string what)
    {
        DeviceMemory memory = Queue.Context.Allocate(bytes, what);
        _all.Add(memory);
        return memory;
    }

    /// <summary>Allocates memory for numbers of the host, and copies them there.</summary>
    public DeviceMemory Put<T>(ReadOnlySpan<T> values, string what)
        where T : unmanaged
    {
        DeviceMemory memory = Allocate((long)values.Length * Unsafe.SizeOf<T>(), what);
        Queue.Write(memory, 0, values);
        return memory;
    }

    public void Dispose()
    {
        foreach (DeviceMemory memory in _all) memory.Dispose();
    }
}
