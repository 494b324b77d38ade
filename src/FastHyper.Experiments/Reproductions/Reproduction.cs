using FastHyper.Backends.Cpu;
using FastHyper.Experiments.Reports;
using FastHyper.Files;

namespace FastHyper.Experiments.Reproductions;

/// <summary>
/// An experiment in its folder: a run folder for each cell under cells/, and table.md, table.csv and report.html of what is
/// done. Begun again, it goes on where it was stopped, and ends with the same bits. One process at a time works in a folder.
/// </summary>
public sealed class Reproduction
{
    private readonly Experiment _experiment;
    private readonly string _folder;
    private readonly IReadOnlyList<string> _overrides;
    private readonly Action<string>? _tell;
    private readonly HashSet<string> _told = [];

    /// <summary>Prepares the folder.</summary>
    /// <param name="experiment">What to reproduce.</param>
    /// <param name="folder">A new folder, or that of the same experiment.</param>
    /// <param name="overrides">Assignments key.path=value for every cell, such as the backend or the threads.</param>
    /// <param name="tell">Told in a line what the user should know of the backend, each line once.</param>
    /// <exception cref="InvalidInputException">The folder holds something else.</exception>
    public Reproduction(Experiment experiment, string folder, IReadOnlyList<string> overrides, Action<string>? tell = null)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        _experiment = experiment;
        _folder = folder;
        _overrides = overrides;
        _tell = tell;
        string path = Path.Combine(folder, "experiment.txt");
        string text = string.Concat(
            experiment.Cells.Select(cell => $"{cell.Folder}: {cell.Run} {string.Join(' ', cell.Overrides)}\n").Prepend(
                $"{experiment.Name}\n"));
        bool isThere = File.Exists(path);
        bool isOthers = !isThere && Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).All(IsLeftOver);
        if (File.Exists(folder) || isOthers)
        {
            throw new InvalidInputException(
                $"{OneLine.Path(folder)}: holds something already; " +
                $"expected a new or empty folder, or that of {experiment.Name} to go on with");
        }

        using FolderLock taken = FolderLock.Take(_folder);
        if (isThere)
        {
            if (File.ReadAllText(path) != text) throw new InvalidInputException(
                $"{OneLine.Path(path)}: is of another experiment than {experiment.Name} as it is now; expected a new folder, or the same "
                    + $"experiment");
            return;
        }

        FileStore.Disk.Replace(path, text);
    }

    /// <summary>Runs all cells that are not done yet, or until cancelled, and writes the tables after each.</summary>
    /// <param name="progress">Told of every cell's progress.</param>
    /// <param name="cancellation">Stops within the present cell, which can be gone on with.</param>
    /// <returns>The cells that are done.</returns>
    /// <exception cref="InvalidInputException">Another process works in the folder, or a cell's was damaged or edited.</exception>
    public IReadOnlyList<CellResult> Execute(IProgress<ReproductionProgress>? progress, CancellationToken cancellation)
    {
        using FolderLock taken = FolderLock.Take(_folder);
        List<CellResult> results = [];
        IReadOnlyList<Cell> cells = _experiment.Cells;
        double[] work = [.. cells.Select(cell => IsDone(cell) ? 0 : CellWork.Of(Config(cell)))];
        WorkClock clock = new();
        for (int k = 0; k < cells.Count; k++)
        {
            if (!IsDone(cells[k]))
            {
                if (cancellation.IsCancellationRequested) break;
                using Run run = Open(cells[k]);
                Forward forward = new(progress, cells[k], k, cells.Count, run.Iteration, work[k], work[(k + 1)..].Sum(), clock);
                RunSummary summary;
                try
                {
                    summary = run.Execute(forward, cancellation);
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                    break;
                }

                if (!summary.Completed && !run.AllDiverged) break;
                clock.Finish(forward.Done(summary.Iterations, summary.Iterations));
            }

            results.Add(Result(cells[k]));
            ReproductionTables.Write(_folder, _experiment, results);
        }

        return results;
    }

    /// <summary>What a process leaves that is killed as it prepares the folder.</summary>
    private static bool IsLeftOver(string entry) =>
        Path.GetFileName(entry) is FolderLock.Name or "experiment.txt" + FileStore.TemporaryEnding;

    private string FolderOf(Cell cell) => Path.Combine(_folder, "cells", cell.Folder);

    private bool IsDone(Cell cell) => StoredRun.IsDone(FolderOf(cell));

    /// <summary>A cell's run, from where it was stopped; one that was stopped while it began, begins anew.</summary>
    private Run Open(Cell cell)
    {
        string folder = FolderOf(cell);
        return File.Exists(RunFolder.CheckpointOf(folder)) ? Run.Resume(folder, tell: Tell) : Run.Begin(Config(cell), folder, Tell);
    }

    private void Tell(string line)
    {
        if (_told.Add(line)) _tell?.Invoke(line);
    }

    /// <summary>The run that fills a cell.</summary>
    private RunConfig Config(Cell cell) => ConfigFile.Resolve(cell.Run, [.. cell.Overrides, .. _overrides]);

    private CellResult Result(Cell cell)
    {
        string folder = FolderOf(cell);
        RunSummary summary = RunSummary.TryLoad(folder)!;
        IReadOnlyList<MetricsRow> metrics = StoredRun.Read(folder).Metrics;
        int first = summary.Settings.TakeWhile(setting => setting != summary.Best).Sum(setting => setting.Objectives.Length);
        int seeds = summary.Best.Objectives.Length;
        return new CellResult(
            cell, summary.Best, summary.Seconds, summary.Leaders, summary.Iterations,
            [.. metrics.Chunk(summary.Leaders)
                .Select(rows => (rows[0].Iteration, rows[first..(first + seeds)].Select(row => row.Objective).ToArray()))])
        {
            Diverging = [.. summary.Settings.Where(setting => setting.Diverged > 0)],
            Incentives = _experiment.DrawsIncentives ? Incentives(cell, folder, first) : null,
        };
    }

    /// <summary>What a leader's x of a cell that is done pays.</summary>
    private GridMap? Incentives(Cell cell, string folder, int leader)
    {
        using NpzReader checkpoint = NpzReader.Open(RunFolder.CheckpointOf(folder));
        NpyArray<double> x = checkpoint.ReadDoubles("x");
        int parameters = x.Shape[1];
        using CpuBackend backend = new(1);
        return GridMaps.Incentives(
            Config(cell).CreateProblem(), x.Data[(leader * parameters)..((leader + 1) * parameters)], cell.Method, backend);
    }

    /// <summary>Says of a cell's progress what it is to the whole.</summary>
    private sealed class Forward(
        IProgress<ReproductionProgress>? progress, Cell cell, int done, int cells, long begun, double work, double after, WorkClock clock)
            : IProgress<RunProgress>
    {
        /// <summary>Work that this sitting has done up to an iteration of the cell.</summary>
        public double Done(long iteration, long iterations) => work * (iteration - begun) / Math.Max(1, iterations);

        public void Report(RunProgress value)
        {
            // Until the cell has a pace of its own, it is a part of what comes after.
            (TimeSpan own, double rest) = value.Rate > 0 ? (value.Remaining, after) : (TimeSpan.Zero, work + after);
            TimeSpan? remaining = clock.Remaining(Done(value.Iteration, value.Iterations), own, rest);
            progress?.Report(new ReproductionProgress(cell, done, cells, value, remaining));
        }
    }
}
