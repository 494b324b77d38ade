using FastHyper.Experiments.Configuration;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>
/// A run as its folder holds it, judged before anything is computed or changed: a checkpoint, the configuration that it began
/// with, and the metrics up to there. What was damaged or edited in between is refused.
/// </summary>
internal sealed class StoredRun
{
    private readonly byte[] _text;
    private readonly int _leaders;

    private StoredRun(RunOptions options, Checkpoint checkpoint, byte[] text, IReadOnlyList<MetricsRow> metrics, int leaders) =>
        (Options, Checkpoint, _text, Metrics, _leaders) = (options, checkpoint, text, metrics, leaders);

    /// <summary>How long it is, and over which leaders it goes.</summary>
    public RunOptions Options { get; }

    /// <summary>Its last checkpoint.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The metrics up to the checkpoint.</summary>
    public IReadOnlyList<MetricsRow> Metrics { get; }

    /// <summary>The text of the metrics up to the checkpoint.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>
    /// The text of the metrics that stay when the run goes on to its configuration's iterations: all, or all but the rows of a last
    /// iteration that is none of the recorded ones then.
    /// </summary>
    public ReadOnlySpan<byte> TextToGoOnFrom
    {
        get
        {
            ReadOnlySpan<byte> text = _text;
            long done = Checkpoint.Head.Iteration;
            if (done >= Options.Iterations || done % Options.RecordEvery == 0 || Metrics[^1].Iteration != done) return text;
            for (int i = 0; i < _leaders; i++) text = text[..(text[..^1].LastIndexOf((byte)'\n') + 1)];
            return text;
        }
    }

    /// <summary>Reads a run's folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">Its configuration, with what it goes on with.</param>
    /// <exception cref="InvalidInputException">Something is missing, damaged or edited.</exception>
    public static StoredRun Read(string folder, RunConfig config) => Read(
        folder, config.Options, config.ToYaml(),
        text => ConfigFile.ParseResolved(text, "checkpoint.npz: config", config.Catalogue, out _).ToYaml());

    /// <summary>Reads the folder of a run that was begun in code.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="setup">What it goes on with.</param>
    /// <exception cref="InvalidInputException">Something is missing, damaged or edited, or the run is another.</exception>
    public static StoredRun Read(string folder, RunSetup setup) => Read(folder, setup.Options, setup.Describe(), text => text);

    private static StoredRun Read(string folder, RunOptions options, string config, Func<string, string> upToDate)
    {
        Checkpoint checkpoint = Checkpoint.Read(RunFolder.CheckpointOf(folder));
        RequireSame(RunFolder.ConfigOf(folder), config, upToDate(checkpoint.Head.Config));
        if (options.Iterations < checkpoint.Head.Iteration)
        {
            throw new InvalidInputException(
                $"iterations: {options.Iterations}; expected at least {checkpoint.Head.Iteration}, which {OneLine.Path(folder)} has done");
        }

        IReadOnlyList<LeaderSetting> leaders = options.CreateLeaders();
        string path = RunFolder.MetricsOf(folder);
        byte[] text = MetricsFile.ReadBytes(path);
        MetricsMark mark = checkpoint.Head.Metrics;
        long done = checkpoint.Head.Iteration;
        List<MetricsRow> rows = [];
        foreach (MetricsRow row in MetricsFile.Parse(path, text.AsSpan(0, (int)Math.Min(text.Length, mark.Length))))
        {
            long expected = Math.Min(rows.Count / leaders.Count * options.RecordEvery, done);
            ulong seed = leaders[rows.Count % leaders.Count].Seed;
            rows.Add(row);
            if (row.Iteration == expected && row.Seed == seed) continue;
            throw Refused(
                $"line {rows.Count + 1} is of iteration {row.Iteration}, seed {row.Seed}; expected {expected}, {seed}: " +
                "rows are missing or changed");
        }

        if (text.Length < mark.Length)
            throw Refused($"ends after {text.Length} bytes; expected at least {mark.Length}, up to the checkpoint's iteration {done}");
        if (MetricsLog.Digest(text.AsSpan(0, (int)mark.Length)) != mark.Digest)
        {
            throw Refused(
                $"has changed since the run wrote it; expected the {rows.Count} rows up to the checkpoint's iteration {done} as they were");
        }

        // A last iteration is recorded, too, where it is none of the others.
        long groups = (done / options.RecordEvery) + 1;
        if (rows.Count != groups * leaders.Count && (done % options.RecordEvery == 0 || rows.Count != (groups + 1) * leaders.Count))
        {
            throw Refused(
                $"has {rows.Count} rows; expected {groups * leaders.Count}, of {leaders.Count} leaders up to the checkpoint's " +
                $"iteration {done}");
        }

        return new StoredRun(options, checkpoint, text[..(int)mark.Length], rows, leaders.Count);

        InvalidInputException Refused(string what) => new($"{OneLine.Path(path)}: {what}");
    }

