namespace FastHyper.Backends.OpenCl.Programs;

/// <summary>The OpenCL C sources of <c>kernels/</c>, embedded in the assembly.</summary>
internal static class KernelSources
{
    private const string Prefix = "kernels/";

    /// <summary>What every file begins with: types, addresses, fixed-order helpers.</summary>
    private const string Common = "common";

    /// <summary>All files, without the common one.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(KernelSources).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..]).Where(name => name != Common).Order(StringComparer.Ordinal)];

    /// <summary>A file with the common one before it; a build log counts each file's lines from 1.</summary>
    /// <param name="name">The file's name, without its ending.</param>
    public static string Read(string name) => $"#line 1 \"{Common}.cl\"\n{Text(Common)}\n#line 1 \"{name}.cl\"\n{Text(name)}";

    private static string Text(string name)
    {
        using Stream stream = typeof(KernelSources).Assembly.GetManifestResourceStream(Prefix + name) ?? throw new InvalidOperationException($"no kernel source '{name}'");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
