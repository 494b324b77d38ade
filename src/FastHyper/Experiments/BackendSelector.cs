using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Experiments;

/// <summary>Chooses a backend by its name on the command line.</summary>
public static class BackendSelector
{
    /// <summary>Names that <see cref="Create"/> knows.</summary>
    public const string Names = "auto or cpu";

    /// <summary>Creates a backend.</summary>
    /// <param name="name"><c>auto</c> or <c>cpu</c>.</param>
    /// <param name="threads">Threads of the CPU backend; 0 for one per processor.</param>
    /// <exception cref="InvalidInputException">There is no such backend.</exception>
    public static Backend Create(string name, int threads = 0) => name switch
    {
        "auto" or "cpu" => new CpuBackend(threads),
        _ => throw new InvalidInputException($"backend: '{name}'; expected {Names}"),
    };
}
