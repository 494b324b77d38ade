using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using FastHyper.Experiments.Configuration;

namespace FastHyper.Experiments;

/// <summary>Where run configurations come from: presets, YAML files, problem files, and overrides.</summary>
[RequiresUnreferencedCode("Option classes are read by reflection.")]
[RequiresDynamicCode("Option classes are read by reflection.")]
public static class ConfigFile
{
    private const string Prefix = "presets/";

    /// <summary>Names of the configurations that come with the library.</summary>
    public static IReadOnlyList<string> Presets { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Resolves what a user calls a run.</summary>
    /// <param name="name">A preset, a built-in problem, a YAML file, or a problem file (.npz).</param>
    /// <param name="overrides">Assignments key.path=value, applied last.</param>
    /// <exception cref="InvalidInputException">There is no such thing, or it is refused.</exception>
    public static RunConfig Resolve(string name, IEnumerable<string> overrides)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) || ExperimentFactory.BuiltInProblems.Except(Presets).Contains(name))
        {
            RunConfig config = StrictYaml.Bind<RunConfig>("", name, overrides);
            // A run is resumed from wherever the user then stands.
            config.Problem = name.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) ? Path.GetFullPath(name) : name;
            return config;
        }

        if (Presets.Contains(name))
        {
            using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name)!;
            using StreamReader reader = new(stream);
            return StrictYaml.Bind<RunConfig>(reader.ReadToEnd(), $"preset {name}", overrides);
        }

        if (name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase))
            return Load(name, overrides);
        throw new InvalidInputException($"'{name}' is no run; expected a preset ({string.Join(", ", Presets)}), a built-in problem ({string.Join(", ", ExperimentFactory.BuiltInProblems)}), a .yaml configuration or a .npz problem");
    }

    /// <summary>Loads a YAML file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Assignments key.path=value, applied last.</param>
    /// <exception cref="InvalidInputException">It cannot be read, or is refused.</exception>
    public static RunConfig Load(string path, IEnumerable<string> overrides)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read ({e.Message}); expected a YAML configuration", e);
        }

        return StrictYaml.Bind<RunConfig>(text, path, overrides);
    }

    /// <summary>The configuration as YAML, every key resolved.</summary>
    public static string Write(RunConfig config) => StrictYaml.Write(config);
}
