using System.Text;

namespace FastHyper.Backends.OpenCl.Programs;

/// <summary>The OpenCL C sources of <c>kernels/</c>, embedded in the assembly.</summary>
internal static class KernelSources
{
    private const string Prefix = "kernels/";

    /// <summary>What every file begins with: types, addresses, fixed-order helpers.</summary>
    private const string Common = "common";

    private const string Include = "#include \"";

    /// <summary>All files that are programs, without those that others begin with.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(KernelSources).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..]).Where(name => name != Common).Order(StringComparer.Ordinal)];

    /// <summary>
    /// A file with the common one before it, and what it includes in its place; a build log counts each file's lines from 1.
    /// </summary>
    /// <param name="name">The file's name, without its ending.</param>
    public static string Read(string name) => Part(Common) + Part(name);

    private static string Part(string name)
    {
        StringBuilder part = new($"#line 1 \"{name}.cl\"\n");
        string[] lines = Text(name).Split('\n');
        for (int k = 0; k < lines.Length; k++)
        {
            if (lines[k].StartsWith(Include, StringComparison.Ordinal))
                part.Append(Part(lines[k][Include.Length..^4])).Append($"#line {k + 2} \"{name}.cl\"\n");
            else part.Append(lines[k]).Append('\n');
        }

        return part.ToString();
    }

    private static string Text(string name)
    {
        using Stream stream = typeof(KernelSources).Assembly.GetManifestResourceStream(Prefix + name)
            ?? throw new InvalidOperationException($"no kernel source '{name}'");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
