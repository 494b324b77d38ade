using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Configuration;

namespace FastHyper.Experiments.Sweeps;

/// <summary>Reads a sweep: <c>base</c>, <c>set</c> for all cells, <c>axes</c>, and <see cref="SweepOptions"/>.</summary>
internal sealed class SweepFile
{
    private const int MostCells = 100_000;
    private readonly string _folder;
    private readonly Catalogue _catalogue;
    private readonly SweepOptions _options;
    private readonly IReadOnlyList<Setting> _common;
    private readonly IReadOnlyList<IReadOnlyList<IReadOnlyList<Setting>>> _axes;
    private readonly Dictionary<string, string> _hashes = [];

    private SweepFile(string yaml, string source, string folder, Catalogue catalogue)
    {
        (_folder, _catalogue) = (folder, catalogue);
        IReadOnlyList<Setting> all = Setting.Read(yaml, source);
        string[] options = [.. Table<SweepOptions>().Select(option => option.Key)];
        string[] known = [.. options, "set", "axes"];
        foreach (Setting setting in all)
        {
            string first = setting.Key.Split('.')[0];
            if (!known.Contains(first) || (options.Contains(first) && first != setting.Key))
                throw Refusal.UnknownKey("", setting.Key, setting.Place, known);
        }

        _options = new Binder(all.Where(setting => options.Contains(setting.Key))).Bind<SweepOptions>();
        if (_options.Base.Length == 0)
            throw new InvalidInputException($"{source}: no base; expected a preset, a problem, a .yaml configuration or a problem file");
        const string set = "set.";
        _common =
        [
            .. all.Where(setting => setting.Key.StartsWith(set, StringComparison.Ordinal))
                .Select(setting => setting with { Key = setting.Key[set.Length..] }),
        ];
        if (all.FirstOrDefault(setting => setting.Key == "set") is Setting { Value: not (MapNode or ScalarNode { IsNull: true }) } wrong)
            throw Refusal.WrongValue("set", wrong.Value, "a section of keys with their values");
        Setting? axes = all.FirstOrDefault(setting => setting.Key.Split('.')[0] == "axes");
        if (axes is not (null or { Key: "axes", Value: ListNode or ScalarNode { IsNull: true } }))
            throw Refusal.WrongValue("axes", new MapNode([], axes.Place), "a list of axes");
        _axes = [.. ((axes?.Value as ListNode)?.Items ?? []).Select((axis, i) => SweepAxis.Points(axis, $"axes[{i}]"))];
    }

    /// <summary>The cells of a file, each judged, and the leaders that a run may pack.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, or a cell is refused.</exception>
    public static (IReadOnlyList<CellConfig> Cells, int Pack) Load(string path, Catalogue catalogue)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InvalidInputException($"{OneLine.Path(path)}: cannot be read ({OneLine.Cause(e)}); expected the YAML of a sweep", e);
        }

        SweepFile file = new(text, OneLine.Path(path), Path.GetDirectoryName(Path.GetFullPath(path))!, catalogue);
        return (file.Cells(), file._options.Pack);
    }

    private static IReadOnlyList<Option> Table<T>()
        where T : class, IOptions<T>, new() => T.Options;

    private List<CellConfig> Cells()
    {
        double count = _axes.Aggregate((double)_options.Replicates, (product, axis) => product * axis.Count);
        if (count > MostCells) throw new InvalidInputException($"axes: {count} cells; expected at most {MostCells}");
        RunConfig start = ConfigFile.With(ConfigFile.ResolveFrom(_folder, _options.Base, _catalogue), _common, _folder);
        HashSet<string> unread = [.. _common.Select(setting => setting.Key)];
        List<CellConfig> cells = [];
        IEnumerable<IReadOnlyList<Setting>> points = [[]];
        foreach (var axis in _axes) points = points.SelectMany(point => axis.Select(next => (IReadOnlyList<Setting>)[.. point, .. next]));
        foreach (IReadOnlyList<Setting> point in points)
        {
            if (point.GroupBy(setting => setting.Key).FirstOrDefault(group => group.Count() > 1) is { } twice)
                throw Refusal.At(twice.Key, twice.Last().Place, "in two axes; expected one");
            RunConfig config = Named(cells.Count, () => ConfigFile.With(start, point, _folder));
            for (int replicate = 0; replicate < _options.Replicates; replicate++)
            {
                Setting[] settings = [.. point, .. Seeds(config, replicate)];
                CellConfig cell =
                    Named(cells.Count, () => Judged(settings, replicate == 0 ? config : config.With(settings[point.Count..])));
                unread.RemoveWhere(cell.Keys.Contains);
                cells.Add(cell);
            }
        }

        if (unread.Count > 0)
            RunKeys.Require(cells[^1].Config, _common.Where(setting => unread.Contains(setting.Key)), RunKeys.OfRun, "any cell");
        return cells;
    }

    /// <summary>The seed of a replicate, where there are several.</summary>
    private IEnumerable<Setting> Seeds(RunConfig config, int replicate)
    {
        if (_options.Replicates == 1) return [];
        decimal seed = config.Options.Seed + ((decimal)replicate * config.Options.Seeds);
        return [Setting.Parse(FormattableString.Invariant($"seed={seed}"))];
    }

    private CellConfig Judged(IReadOnlyList<Setting> settings, RunConfig config)
    {
        if (StoredProblem.IsFile(config.Problem) && File.Exists(config.Problem))
        {
            // Once a file, and not once a cell.
            if (!_hashes.TryGetValue(config.Problem, out string? hash))
                _hashes.Add(config.Problem, hash = StoredProblem.HashOf(config.Problem));
            config = config.With($"{RunConfig.HashKey}='{hash}'");
        }

        CellConfig cell = new("", config, settings);
        if (settings.Any(setting => !cell.Keys.Contains(setting.Key))) RunKeys.Require(config, settings, RunKeys.OfRun, "the cell");
        _ = config.Options.CreateLeaders();
        return cell;
    }

    /// <summary>What a cell is made of, or a refusal that names the cell.</summary>
    private static T Named<T>(int number, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException($"cell {number}: {e.Message}", e);
        }
    }
}
