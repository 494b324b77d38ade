namespace FastHyper.Experiments.Reproductions;

/// <summary>A table of the literature: its cells, each of them a run over seeds and settings.</summary>
/// <param name="Name">Name, as on the command line.</param>
/// <param name="Title">What it shows, and whose table it is.</param>
/// <param name="Cells">The cells, in the order of the table.</param>
public sealed record Experiment(string Name, string Title, IReadOnlyList<Cell> Cells)
{
    /// <summary>The best objective that is known, drawn beside the curves; null where none is.</summary>
    internal double? BestKnown { get; init; }

    /// <summary>Whether the report shows the incentives that each cell came to, side by side, and what they took.</summary>
    internal bool DrawsIncentives { get; init; }
}

/// <summary>One method on one case: a run whose best setting counts.</summary>
/// <param name="Method">The row of the table.</param>
/// <param name="Case">The column of the table.</param>
/// <param name="Published">The published figure; null where there is none.</param>
/// <param name="Run">Preset or problem.</param>
/// <param name="Overrides">Assignments key.path=value, on top of it.</param>
public sealed record Cell(string Method, string Case, string? Published, string Run, IReadOnlyList<string> Overrides)
{
    /// <summary>A name for the cell's folder.</summary>
    public string Folder =>
        string.Concat($"{Method} {Case}".Select(c => char.IsAsciiLetterOrDigit(c) || c == '.' ? char.ToLowerInvariant(c) : '-'));
}

/// <summary>What a cell came to.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Setting">The best setting, which counts; see <see cref="RunSummary.Best"/>.</param>
/// <param name="Seconds">Time that all its settings took.</param>
/// <param name="Leaders">Leaders that ran at once: settings × seeds.</param>
/// <param name="Iterations">Leader iterations of each.</param>
/// <param name="Curve">Recorded iterations, and the objective of each seed of that setting at them.</param>
public sealed record CellResult(
    Cell Cell, SettingSummary Setting, double Seconds, int Leaders, long Iterations,
    IReadOnlyList<(long Iteration, double[] Objectives)> Curve)
{
    /// <summary>The settings of which seeds diverged.</summary>
    public IReadOnlyList<SettingSummary> Diverging { get; init; } = [];

    /// <summary>The incentives of that setting's first seed, where the experiment draws them.</summary>
    internal Reports.GridMap? Incentives { get; init; }

    /// <summary>Leader iterations a second, of all leaders.</summary>
    public double Rate => Leaders * Iterations / Math.Max(Seconds, 1e-9);
}

/// <summary>How far a reproduction has come.</summary>
/// <param name="Cell">The cell that is at work.</param>
/// <param name="Done">Cells done.</param>
/// <param name="Cells">Cells to do.</param>
/// <param name="Run">How far the cell's run has come.</param>
/// <param name="Remaining">
/// Time left for all cells, weighed by what they are expected to take; null while too little is done to tell.
/// </param>
public readonly record struct ReproductionProgress(Cell Cell, int Done, int Cells, RunProgress Run, TimeSpan? Remaining);