    /// <summary>
    /// Whether a folder has a run with nothing left to do: all iterations are done, or nobody is left to do them.
    /// </summary>
    /// <exception cref="InvalidInputException">It was damaged or edited.</exception>
    public static bool IsDone(string folder)
    {
        if (RunSummary.TryLoad(folder) is not RunSummary summary || !(summary.Completed || summary.Finished == 0)) return false;
        StoredRun stored = Read(folder);
        if (!summary.Completed && !stored.AllDiverged) return false;
        stored.Require(summary);
        return true;
    }

    /// <summary>Reads a run's folder with its own configuration.</summary>
    /// <exception cref="InvalidInputException">Something is missing, damaged or edited.</exception>
    public static StoredRun Read(string folder) => Read(folder, ConfigFile.LoadResolved(RunFolder.ConfigOf(folder), new(), tell: null));

    /// <summary>Whether no leader is left.</summary>
    public bool AllDiverged => Checkpoint.Divergences.Count == _leaders;

    /// <summary>Requires that the summary of a run that has nothing left to do is of this one.</summary>
    /// <exception cref="InvalidInputException">It says other than checkpoint and metrics.</exception>
    public void Require(RunSummary summary)
    {
        long iteration = Checkpoint.Head.Iteration;
        long[] diverged = [.. Checkpoint.Divergences.Select(divergence => divergence.Leader)];
        double[] last = [.. Metrics.Skip(Metrics.Count - _leaders).Select((row, i) => diverged.Contains(i) ? double.NaN : row.Objective)];
        string[] rates = [.. Options.CreateLeaders().Chunk(Options.Seeds).Select(group => group[0].LearningRate.ToString())];
        string? wrong = summary.Iterations != iteration ? $"iterations = {summary.Iterations}; expected {iteration}, as in checkpoint.npz"
            : summary.Completed != iteration >= Options.Iterations
                ? $"completed = {summary.Completed} after {iteration} of {Options.Iterations} iterations; expected the opposite"
            : summary.Settings.Any(setting => setting.Objectives.Length != Options.Seeds)
                ? $"a setting has not {Options.Seeds} objectives; expected one for each seed"
            : !summary.Settings.SelectMany(setting => setting.Objectives).SequenceEqual(last)
                ? "objectives are not those of the last rows of metrics.csv; expected the same"
            : !summary.Settings.Select(setting => setting.LearningRate).SequenceEqual(rates)
                ? "learning rates are not those of config.yaml; expected the same"
            : null;
        if (wrong is not null) throw new InvalidInputException($"{OneLine.Path(RunFolder.SummaryOf(summary.Folder))}: {wrong}");
    }

    /// <summary>Requires a configuration that gives what the run has so far, and may differ in how and how far it goes on.</summary>
    private static void RequireSame(string path, string now, string begun)
    {
        Dictionary<string, string> found = Settings(now), expected = Settings(begun);
        List<string> free = ["iterations", "threads", "backend"];
        // A problem file is known by its hash, wherever it lies.
        if (expected.TryGetValue(RunConfig.HashKey, out string? hash) && found.GetValueOrDefault(RunConfig.HashKey) == hash)
            free.Add("problem");
        string? key = expected.Keys.Union(found.Keys).Except(free).FirstOrDefault(key => Of(found, key) != Of(expected, key));
        if (key is not null)
            throw new InvalidInputException($"{OneLine.Path(path)}: {Of(found, key)}; expected {Of(expected, key)}, as when the run began");

        static Dictionary<string, string> Settings(string yaml) =>
            Setting.Read(yaml, "config").ToDictionary(setting => setting.Key, setting => setting.Value.ToText());

        static string Of(Dictionary<string, string> settings, string key) =>
            OneLine.Value(settings.TryGetValue(key, out string? value) ? $"{key}: {value}" : $"no {key}");
    }
}
