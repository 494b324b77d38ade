using FastHyper.Files;

namespace FastHyper.Experiments.Sweeps;

/// <summary>
/// A sweep's folder, which any number of processes share: <c>sweep.json</c> says which cell is in which run, <c>runs/ID</c> are ordinary
/// run folders with one writer each, and <c>failed/ID.txt</c> has what a run failed with in a line.
/// </summary>
internal sealed class SweepFolder
{
    public SweepFolder(string path) => Path = path;

    public string Path { get; }

    public string Manifest => System.IO.Path.Combine(Path, "sweep.json");

    public string RunOf(string unit) => System.IO.Path.Combine(Path, "runs", unit);

    /// <summary>What a run failed with; null where it has not.</summary>
    public string? FailureOf(string unit) => File.Exists(Failure(unit)) ? File.ReadAllText(Failure(unit)).TrimEnd('\n') : null;

    /// <summary>Makes the folder that of a sweep, or finds that it is.</summary>
    /// <exception cref="InvalidInputException">It is of another sweep, or holds something else.</exception>
    public void Open(Sweep sweep)
    {
        string text = sweep.Manifest();
        if (!File.Exists(Manifest))
        {
            if (File.Exists(Path) || (Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).All(IsLeftOver)))
            {
                throw new InvalidInputException(
                    $"{OneLine.Path(Path)}: holds something already; expected a new or empty folder, or that of this sweep to go on with");
            }

            Directory.CreateDirectory(Path);
            // Several processes may write the same at once: each its own file, and the last to be renamed stays.
            string own = System.IO.Path.Combine(Path, $"sweep.{Guid.NewGuid():N}{FileStore.TemporaryEnding}");
            FileStore.Disk.Replace(own, text);
            FileStore.Disk.Move(own, Manifest);
        }

        if (File.ReadAllText(Manifest) != text)
        {
            throw new InvalidInputException(
                $"{OneLine.Path(Manifest)}: is of another sweep, or of this one as it was; expected a new folder, or the same sweep");
        }
    }

    public void Fail(string unit, string message)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Failure(unit))!);
        FileStore.Disk.Replace(Failure(unit), OneLine.Message(message) + "\n");
    }

    public void ForgetFailure(string unit)
    {
        if (File.Exists(Failure(unit))) FileStore.Disk.Delete(Failure(unit));
    }

    private string Failure(string unit) => System.IO.Path.Combine(Path, "failed", unit + ".txt");

    private static bool IsLeftOver(string entry) =>
        System.IO.Path.GetFileName(entry) is "runs" or "failed" or "sweep.json"
            || entry.EndsWith(FileStore.TemporaryEnding, StringComparison.Ordinal);
}
