using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.Lanes;
using FastHyper.Backends.Cpu.ManySmallMdps;
using FastHyper.Backends.Cpu.OneLargeMdp;
using FastHyper.Backends.Cpu.Reordering;

namespace FastHyper.Backends.Cpu;

/// <summary>
/// The processor: scalar, 256-bit or 512-bit lanes from the same kernel bodies, and a team of threads. The lane width
/// and the number of threads change the time taken, never a bit of the results.
/// </summary>
public sealed class CpuBackend : Backend
{
    /// <summary>Environment variable that caps the lane width in bits: 64 or less for scalar, 256, or 512.</summary>
    public const string LanesVariable = "FASTHYPER_LANES";

    // The runtime does not survive being refused a thread by the system.
    private const int MostThreads = 1024;
    private readonly ThreadTeam _team;
    private readonly StateReordering _reordering;

    /// <summary>Creates the backend and its threads.</summary>
    /// <param name="threads">Threads; 0 for one per processor.</param>
    /// <param name="laneBits">
    /// Lane width: 64 (scalar), 256 or 512 bits; 0 for the widest that pays (512 where the hardware has AVX-512, else 256 where it has
    /// AVX2), capped by <see cref="LanesVariable"/>. Widths that the hardware lacks work, emulated.
    /// </param>
    /// <exception cref="InvalidInputException">A number is out of range.</exception>
    public CpuBackend(int threads = 0, int laneBits = 0)
        : this(threads, laneBits, StateReordering.Auto)
    {
    }

    /// <param name="threads">Threads; 0 for one per processor.</param>
    /// <param name="laneBits">Lane width; 0 for the widest that pays.</param>
    /// <param name="reordering">Whether engines whose lanes are states keep these in an order of their own.</param>
    internal CpuBackend(int threads, int laneBits, StateReordering reordering)
    {
        int most = Math.Max(MostThreads, Environment.ProcessorCount);
        if (threads < 0 || threads > most) throw new InvalidInputException($"threads: {threads}; expected 0 (one per processor) to {most}");
        LaneBits = laneBits == 0 ? DefaultLaneBits() : laneBits;
        if (LaneBits is not (64 or 256 or 512)) throw new InvalidInputException($"lane width: {LaneBits} bits; expected 64, 256 or 512");
        _reordering = reordering;
        _team = new ThreadTeam(threads == 0 ? Environment.ProcessorCount : threads);
    }

    /// <summary>Lane width in bits; 64 stands for scalar.</summary>
    public int LaneBits { get; }

    /// <summary>Number of threads.</summary>
    public int Threads => _team.Size;

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override string Description =>
        $"CPU, {Threads} thread(s), {(LaneBits == 64 ? "scalar" : $"{LaneBits}-bit lanes")}; hardware: "
        + (Avx512F.IsSupported ? "AVX-512" : Vector256.IsHardwareAccelerated ? "AVX2" : "no wide lanes");

    /// <inheritdoc/>
    public override Engine CreateEngine(Transitions transitions, EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(transitions);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Leaders < 1 || options.InstancesPerLeader < 1)
            throw new InvalidInputException(
                $"engine: {options.Leaders} leaders of {options.InstancesPerLeader} instances; expected at least 1 of each");
        if (options.Layout == EngineLayout.States && options.Instances > 1)
            throw new InvalidInputException($"engine: {options.Instances} instances with states as lanes; expected 1");
        return options.Precision == Precision.F64 ? Create<double>(transitions, options) : Create<float>(transitions, options);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _team.Dispose();
    }

    private static int DefaultLaneBits()
    {
        int widest = Avx512F.IsSupported ? 512 : Vector256.IsHardwareAccelerated ? 256 : 64;
        string? text = Environment.GetEnvironmentVariable(LanesVariable);
        if (string.IsNullOrEmpty(text)) return widest;
        if (!int.TryParse(text, out int cap) || cap < 1)
            throw new InvalidInputException($"{LanesVariable}: '{text}'; expected a lane width in bits: 64, 256 or 512");
        return cap >= 512 ? 512 : cap >= 256 ? 256 : 64;
    }

    private Engine Create<T>(Transitions transitions, EngineOptions options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool overStates = options.Layout == EngineLayout.States || (options.Layout == EngineLayout.Auto && options.Instances == 1);
        if (overStates) return OverStates(options, _team);
        return LaneBits switch
        {
            64 => new InstanceLanesEngine<Lane1<T>, T>(transitions, options, _team, OverStates),
            256 => new InstanceLanesEngine<Lane256<T>, T>(transitions, options, _team, OverStates),
            _ => new InstanceLanesEngine<Lane512<T>, T>(transitions, options, _team, OverStates),
        };

        CpuEngine<T> OverStates(EngineOptions options, ThreadTeam team) => (LaneBits, typeof(T) == typeof(double)) switch
        {
            (64, _) => new StateLanesEngine<Lane1<T>, T, Lane1<float>, Lane1<double>>(transitions, options, team, _reordering),
            // A slice is two 512-bit registers of float64, but one of float32: two 256-bit ones make two chains of sums.
            (512, true) => new StateLanesEngine<Lane512<T>, T, Lane256<float>, Lane512<double>>(transitions, options, team, _reordering),
            _ => new StateLanesEngine<Lane256<T>, T, Lane256<float>, Lane256<double>>(transitions, options, team, _reordering),
        };
    }
}
