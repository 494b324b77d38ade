using System.Globalization;
using FastHyper.Experiments.Logs;
using FastHyper.Files;

namespace FastHyper.Experiments;

/// <summary>A folder that one run writes to, from its claim to its release: where its files are, and whose they are.</summary>
internal sealed class RunFolder : IDisposable
{
    private static readonly string[] s_files =
    [
        "config.yaml", "metrics.csv", "checkpoint.npz", "result.npz", "summary.json", "report.html", "figure.svg", "figure.pdf",
        .. MetricsSink.Files,
    ];

    // Others may remove an empty folder, or one above it, as it is created.
    private const int MostAttempts = 16;
    private readonly FolderLock _lock;
    private readonly IReadOnlyList<string> _created;

    private RunFolder(string path, FolderLock taken, IReadOnlyList<string> created, Action<string>? tell)
    {
        (Path, _lock, _created) = (path, taken, created);
        if (taken.Holds()) return;
        tell?.Invoke($"{OneLine.Path(path)}: its file system holds no locks; nothing keeps another run from writing there");
    }

    /// <summary>The folder, as it was asked for.</summary>
    public string Path { get; }

    public string Config => ConfigOf(Path);

    public string Metrics => MetricsOf(Path);

    public string Checkpoint => CheckpointOf(Path);

    public string Summary => SummaryOf(Path);

    public string Report => System.IO.Path.Combine(Path, "report.html");

    public string Result => System.IO.Path.Combine(Path, "result.npz");

    public string Figure => System.IO.Path.Combine(Path, "figure.svg");

    public string Print => System.IO.Path.Combine(Path, "figure.pdf");

    /// <summary>Whether there is a run to go on with: its first checkpoint is there.</summary>
    public bool HasBegun => File.Exists(Checkpoint);

    public static string ConfigOf(string folder) => System.IO.Path.Combine(folder, "config.yaml");

    public static string MetricsOf(string folder) => System.IO.Path.Combine(folder, "metrics.csv");

    public static string CheckpointOf(string folder) => System.IO.Path.Combine(folder, "checkpoint.npz");

    public static string SummaryOf(string folder) => System.IO.Path.Combine(folder, "summary.json");

    /// <summary>Claims a folder that does not exist, is empty, or was left by a run that was killed before its first checkpoint.</summary>
    /// <exception cref="InvalidInputException">It holds something, another run writes to it, or it cannot be created.</exception>
    public static RunFolder Claim(string path, Action<string>? tell = null) =>
        TryClaim(path, needsNew: false, tell) ?? throw InUse(path);

