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
    /// <exception cref="InvalidInputException">There is no such thing, or it is refused: a key that does not count in the run is, too.</exception>
    /// <remarks>A file is held to what it chooses itself, and overrides to what comes of them: they may choose what the file's keys are not for.</remarks>
    public static RunConfig Resolve(string name, IEnumerable<string> overrides) => Resolve(name, overrides, RunKeys.OfRun, "the run");

    /// <summary>Resolves what a user calls a run, of which the problem and its objective alone are of use.</summary>
    /// <param name="name">A preset, a built-in problem, a YAML file, or a problem file (.npz).</param>
    /// <param name="overrides">Assignments key.path=value, applied last, of keys that the problem or its objective reads.</param>
    /// <param name="command">Who has no use for the rest.</param>
    /// <exception cref="InvalidInputException">There is no such thing, or it is refused.</exception>
    public static RunConfig ResolveProblem(string name, IEnumerable<string> overrides, string command) => Resolve(name, overrides, RunKeys.OfProblem, command);

    /// <summary>Loads a YAML file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Assignments key.path=value, applied last.</param>
    /// <exception cref="InvalidInputException">It cannot be read, names no problem, or is refused.</exception>
    public static RunConfig Load(string path, IEnumerable<string> overrides) => Override(Read(path), overrides, RunKeys.OfRun, "the run");

    /// <summary>Loads the configuration in the folder of a run.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tell">Told in a line of keys that do not count in the run: the first versions wrote all that there are.</param>
    /// <exception cref="InvalidInputException">It cannot be read, names no problem, or is refused.</exception>
    internal static RunConfig LoadResolved(string path, Action<string>? tell)
    {
        List<GivenKey> given = [];
        RunConfig config = Bind(ReadText(path), OneLine.Path(path), given);
        ReadKeys read = RunKeys.OfRun(config);
        string[] unread = [.. given.Select(key => key.Key).Where(key => !read.Contains(key))];
        if (unread.Length > 0) tell?.Invoke($"{OneLine.Path(path)}: {OneLine.List(unread)}: not read by the run");
        return config;
    }

    /// <summary>The configuration as YAML: every key that counts in the run, resolved, and no other.</summary>
    public static string Write(RunConfig config) => StrictYaml.Write(config, RunKeys.OfRun(config).Contains);

    private static RunConfig Resolve(string name, IEnumerable<string> overrides, Func<RunConfig, ReadKeys> keysOf, string reader)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(overrides);
        return Override(Base(name), overrides, keysOf, reader);
    }

    /// <summary>What is to be overridden.</summary>
    private static RunConfig Base(string name)
    {
        // A run is resumed from wherever the user then stands.
        if (ExperimentFactory.IsFile(name)) return new RunConfig { Problem = name.Contains('\0', StringComparison.Ordinal) ? name : Path.GetFullPath(name) };
        if (Presets.Contains(name))
        {
            using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name)!;
            using StreamReader reader = new(stream);
            return Judge(reader.ReadToEnd(), $"preset {name}");
        }

        if (ExperimentFactory.BuiltInProblems.Contains(name)) return new RunConfig { Problem = name };
        if (name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)) return Read(name);
        throw new InvalidInputException($"'{OneLine.Value(name)}' is no run{Names.DidYouMean(name, [.. Presets, .. ExperimentFactory.BuiltInProblems])}; expected a preset ({string.Join(", ", Presets)}), a built-in problem ({string.Join(", ", ExperimentFactory.BuiltInProblems)}), a .yaml configuration or a .npz problem");
    }

    private static RunConfig Read(string path) => Judge(ReadText(path), OneLine.Path(path));

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InvalidInputException($"{OneLine.Path(path)}: cannot be read ({OneLine.Cause(e)}); expected a YAML configuration", e);
        }
    }

    /// <summary>Binds a file of its own, all keys of which count in what it chooses.</summary>
    private static RunConfig Judge(string yaml, string source)
    {
        List<GivenKey> given = [];
        RunConfig config = Bind(yaml, source, given);
        RunKeys.Require(config, given, RunKeys.OfRun, "the run");
        return config;
    }

    private static RunConfig Bind(string yaml, string source, List<GivenKey> given)
    {
        RunConfig config = StrictYaml.Read<RunConfig>(yaml, source, given);
        if (given.Exists(key => key.Key == "problem")) return config;
        throw new InvalidInputException($"{source}: {(given.Count == 0 ? "empty" : "no problem")}; expected a configuration with problem: {string.Join(", ", ExperimentFactory.BuiltInProblems)}, or a problem file (.npz)");
    }

    private static RunConfig Override(RunConfig config, IEnumerable<string> overrides, Func<RunConfig, ReadKeys> keysOf, string reader)
    {
        List<GivenKey> given = [];
        foreach (string assignment in overrides) StrictYaml.Override(config, assignment, given);
        RunKeys.Require(config, given, keysOf, reader);
        return config;
    }
}
