using System.Diagnostics.CodeAnalysis;
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

    private StoredRun(RunConfig config, Checkpoint checkpoint, byte[] text, IReadOnlyList<MetricsRow> metrics, int leaders) =>
        (Config, Checkpoint, _text, Metrics, _leaders) = (config, checkpoint, text, metrics, leaders);

    /// <summary>Its configuration.</summary>
    public RunConfig Config { get; }

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
            if (done >= Config.Iterations || done % Config.RecordEvery == 0 || Metrics[^1].Iteration != done) return text;
            for (int i = 0; i < _leaders; i++) text = text[..(text[..^1].LastIndexOf((byte)'\n') + 1)];
            return text;
        }
    }

    /// <summary>Reads a run's folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="iterations">Leader iterations to go to; null for what its configuration says.</param>
    /// <param name="tell">Told in a line what the user should know of the configuration.</param>
    /// <exception cref="InvalidInputException">Something is missing, damaged or edited.</exception>
    [RequiresUnreferencedCode("Option classes are read by reflection.")]
    [RequiresDynamicCode("Option classes are read by reflection.")]
    public static StoredRun Read(string folder, long? iterations = null, Action<string>? tell = null)
    {
        RunConfig config = ConfigFile.LoadResolved(RunFolder.ConfigOf(folder), tell);
        if (iterations is long given) config.Iterations = given;
        Checkpoint checkpoint = Checkpoint.Read(RunFolder.CheckpointOf(folder));
        RequireSame(RunFolder.ConfigOf(folder), config, checkpoint.Head);
        IReadOnlyList<LeaderSetting> leaders = ExperimentFactory.CreateLeaders(config);
        string path = RunFolder.MetricsOf(folder);
        byte[] text = MetricsFile.ReadBytes(path);
        MetricsMark mark = checkpoint.Head.Metrics;
        long done = checkpoint.Head.Iteration;
        List<MetricsRow> rows = [];
        foreach (MetricsRow row in MetricsFile.Parse(path, text.AsSpan(0, (int)Math.Min(text.Length, mark.Length))))
        {
            long expected = Math.Min(rows.Count / leaders.Count * config.RecordEvery, done);
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
        long groups = (done / config.RecordEvery) + 1;
        if (rows.Count != groups * leaders.Count && (done % config.RecordEvery == 0 || rows.Count != (groups + 1) * leaders.Count))
        {
            throw Refused(
                $"has {rows.Count} rows; expected {groups * leaders.Count}, of {leaders.Count} leaders up to the checkpoint's " +
                $"iteration {done}");
        }

        return new StoredRun(config, checkpoint, text[..(int)mark.Length], rows, leaders.Count);

        InvalidInputException Refused(string what) => new($"{OneLine.Path(path)}: {what}");
    }

    /// <summary>Whether no leader is left.</summary>
    public bool AllDiverged => Checkpoint.Divergences.Count == _leaders;

    /// <summary>Requires that the summary of a run that has nothing left to do is of this one.</summary>
    /// <exception cref="InvalidInputException">It says other than checkpoint and metrics.</exception>
    public void Require(RunSummary summary)
    {
        long iteration = Checkpoint.Head.Iteration;
        long[] diverged = [.. Checkpoint.Divergences.Select(divergence => divergence.Leader)];
        double[] last = [.. Metrics.Skip(Metrics.Count - _leaders).Select((row, i) => diverged.Contains(i) ? double.NaN : row.Objective)];
        string[] rates = [.. ExperimentFactory.CreateLeaders(Config).Chunk(Config.Seeds).Select(group => group[0].LearningRate.ToString())];
        string? wrong = summary.Iterations != iteration ? $"iterations = {summary.Iterations}; expected {iteration}, as in checkpoint.npz"
            : summary.Completed != iteration >= Config.Iterations
                ? $"completed = {summary.Completed} after {iteration} of {Config.Iterations} iterations; expected the opposite"
            : summary.Settings.Any(setting => setting.Objectives.Length != Config.Seeds)
                ? $"a setting has not {Config.Seeds} objectives; expected one for each seed"
            : !summary.Settings.SelectMany(setting => setting.Objectives).SequenceEqual(last)
                ? "objectives are not those of the last rows of metrics.csv; expected the same"
            : !summary.Settings.Select(setting => setting.LearningRate).SequenceEqual(rates)
                ? "learning rates are not those of config.yaml; expected the same"
            : null;
        if (wrong is not null) throw new InvalidInputException($"{OneLine.Path(RunFolder.SummaryOf(summary.Folder))}: {wrong}");
    }

    /// <summary>Requires a configuration that gives what the run has so far, and may differ in how and how far it goes on.</summary>
    [RequiresUnreferencedCode("Option classes are read by reflection.")]
    [RequiresDynamicCode("Option classes are read by reflection.")]
    private static void RequireSame(string path, RunConfig config, CheckpointHead head)
    {
        RunConfig begun = Configuration.StrictYaml.Bind<RunConfig>(head.Config, "checkpoint.npz: config", []);
        (begun.Iterations, begun.Threads, begun.Backend) = (config.Iterations, config.Threads, config.Backend);
        // A problem file is known by its hash, wherever it lies.
        if (begun.ProblemHash is not null && begun.ProblemHash == config.ProblemHash) begun.Problem = config.Problem;
        string[] expected = ConfigFile.Write(begun).Split('\n'), found = ConfigFile.Write(config).Split('\n');
        int lines = Math.Max(expected.Length, found.Length);
        int at = Enumerable.Range(0, lines).FirstOrDefault(i => LineOf(found, i) != LineOf(expected, i), -1);
        if (at >= 0)
        {
            string parents = string.Concat(Parents(expected, at).Select(parent => parent + '.'));
            string was = OneLine.Value(parents + LineOf(expected, at).Trim()), isNow = OneLine.Value(parents + LineOf(found, at).Trim());
            throw new InvalidInputException($"{OneLine.Path(path)}: {isNow}; expected {was}, as when the run began");
        }

        if (config.Iterations < head.Iteration)
        {
            string folder = OneLine.Path(Path.GetDirectoryName(path)!);
            throw new InvalidInputException(
                $"iterations: {config.Iterations}; expected at least {head.Iteration}, which {folder} has done");
        }
    }

    private static string LineOf(string[] lines, int at) => at < lines.Length ? lines[at] : "";

    /// <summary>The keys that a line of YAML stands under.</summary>
    private static Stack<string> Parents(string[] lines, int at)
    {
        Stack<string> parents = [];
        int depth = Depth(LineOf(lines, at));
        for (int i = Math.Min(at, lines.Length) - 1; i >= 0 && depth > 0; i--)
        {
            if (Depth(lines[i]) >= depth) continue;
            depth = Depth(lines[i]);
            parents.Push(lines[i].Trim().TrimEnd(':'));
        }

        return parents;
    }

    private static int Depth(string line) => line.Length - line.TrimStart().Length;
}
