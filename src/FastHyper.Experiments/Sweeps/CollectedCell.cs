namespace FastHyper.Experiments.Sweeps;

/// <summary>How far a cell is.</summary>
public enum CellState
{
    /// <summary>All is there.</summary>
    Done,

    /// <summary>Its run was begun, and goes on with the sweep's command.</summary>
    Unfinished,

    /// <summary>Its run failed.</summary>
    Failed,

    /// <summary>Its run was not begun.</summary>
    Missing,
}

/// <summary>What a cell came to.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="State">How far it is.</param>
/// <param name="Message">What its run failed with, or how far it is; empty of one that is done.</param>
public sealed record CollectedCell(SweepCell Cell, CellState State, string Message)
{
    /// <summary>The seeds of its leaders; none where it is not done.</summary>
    public IReadOnlyList<ulong> Seeds { get; init; } = [];

    /// <summary>The final objective of each; NaN of those that diverged.</summary>
    public IReadOnlyList<double> Objectives { get; init; } = [];

    /// <summary>Leader iterations done.</summary>
    public long Iterations { get; init; }

    /// <summary>Whether the objective was to be small.</summary>
    public bool Minimized { get; init; }

    /// <summary>Recorded iterations, and the objective of each leader at them.</summary>
    internal IReadOnlyList<(long Iteration, double[] Objectives)> Curve { get; init; } = [];

    /// <summary>What the cells of a sweep's folder came to.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InvalidInputException">It is none of a sweep, or a run in it was damaged or edited.</exception>
    public static IReadOnlyList<CollectedCell> ReadAll(string folder)
    {
        SweepFolder place = new(folder);
        return
        [
            .. Sweep.ReadManifest(place.Manifest).GroupBy(cell => cell.Unit).SelectMany(unit => Read(place, unit.Key, [.. unit]))
                .OrderBy(cell => cell.Cell.Number),
        ];
    }

    private static IEnumerable<CollectedCell> Read(SweepFolder place, string unit, IReadOnlyList<SweepCell> cells)
    {
        string folder = place.RunOf(unit);
        if (!StoredRun.IsDone(folder))
        {
            (CellState state, string message) = place.FailureOf(unit) is string failure ? (CellState.Failed, failure)
                : File.Exists(RunFolder.CheckpointOf(folder)) ? (CellState.Unfinished, Reached(folder))
                : (CellState.Missing, "not begun");
            return cells.Select(cell => new CollectedCell(cell, state, message));
        }

        RunSummary summary = RunSummary.TryLoad(folder)!;
        MetricsRow[][] records = [.. StoredRun.Read(folder).Metrics.Chunk(summary.Leaders)];
        return cells.Select(cell =>
        {
            SettingSummary setting = summary.Settings[cell.Point];
            int seeds = setting.Objectives.Length, first = cell.Point * seeds;
            return new CollectedCell(cell, CellState.Done, "")
            {
                Seeds = [.. records[0].Skip(first).Take(seeds).Select(row => row.Seed)],
                Objectives = setting.Objectives,
                Iterations = summary.Iterations,
                Minimized = summary.Minimized,
                Curve =
                [
                    .. records.Select(rows => (rows[0].Iteration, rows.Skip(first).Take(seeds).Select(row => row.Objective).ToArray())),
                ],
            };
        });
    }

    private static string Reached(string folder)
    {
        CheckpointHead head = Checkpoint.Read(RunFolder.CheckpointOf(folder)).Head;
        return FormattableString.Invariant($"at iteration {head.Iteration}");
    }
}