    /// <summary>Claims the first new folder of stem, stem-2, stem-3 and so on.</summary>
    /// <exception cref="InvalidInputException">It cannot be created.</exception>
    public static RunFolder ClaimNext(string stem, Action<string>? tell = null)
    {
        for (int i = 1; ; i++)
        {
            string path = i == 1 ? stem : string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}");
            if (!Directory.Exists(path) && !File.Exists(path) && TryClaim(path, needsNew: true, tell) is RunFolder claimed) return claimed;
        }
    }

    /// <summary>Takes a run's folder up again.</summary>
    /// <exception cref="InvalidInputException">It is not one, or another run writes to it.</exception>
    public static RunFolder Reopen(string path, Action<string>? tell = null)
    {
        bool isMarked = IsMarked(path);
        if (!isMarked && !File.Exists(ConfigOf(path))) throw NoRun("");
        FolderLock taken = Guarded(path, "written to", () => FolderLock.TryTake(path)) ?? throw InUse(path);
        if (File.Exists(CheckpointOf(path)) && File.Exists(ConfigOf(path))) return new RunFolder(path, taken, [], tell);
        if (isMarked && IsUnbegun(path) && File.Exists(ConfigOf(path))) return new RunFolder(path, taken, [], tell);
        bool leftEmpty = isMarked && IsUnbegun(path);
        Release(taken);
        if (!File.Exists(ConfigOf(path)))
            throw NoRun(leftEmpty ? ", and this one's was stopped before it wrote any: --out begins it anew" : "");
        throw new InvalidInputException($"{OneLine.Path(CheckpointOf(path))}: is not there; expected the folder of a run");

        InvalidInputException NoRun(string hint) => new($"{OneLine.Path(path)}: has no config.yaml; expected the folder of a run{hint}");
    }

    /// <summary>Whether another writes to a folder at the moment.</summary>
    public static bool IsTaken(string path)
    {
        if (!IsMarked(path)) return false;
        using FolderLock? taken = FolderLock.TryTake(path);
        return taken is null;
    }

    /// <summary>Removes what killed writers left half-written.</summary>
    public void Tidy(FileStore store)
    {
        foreach (string file in Directory.GetFiles(Path).Where(file => IsTemporary(System.IO.Path.GetFileName(file)))) store.Delete(file);
    }

    /// <summary>
    /// Gives the folder up before a run has begun in it: what was written is removed, and the folder if it is ours. What was left there
    /// by a run that was killed stays what that is.
    /// </summary>
    public void Withdraw(FileStore store)
    {
        if (!_lock.IsNew) return;
        Tidy(store);
        store.Delete(Config);
        store.Delete(Metrics);
        foreach (string file in MetricsSink.Files.Select(name => System.IO.Path.Combine(Path, name)).Where(File.Exists)) store.Delete(file);
        _lock.Remove();
        foreach (string folder in _created.Reverse())
        {
            try
            {
                Directory.Delete(folder);
            }
            catch (IOException)
            {
                // Others have come to use it.
                return;
            }
        }
    }

    public void Dispose() => _lock.Dispose();

    private static RunFolder? TryClaim(string path, bool needsNew, Action<string>? tell)
    {
        bool isOthers = Directory.Exists(path) && !IsMarked(path) && Directory.EnumerateFileSystemEntries(path).Any();
        if (File.Exists(path) || isOthers) throw Occupied(path);
        List<string> created = [];
        FolderLock? taken = Guarded(path, "created", () =>
        {
            for (int attempt = 1; ; attempt++, created.Clear())
            {
                created.AddRange(Missing(path));
                try
                {
                    Directory.CreateDirectory(path);
                    return FolderLock.TryTake(path, needsNew);
                }
                catch (DirectoryNotFoundException) when (attempt < MostAttempts) { }
            }
        });
        if (taken is null) return null;

        // A run may have come and gone since.
        if (IsFree(path, taken)) return new RunFolder(path, taken, created, tell);
        Release(taken);
        return needsNew ? null : throw Occupied(path);
    }

    private static void Release(FolderLock taken)
    {
        if (taken.IsNew) taken.Remove();
        else taken.Dispose();
    }

    private static bool IsMarked(string path) => File.Exists(System.IO.Path.Combine(path, FolderLock.Name));

    /// <summary>
    /// Nothing is there but the lock, or only what a run leaves that is killed before its first checkpoint; never anything of others.
    /// </summary>
    private static bool IsFree(string path, FolderLock taken) =>
        taken.IsNew ? Names(path).All(name => name == FolderLock.Name) : IsUnbegun(path);

    /// <summary>
    /// Whether a run has claimed the folder, and was stopped before its first checkpoint: there is nothing but its first files,
    /// with no row of a step.
    /// </summary>
    private static bool IsUnbegun(string path)
    {
        string[] first = [FolderLock.Name, "config.yaml", "metrics.csv", .. MetricsSink.Files];
        bool known = Names(path).All(name => first.Contains(name) || IsTemporary(name));
        if (!known || !File.Exists(MetricsOf(path))) return known;
        string[] lines = File.ReadAllLines(MetricsOf(path));
        return lines.Length == 0 || (MetricsFile.Header.StartsWith(lines[0], StringComparison.Ordinal)
            && lines.Skip(1).All(line => line == "0" || line.StartsWith("0,", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Names(string path) =>
        Directory.EnumerateFileSystemEntries(path).Select(entry => System.IO.Path.GetFileName(entry));

    private static bool IsTemporary(string name) =>
        name.EndsWith(FileStore.TemporaryEnding, StringComparison.Ordinal)
        && s_files.Any(whole => name.StartsWith(whole + '.', StringComparison.Ordinal));

    /// <summary>The folder and those above it that do not exist, from above.</summary>
    private static List<string> Missing(string path)
    {
        List<string> missing = [];
        string? folder = System.IO.Path.GetFullPath(path);
        for (; folder is not null && !Directory.Exists(folder); folder = System.IO.Path.GetDirectoryName(folder)) missing.Insert(0, folder);
        return missing;
    }

    private static FolderLock? Guarded(string path, string what, Func<FolderLock?> take)
    {
        try
        {
            return take();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(
                $"{OneLine.Path(path)}: cannot be {what} ({OneLine.Reason(e)}); " +
                "expected a path where there can be a folder of a run",
                e);
        }
    }

    private static InvalidInputException Occupied(string path) =>
        new($"{OneLine.Path(path)}: holds something already; expected a new or empty folder, or --resume to go on with a run");

    private static InvalidInputException InUse(string path) => new(
        FolderLock.Machine(path) is string machine
            ? $"{OneLine.Path(path)}: a run of machine {OneLine.Value(machine)} has not released it, and this mount keeps locks to each "
                + $"machine; expected that it has ended, or where it was killed {FolderLock.Name} removed"
            : $"{OneLine.Path(path)}: another run writes to it at the moment; expected a folder of its own, or one whose run has ended");
}
