namespace FastHyper.Experiments.Reproductions;

/// <summary>
/// Several reproductions in the folders of their names, and above them one table.md and report.html of all; one process at a time.
/// </summary>
public sealed class ReproductionCollection : IDisposable
{
    private readonly string _folder;
    private readonly FolderLock _lock;
    private readonly List<(Experiment, IReadOnlyList<CellResult>)> _parts = [];

    /// <summary>Takes the folder.</summary>
    /// <param name="folder">A new folder, or that of the same collection.</param>
    /// <exception cref="InvalidInputException">The folder is that of one experiment, or another process works in it.</exception>
    public ReproductionCollection(string folder)
    {
        _folder = folder;
        if (File.Exists(Path.Combine(folder, "experiment.txt")))
            throw new InvalidInputException($"{OneLine.Path(folder)}: holds one experiment; expected a new folder, or that of all");
        _lock = FolderLock.Take(folder);
    }

    /// <summary>The folder of an experiment.</summary>
    /// <param name="name">Its name.</param>
    public string FolderOf(string name) => Path.Combine(_folder, name);

    /// <summary>Takes the cells of an experiment that are done into the common tables.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="results">What its cells came to.</param>
    public void Add(Experiment experiment, IReadOnlyList<CellResult> results)
    {
        if (results.Count == 0) return;
        _parts.Add((experiment, results));
        ReproductionTables.Write(_folder, _parts);
    }

    /// <summary>Releases the folder.</summary>
    public void Dispose() => _lock.Dispose();
}
