using System.Collections.Concurrent;
using FastHyper.Backends.OpenCl.Binding;
using FastHyper.Backends.OpenCl.Devices;

namespace FastHyper.Backends.OpenCl.Programs;

/// <summary>The programs of one device, each built when it is first asked for, from the cache or from source.</summary>
internal sealed class ProgramLibrary(ContextHandle context, OpenClDevice device, BinaryCache cache) : IDisposable
{
    private readonly ConcurrentDictionary<(string Name, Precision Precision), Lazy<ProgramHandle>> _programs = new();

    /// <summary>Programs that were built from source, and not taken from the cache.</summary>
    public int Built { get; private set; }

    /// <summary>Creates a kernel, with arguments of its own.</summary>
    /// <param name="file">The source file, without its ending.</param>
    /// <param name="name">The kernel.</param>
    /// <param name="precision">What <c>REAL</c> is.</param>
    /// <exception cref="InvalidOperationException">The program does not build; the message holds the log.</exception>
    public KernelHandle Create(string file, string name, Precision precision) => CL.CreateKernel(
        _programs.GetOrAdd(
            (file, precision), key => new Lazy<ProgramHandle>(() => Load(key.Name, KernelSources.Read(key.Name), Options(key.Precision))))
                .Value, name);

    /// <summary>Builds a program, or takes its binary from the cache.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="source">OpenCL C.</param>
    /// <param name="options">Options of the compiler.</param>
    public ProgramHandle Load(string name, string source, string options)
    {
        string key = BinaryCache.Key(
            source, options, device.Platform, device.PlatformVersion, device.Vendor, device.Name, device.Version, device.Driver);
        if (cache.Read(key) is byte[] binary && TryLoad(binary, options) is ProgramHandle loaded) return loaded;
        ProgramHandle program = CL.CreateProgramWithSource(context, source);
        try
        {
            CL.BuildProgram(program, device.Id, options);
        }
        catch (OpenClException e)
        {
            string log = Log(program);
            program.Dispose();
            throw new OpenClException(
                $"OpenCL: kernels/{name}.cl does not build on {device.Name} ({ErrorCodes.Name(e.Code)}): {log}", e.Function, e.Code);
        }

        Built++;
        cache.Write(key, CL.GetProgramBinary(program));
        return program;
    }

    public void Dispose()
    {
        foreach (Lazy<ProgramHandle> program in _programs.Values)
            if (program.IsValueCreated) program.Value.Dispose();
        _programs.Clear();
    }

    private static string Options(Precision precision) =>
        precision == Precision.F64 ? "-cl-std=CL1.2 -DREAL=double -DREAL_IS_DOUBLE=1" : "-cl-std=CL1.2 -DREAL=float -DREAL_IS_DOUBLE=0";

    private ProgramHandle? TryLoad(byte[] binary, string options)
    {
        ProgramHandle? program = null;
        try
        {
            program = CL.CreateProgramWithBinary(context, device.Id, binary);
            CL.BuildProgram(program, device.Id, options);
            return program;
        }
        catch (OpenClException)
        {
            // A binary that the driver does not take is built anew.
            program?.Dispose();
            return null;
        }
    }

    private string Log(ProgramHandle program)
    {
        try
        {
            return CL.GetBuildLog(program, device.Id);
        }
        catch (OpenClException e)
        {
            return e.Message;
        }
    }
}
