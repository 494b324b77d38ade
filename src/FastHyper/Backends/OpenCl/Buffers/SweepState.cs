using System.Runtime.InteropServices;

namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>
/// How far sweeps have come, on the device: change, magnitude, lowest and highest (I doubles each), active and sweeps (I
/// ints each), and how many instances are active. 8 I + 4 bytes go there when sweeps begin, 40 I + 4 come back at their
/// end, and 4 bytes each time that the host looks whether to go on.
/// </summary>
internal sealed unsafe class SweepState : IDisposable
{
    private readonly OpenClQueue _queue;
    private readonly int _instances;
    private readonly int _bytes;
    private byte* _mirror;

    public SweepState(OpenClQueue queue, int instances)
    {
        _queue = queue;
        _instances = instances;
        _bytes = checked((40 * instances) + 4);
        Memory = queue.Context.Allocate(_bytes, "the status of sweeps");
        _mirror = (byte*)NativeMemory.AllocZeroed((nuint)_bytes);
    }

    public DeviceMemory Memory { get; }

    private double* Numbers => (double*)_mirror;

    private int* Active => (int*)(_mirror + (32L * _instances));

    private int* Sweeps => Active + _instances;

    private int* Remaining => Active + (2L * _instances);

    /// <summary>Puts the instances that iterate on the device, with no sweeps done. The mirror was last waited for.</summary>
    public void Begin(SweepStatus status)
    {
        *Remaining = 0;
        for (int i = 0; i < _instances; i++)
        {
            Active[i] = status.Active[i] ? 1 : 0;
            *Remaining += Active[i];
            Sweeps[i] = 0;
        }

        _queue.Write(Memory, 32L * _instances, Active, _bytes - (32L * _instances));
    }

    /// <summary>Whether an instance still iterates; waits.</summary>
    public bool GoesOn()
    {
        _queue.Read(Memory, 40L * _instances, new Span<int>(Remaining, 1));
        return *Remaining > 0;
    }

    /// <summary>Takes what the sweeps did into a status, whose active instances they began with; waits.</summary>
    public void End(SweepStatus status)
    {
        _queue.Read(Memory, 0, new Span<byte>(_mirror, _bytes));
        for (int i = 0; i < _instances; i++)
        {
            if (!status.Active[i]) continue;
            status.Change[i] = Numbers[i];
            status.Magnitude[i] = Numbers[_instances + i];
            status.Lowest[i] = Numbers[(2 * _instances) + i];
            status.Highest[i] = Numbers[(3 * _instances) + i];
            status.Sweeps[i] += Sweeps[i];
            status.Active[i] = Active[i] != 0;
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_mirror);
        _mirror = null;
        Memory.Dispose();
    }
}
