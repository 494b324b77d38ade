using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FastHyper.Experiments.Reproductions;

/// <summary>
/// An experiment in its folder: a run folder for each cell under cells/, and table.md, table.csv and report.html of what is
/// done. Begun again, it goes on where it was stopped, and ends with the same bits.
/// </summary>
[RequiresUnreferencedCode("Option classes are read by reflection.")]
[RequiresDynamicCode("Option classes are read by reflection.")]
public sealed class Reproduction
{
    private readonly Experiment _experiment;
    private readonly string _folder;
    private readonly IReadOnlyList<string> _overrides;

    /// <summary>Prepares the folder.</summary>
    /// <param name="experiment">What to reproduce.</param>
    /// <param name="folder">A new folder, or that of the same experiment.</param>
    /// <param name="overrides">Assignments key.path=value for every cell, such as the backend or the threads.</param>
    /// <exception cref="InvalidInputException">The folder holds something else.</exception>
    public Reproduction(Experiment experiment, string folder, IReadOnlyList<string> overrides)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        _experiment = experiment;
        _folder = folder;
        _overrides = overrides;
        string path = Path.Combine(folder, "experiment.txt");
        string text = string.Concat(experiment.Cells.Select(cell => $"{cell.Folder}: {cell.Run} {string.Join(' ', cell.Overrides)}\n").Prepend($"{experiment.Name}\n"));
        if (File.Exists(path))
        {
            if (File.ReadAllText(path) != text) throw new InvalidInputException($"{path}: is of another experiment than {experiment.Name} as it is now; expected a new folder, or the same experiment");
            return;
        }

        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new InvalidInputException($"{folder}: holds something already; expected a new or empty folder, or that of {experiment.Name} to go on with");
        Directory.CreateDirectory(folder);
        AtomicFile.Write(path, text);
    }

    /// <summary>Runs all cells that are not done yet, or until cancelled, and writes the tables after each.</summary>
    /// <param name="progress">Told of every cell's progress.</param>
    /// <param name="cancellation">Stops within the present cell, which can be gone on with.</param>
    /// <returns>The cells that are done.</returns>
    public IReadOnlyList<CellResult> Execute(IProgress<ReproductionProgress>? progress, CancellationToken cancellation)
    {
        List<CellResult> results = [];
        Stopwatch watch = Stopwatch.StartNew();
        int ran = 0;
        foreach (Cell cell in _experiment.Cells)
        {
            string folder = Path.Combine(_folder, "cells", cell.Folder);
            RunSummary? summary = RunSummary.TryLoad(folder);
            if (summary is not { Completed: true })
            {
                if (cancellation.IsCancellationRequested) break;
                using Run run = Open(cell, folder);
                summary = run.Execute(progress is null ? null : new Forward(progress, this, cell, results.Count, ran, watch), cancellation);
                if (!summary.Completed) break;
                ran++;
            }

            results.Add(Result(cell, summary, folder));
            ReproductionTables.Write(_folder, _experiment, results);
        }

        return results;
    }

    /// <summary>A cell's run, from where it was stopped; one that was stopped while it began, begins anew.</summary>
    private Run Open(Cell cell, string folder)
    {
        if (File.Exists(Path.Combine(folder, "checkpoint.npz"))) return Run.Resume(folder);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        return Run.Begin(Config(cell), folder);
    }

    /// <summary>The run that fills a cell.</summary>
    private RunConfig Config(Cell cell) => ConfigFile.Resolve(cell.Run, [.. cell.Overrides, .. _overrides]);

    private static CellResult Result(Cell cell, RunSummary summary, string folder)
    {
        IReadOnlyList<MetricsRow> metrics = MetricsFile.Read(Path.Combine(folder, "metrics.csv"));
        int leaders = summary.Settings.Sum(setting => setting.Objectives.Length);
        int first = summary.Settings.TakeWhile(setting => setting != summary.Best).Sum(setting => setting.Objectives.Length);
        int seeds = summary.Best.Objectives.Length;
        return new CellResult(
            cell, summary.Best, summary.Seconds, leaders, summary.Iterations,
            [.. metrics.Chunk(leaders).Select(rows => (rows[0].Iteration, rows[first..(first + seeds)].Select(row => row.Objective).ToArray()))]);
    }

    private sealed class Forward(IProgress<ReproductionProgress> progress, Reproduction owner, Cell cell, int done, int ran, Stopwatch watch) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            int cells = owner._experiment.Cells.Count;
            double share = ran + (value.Iteration / Math.Max(1.0, value.Iterations));
            double left = share > 0 ? watch.Elapsed.TotalSeconds * (cells - done - (value.Iteration / Math.Max(1.0, value.Iterations))) / share : 0;
            progress.Report(new ReproductionProgress(cell, done, cells, value, TimeSpan.FromSeconds(Math.Min(left, 1e9))));
        }
    }
}
