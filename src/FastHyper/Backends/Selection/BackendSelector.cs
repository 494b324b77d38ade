using FastHyper.Backends.Cpu;
using FastHyper.Backends.OpenCl;

namespace FastHyper.Backends.Selection;

/// <summary>Chooses a backend by its name on the command line.</summary>
public static class BackendSelector
{
    /// <summary>Names that <see cref="Create"/> knows.</summary>
    public const string Names = "auto, cpu, opencl, opencl:NUMBER or opencl:NAME (see fasthyper devices)";

    private const string OpenCl = "opencl";

    /// <summary>Creates a backend.</summary>
    /// <param name="name">One of <see cref="Names"/>; <c>auto</c> is an <see cref="AutomaticBackend"/>.</param>
    /// <param name="threads">Threads of the CPU backend; 0 for one per processor.</param>
    /// <param name="tell">Told in a line where <c>auto</c> does not compute on a GPU that it would choose.</param>
    /// <exception cref="InvalidInputException">There is no such backend, or no such device.</exception>
    public static Backend Create(string name, int threads = 0, Action<string>? tell = null) => name switch
    {
        "auto" => new AutomaticBackend(threads, tell),
        "cpu" => new CpuBackend(threads),
        OpenCl => new OpenClBackend(),
        _ when name.StartsWith(OpenCl + ':', StringComparison.Ordinal) && name.Length > OpenCl.Length + 1 =>
            new OpenClBackend(name[(OpenCl.Length + 1)..]),
        _ => throw new InvalidInputException($"backend: '{OneLine.Value(name)}'; expected {Names}"),
    };
}
