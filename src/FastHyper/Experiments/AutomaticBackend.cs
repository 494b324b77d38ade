using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.OpenCl;
using FastHyper.Backends.OpenCl.Devices;

namespace FastHyper.Experiments;

/// <summary>
/// The backend <c>auto</c>: each engine is created on the first OpenCL device that is a GPU and computes in float64, if
/// there is enough to do for it (<see cref="Pays"/>), and else on the processor. A processor that is driven through OpenCL
/// (PoCL) is never chosen.
/// </summary>
public sealed class AutomaticBackend : Backend
{
    /// <summary>Instances from which a GPU is chosen: enough of them to fill its lanes with one state each.</summary>
    public const int ManyInstances = 1024;

    /// <summary>States × instances from which a GPU is chosen: below, a sweep takes as long as starting its kernels.</summary>
    public const long ManyValues = 1 << 17;

    private readonly CpuBackend _cpu;
    private readonly Lazy<OpenClBackend?> _gpu;

    /// <summary>Creates the backend; devices are looked for when there is enough to do.</summary>
    /// <param name="threads">Threads of the CPU backend; 0 for one per processor.</param>
    /// <exception cref="InvalidInputException">The number of threads is out of range.</exception>
    public AutomaticBackend(int threads = 0)
    {
        _cpu = new CpuBackend(threads);
        _gpu = new Lazy<OpenClBackend?>(() => Choose(OpenClDevices.All()) is OpenClDevice device ? new OpenClBackend(device) : null);
    }

    /// <inheritdoc/>
    public override string Name => "auto";

    /// <inheritdoc/>
    public override string Description => _gpu is { IsValueCreated: true, Value: OpenClBackend gpu } ? $"{gpu.Description}; else {_cpu.Description}" : _cpu.Description;

    /// <summary>The rule: whether a GPU is worth it for that many instances of that many states.</summary>
    /// <param name="states">States of the problem.</param>
    /// <param name="instances">Instances of the engine.</param>
    public static bool Pays(long states, long instances) => instances >= ManyInstances || states * instances >= ManyValues;

    /// <inheritdoc/>
    public override Engine CreateEngine(Transitions transitions, EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(transitions);
        ArgumentNullException.ThrowIfNull(options);
        Backend chosen = Pays(transitions.States, options.Instances) && _gpu.Value is OpenClBackend gpu ? gpu : _cpu;
        return chosen.CreateEngine(transitions, options);
    }

    /// <summary>The device that the rule allows; null for none.</summary>
    internal static OpenClDevice? Choose(IEnumerable<OpenClDevice> devices) =>
        devices.FirstOrDefault(device => device.Kind == OpenClDeviceKind.Gpu && device.HasFloat64);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _cpu.Dispose();
        if (_gpu.IsValueCreated) _gpu.Value?.Dispose();
    }
}
