using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Configuration;

namespace FastHyper.Experiments;

/// <summary>Where run configurations come from: presets, YAML files, problem files, and overrides.</summary>
public static class ConfigFile
{
    private const string Prefix = "presets/";

    /// <summary>Names of the configurations that come with the library.</summary>
    public static IReadOnlyList<string> Presets { get; } =
    [
        .. typeof(ConfigFile).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Resolves what a user calls a run.</summary>
    /// <param name="name">A preset, a problem of the catalogue, a YAML file, or a problem file (.npz).</param>
    /// <param name="overrides">Assignments key.path=value, applied last.</param>
    /// <param name="catalogue">What can be chosen; null for what FastHyper has.</param>
    /// <exception cref="InvalidInputException">There is none, or it is refused: a key that does not count in the run is, too.</exception>
    /// <remarks>
    /// A file is held to what it chooses itself, and overrides to what comes of them: they may choose what the file's keys are not for.
    /// </remarks>
    public static RunConfig Resolve(string name, IEnumerable<string> overrides, Catalogue? catalogue = null) =>
        Override(Base(name, catalogue ?? new()), overrides, RunKeys.OfRun, "the run");

    /// <summary>Resolves what a user calls a run, of which the problem and its objective alone are of use.</summary>
    /// <param name="name">A preset, a problem of the catalogue, a YAML file, or a problem file (.npz).</param>
    /// <param name="overrides">Assignments key.path=value, applied last, of keys that the problem or its objective reads.</param>
    /// <param name="command">Who has no use for the rest.</param>
    /// <param name="catalogue">What can be chosen; null for what FastHyper has.</param>
    /// <exception cref="InvalidInputException">There is no such thing, or it is refused.</exception>
    public static RunConfig ResolveProblem(string name, IEnumerable<string> overrides, string command, Catalogue? catalogue = null) =>
        Override(Base(name, catalogue ?? new()), overrides, RunKeys.OfProblem, command);

    /// <summary>Loads a YAML file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Assignments key.path=value, applied last.</param>
    /// <param name="catalogue">What can be chosen; null for what FastHyper has.</param>
    /// <exception cref="InvalidInputException">It cannot be read, names no problem, or is refused.</exception>
    public static RunConfig Load(string path, IEnumerable<string> overrides, Catalogue? catalogue = null) =>
        Override(Read(path, catalogue ?? new()), overrides, RunKeys.OfRun, "the run");

    /// <summary>What sweeps start from: a run as <see cref="Resolve"/> has it, of which a file is found from a folder.</summary>
    internal static RunConfig ResolveFrom(string folder, string name, Catalogue catalogue)
    {
        bool isFile = StoredProblem.IsFile(name) || Path.GetExtension(name).ToLowerInvariant() is ".yaml" or ".yml";
        return Base(isFile ? Path.GetFullPath(name, folder) : name, catalogue);
    }

    /// <summary>A configuration with other settings, whose paths count from a folder; whether they are read is not judged.</summary>
    internal static RunConfig With(RunConfig config, IEnumerable<Setting> settings, string folder) =>
        config.With([.. Rooted(settings, folder, config.Catalogue)]);

    /// <summary>Loads the configuration in the folder of a run.</summary>
    /// <param name="path">The file.</param>
    /// <param name="catalogue">What can be chosen.</param>
    /// <param name="tell">Told in a line of keys that do not count in the run: the first versions wrote all that there are.</param>
    /// <exception cref="InvalidInputException">It cannot be read, names no problem, or is refused.</exception>
    internal static RunConfig LoadResolved(string path, Catalogue catalogue, Action<string>? tell)
    {
        RunConfig config = ParseResolved(ReadText(path), OneLine.Path(path), catalogue, out IReadOnlyList<Setting> given);
        ReadKeys read = RunKeys.OfRun(config);
        string[] unread = [.. given.Select(setting => setting.Key).Where(key => !read.Contains(key))];
        if (unread.Length > 0) tell?.Invoke($"{OneLine.Path(path)}: {OneLine.List(unread)}: not read by the run");
        return config;
    }

    /// <summary>A configuration as a run wrote it.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="source">What refusals call it.</param>
    /// <param name="catalogue">What can be chosen.</param>
    /// <param name="given">Its settings.</param>
    /// <exception cref="InvalidInputException">It names no problem, or is refused.</exception>
    internal static RunConfig ParseResolved(string yaml, string source, Catalogue catalogue, out IReadOnlyList<Setting> given)
    {
        // Null was a value of estimator.critic.kind, for the estimator's own.
        given = [.. Setting.Read(yaml, source).Where(setting => !IsOwnCritic(setting))];
        return Bind(given, source, catalogue);

        static bool IsOwnCritic(Setting setting) =>
            setting.Value is ScalarNode { IsNull: true } && setting.Key.EndsWith("critic.kind", StringComparison.Ordinal);
    }

    /// <summary>What is to be overridden.</summary>
    private static RunConfig Base(string name, Catalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(name);
        IReadOnlyList<string> problems = catalogue.Problems.Names;
        if (StoredProblem.IsFile(name)) return Of(name);
        if (Presets.Contains(name))
        {
            using Stream stream = typeof(ConfigFile).Assembly.GetManifestResourceStream(Prefix + name)!;
            using StreamReader reader = new(stream);
            return Judge(reader.ReadToEnd(), $"preset {name}", catalogue, Environment.CurrentDirectory);
        }

        if (problems.Contains(name)) return Of(name);
        if (Path.GetExtension(name).ToLowerInvariant() is ".yaml" or ".yml") return Read(name, catalogue);
        throw new InvalidInputException(
            $"'{OneLine.Value(name)}' is no run{Names.DidYouMean(name, [.. Presets, .. problems])}; " +
            $"expected a preset ({string.Join(", ", Presets)}), a problem ({string.Join(", ", problems)}), " +
            "a .yaml configuration or a .npz problem");

        RunConfig Of(string problem)
        {
            Place place = new("", 0);
            Setting setting = new(catalogue.Problems.Key, new ScalarNode(problem, Plain: false, place), place);
            return new RunConfig(catalogue, [.. Rooted([setting], Environment.CurrentDirectory, catalogue)]);
        }
    }

    private static RunConfig Read(string path, Catalogue catalogue) =>
        Judge(ReadText(path), OneLine.Path(path), catalogue, Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <summary>Settings of which paths of files count from a folder; a run is resumed from wherever the user then stands.</summary>
    private static IEnumerable<Setting> Rooted(IEnumerable<Setting> settings, string folder, Catalogue catalogue)
    {
        KeySpace keys = catalogue.Keys();
        return settings.Select(setting => IsPath(setting) ? setting.Within(folder) : setting);

        bool IsPath(Setting setting) => setting.Key == catalogue.Problems.Key
            ? setting.Value is ScalarNode problem && StoredProblem.IsFile(problem.Text)
            : keys.IsPath(setting.Key);
    }

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
    private static RunConfig Judge(string yaml, string source, Catalogue catalogue, string folder)
    {
        Setting[] given = [.. Rooted(Setting.Read(yaml, source), folder, catalogue)];
        RunConfig config = Bind(given, source, catalogue);
        RunKeys.Require(config, given, RunKeys.OfRun, "the run");
        return config;
    }

    private static RunConfig Bind(IReadOnlyList<Setting> given, string source, Catalogue catalogue)
    {
        if (given.Any(setting => setting.Key == catalogue.Problems.Key)) return new RunConfig(catalogue, given);
        KeySpace keys = catalogue.Keys();
        foreach (Setting setting in given) keys.Require(setting);
        throw new InvalidInputException(
            $"{source}: {(given.Count == 0 ? "empty" : "no problem")}; " +
            $"expected a configuration with problem: {string.Join(", ", catalogue.Problems.Names)}, or a problem file (.npz)");
    }

    private static RunConfig Override(RunConfig config, IEnumerable<string> overrides, Func<RunConfig, ReadKeys> keysOf, string reader)
    {
        Setting[] given = [.. Rooted(overrides.Select(Setting.Parse), Environment.CurrentDirectory, config.Catalogue)];
        RunConfig changed = given.Length == 0 ? config : config.With(given);
        RunKeys.Require(changed, given, keysOf, reader);
        return changed;
    }
}
