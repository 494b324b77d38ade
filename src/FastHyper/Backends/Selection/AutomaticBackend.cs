using System.Globalization;
using FastHyper.Backends.Cpu;
using FastHyper.Backends.OpenCl;
using FastHyper.Backends.OpenCl.Devices;

namespace FastHyper.Backends.Selection;

/// <summary>
/// The backend <c>auto</c>: each engine is created on the first OpenCL device that is a GPU and computes in float64, if
/// there is enough to do for it (<see cref="Pays"/>) and memory for a solve (<see cref="BytesOf"/>), and else on the processor. A processor
/// that is driven through OpenCL
/// (PoCL) is never chosen.
/// </summary>
internal sealed class AutomaticBackend : Backend
{
    /// <summary>Instances from which a GPU is chosen: enough of them to fill its lanes with one state each.</summary>
    public const int ManyInstances = 1024;

    /// <summary>States × instances from which a GPU is chosen: below, a sweep takes as long as starting its kernels.</summary>
    public const long ManyValues = 1 << 17;

    private const int RowArrays = 6;
    private const int StateArrays = 16;
    private readonly CpuBackend _cpu;
    private readonly Lazy<OpenClBackend?> _gpu;
    private readonly Action<string>? _tell;

    /// <summary>Creates the backend; devices are looked for when there is enough to do.</summary>
    /// <param name="threads">Threads of the CPU backend; 0 for one per processor.</param>
    /// <param name="tell">Told in a line where a GPU would be chosen but fails or has too little memory.</param>
    /// <exception cref="InvalidInputException">The number of threads is out of range.</exception>
    public AutomaticBackend(int threads = 0, Action<string>? tell = null)
        : this(threads, tell, () => Choose(OpenClDevices.All()) is OpenClDevice device ? new OpenClBackend(device) : null)
    {
    }

    /// <summary>Creates the backend with a GPU of the caller's.</summary>
    internal AutomaticBackend(int threads, Action<string>? tell, Func<OpenClBackend?> open)
    {
        _cpu = new CpuBackend(threads);
        _tell = tell;
        _gpu = new Lazy<OpenClBackend?>(() => Try(open));
    }

    /// <inheritdoc/>
    public override string Name => "auto";

    /// <inheritdoc/>
    public override string Description =>
        _gpu is { IsValueCreated: true, Value: OpenClBackend gpu } ? $"{gpu.Description}; else {_cpu.Description}" : _cpu.Description;

    /// <summary>The rule: whether a GPU is worth it for that many instances of that many states.</summary>
    /// <param name="states">States of the problem.</param>
    /// <param name="instances">Instances of the engine.</param>
    public static bool Pays(long states, long instances) => instances >= ManyInstances || states * instances >= ManyValues;

    /// <inheritdoc/>
    public override Engine CreateEngine(Transitions transitions, EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(transitions);
        ArgumentNullException.ThrowIfNull(options);
        return (Pays(transitions.States, options.Instances)
            && _gpu.Value is OpenClBackend gpu
                ? Try(() => Fitting(gpu, transitions, options))
                : null) ?? _cpu.CreateEngine(transitions, options);
    }

    /// <summary>
    /// Bytes of a device that an engine and a leader's exact iteration with it take, but for its parameters and their features:
    /// transitions, their transpose and, beside float32, their float64 values; and the arrays of states and actions (r, l, π, a step's π,
    /// Q, and one to work in) and of states.
    /// </summary>
    /// <param name="transitions">Transitions of the engine.</param>
    /// <param name="options">Its instances and precision.</param>
    public static long BytesOf(Transitions transitions, EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(transitions);
        ArgumentNullException.ThrowIfNull(options);
        long real = BytesOfNumber(options), instances = options.Instances, states = transitions.States, rows = states * transitions.Actions,
            entries = transitions.EntryCount;
        long values = options.OwnTransitions ? (instances * real) + sizeof(int) : 2 * real;
        long exact = !options.OwnTransitions && options.Precision == Precision.F32 ? sizeof(double) : 0;
        return (entries * ((2 * sizeof(int)) + values + exact)) + (rows * ((RowArrays * real * instances) + sizeof(int)))
            + (StateArrays * states * sizeof(double) * instances);
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

    private static long BytesOfNumber(EngineOptions options) => options.Precision == Precision.F32 ? sizeof(float) : sizeof(double);

    /// <summary>An engine on the GPU, if there will be memory for what it is for.</summary>
    private static Engine Fitting(OpenClBackend gpu, Transitions transitions, EngineOptions options)
    {
        long needed = BytesOf(transitions, options), largest = Math.Max(
            (long)transitions.States * transitions.Actions, options.OwnTransitions ? transitions.EntryCount
                : 0) * options.Instances * BytesOfNumber(options);
        if (needed > gpu.Limit - gpu.Allocated || largest > gpu.Device.LargestArray)
        {
            throw new InsufficientMemoryException(string.Create(
                CultureInfo.InvariantCulture,
                $"OpenCL device {gpu.Device.Index} ({gpu.Device.Name}) has too little memory: {needed} bytes needed, {largest} of them in "
                    + $"one array; {gpu.Limit - gpu.Allocated} and {gpu.Device.LargestArray} are there"));
        }

        return gpu.CreateEngine(transitions, options);
    }

    /// <summary>What is to be had of the GPU; null, and a line that says why, where it fails.</summary>
    private T? Try<T>(Func<T?> make)
        where T : class
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is InsufficientMemoryException or InvalidOperationException)
        {
            _tell?.Invoke($"{e.Message}; computing on the processor");
            return null;
        }
    }
}
