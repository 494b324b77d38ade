using System.Globalization;
using FastHyper.Backends;
using FastHyper.Experiments.Reports;
using FastHyper.Followers;
using FastHyper.Leaders;
using FastHyper.Problems;
using FastHyper.Problems.Games;
using FastHyper.Problems.Worlds;

namespace FastHyper.Experiments;

/// <summary>What a run's report shows, from its metrics and its leaders' x.</summary>
internal static class RunReport
{
    // A curve is flat that keeps within such a part of its range.
    private const double Flat = 0.02;
    private const int LeastForGaps = 8;

    public static ReportData Compose(
        RunSetup setup, RunSummary summary, IReadOnlyList<MetricsRow> metrics, Leader leader, Backend backend,
        WorkMonitor monitor)
    {
        Problem problem = setup.Problem;
        // Where all diverged, there is nothing after to show.
        int? shown = Median(summary);
        double[] before = new double[problem.ParameterCount], after = shown is int median ? leader.Parameters(median) : [];
        problem.InitialParameters(leader.Settings[shown ?? 0].Seed, before);
        GridMap[] first = [.. Maps(problem, before, "Before", backend, monitor)];
        GridMap[] last = shown is null ? [] : [.. Maps(problem, after, "After", backend, monitor)];

        ReportTable[] tables = problem is MarkovGame && shown is not null
            ? [.. new[] { Policies(before, "before"), Policies(after, "after") }.OfType<ReportTable>()]
            : [];
        ReportTable? Policies(double[] x, string title) => GameMaps.Policies((MarkovGame)problem, x, title, backend, monitor);
        Curve learning = LearningCurve(setup, summary, metrics, leader.Settings);
        return new ReportData(
            $"{summary.Estimator} on {summary.Problem}",
            $"{summary.Iterations} leader iterations, {setup.Options.Seeds} seeds; " +
            $"exact leader objective at temperature {Number(problem.Temperature)}",
            [
                new ReportFact("Objective before", summary.InitialObjective.ToString("F3", CultureInfo.InvariantCulture)),
                new ReportFact(summary.Choice is null ? "Objective after"
                    : $"Objective after, best of {summary.Settings.Count}", Reached(summary.Best)),
                .. summary.Diverged.Count > 0
                    ? [new ReportFact("Leaders finished", $"{summary.Finished} of {summary.Leaders}")]
                    : Array.Empty<ReportFact>(),
                new ReportFact("Leader parameters", problem.ParameterCount.ToString(CultureInfo.InvariantCulture)),
                .. summary.SolvedBy.Count > 0
                    ? [new ReportFact("Follower solved by", string.Join(", ", summary.SolvedBy.Select(method => method.Name())))]
                    : Array.Empty<ReportFact>(),
                new ReportFact("Leader iterations/s", summary.LeaderIterationsPerSecond.ToString("F0", CultureInfo.InvariantCulture)),
                new ReportFact("Seconds", Number(summary.Seconds)),
            ],
            [learning, .. GapCurve(learning, summary.Minimized)],
            shown is null ? first : [.. first.Zip(last, (b, a) => new[] { b, a }).SelectMany(pair => pair)],
            Band + (Grid(problem) is GridWorld world
                ? $" Maps show the seed whose final objective is the median{(world.Legend.Length > 0 ? ": " : "")}{world.Legend}."
                : tables.Length > 0 ? " Policies are those of the seed whose final objective is the median." : "") + From(summary.Origin))
        {
            Tables =
            [
                .. summary.Choice is null ? Array.Empty<ReportTable>() : [Settings(summary)],
                .. summary.Diverged.Count > 0 ? [Diverged(summary)] : Array.Empty<ReportTable>(),
                .. tables,
            ],
        };
    }

    /// <summary>What ± and bands mean, wherever there are any.</summary>
    public const string Band = "± and bands are one standard error of the mean over the seeds that have not diverged.";

    private static string Reached(SettingSummary setting)
    {
        string seeds = setting.Diverged > 0 ? $", {setting.Seeds} seeds" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{setting.Mean:F3} ± {setting.StandardError:F3}{seeds}");
    }

    private static string From(RunOrigin? origin) => origin is null
        ? ""
        : $" FastHyper {origin.Version}{(origin.Commit is string commit ? $" ({commit[..Math.Min(8, commit.Length)]})" : "")}, " +
            $"{origin.Processor} × {origin.Processors}, {origin.Date[..10]}.";

    /// <summary>What each setting came to, the best one named.</summary>
    private static ReportTable Settings(RunSummary summary) => new(
        ["learning rate", "temperature", "objective", "seeds", ""],
        [
            .. summary.Settings.Select(setting => new[]
            {
                setting.LearningRate, setting.Temperature,
                Reached(setting), setting.Seeds,
                ReferenceEquals(setting, summary.Best) ? summary.Choice! : "",
            }),
        ]);

    /// <summary>
    /// How far means are from the best one that was recorded, on a logarithmic axis: what is left to see where the better half of a
    /// curve is flat. None where it is not.
    /// </summary>
    private static Curve[] GapCurve(Curve learning, bool minimized)
    {
        double[] means = [.. learning.Series.SelectMany(series => series.Mean).Where(double.IsFinite)];
        if (means.Length == 0 || learning.Series[0].X.Length < LeastForGaps) return [];
        double best = minimized ? means.Min() : means.Max(), worst = minimized ? means.Max() : means.Min(), range = Math.Abs(best - worst);
        if (!learning.Series.Any(series => series.Mean[(series.Mean.Length / 2)..].All(IsBest))) return [];
        CurveSeries[] gaps =
        [
            .. learning.Series.Select(
                series => series with { Mean = Gaps(series.Mean), Low = None(series), High = None(series), Members = null }),
        ];
        return
        [
            new Curve("Distance to the best mean of the run", learning.XLabel, "|J − best J|", gaps) { IsLogarithmic = true },
        ];

        bool IsBest(double mean) => Math.Abs(best - mean) < Flat * range;
        double[] Gaps(double[] mean) => [.. mean.Select(value => value == best ? double.NaN : Math.Log10(Math.Abs(best - value)))];
        static double[] None(CurveSeries series) => [.. series.X.Select(_ => double.NaN)];
    }

    private static GridWorld? Grid(Problem problem) => (problem as IGridProblem)?.Grid ?? (problem as IGridGame)?.Grid;

    private static IEnumerable<GridMap> Maps(Problem problem, double[] x, string title, Backend backend, WorkMonitor monitor)
    {
        return problem switch
        {
            FiniteProblem finite and IGridProblem grid => GridMaps.Draw(finite, grid, x, title, backend, monitor),
            MarkovGame game and IGridGame grid => GameMaps.Occupancies(game, grid, x, title, backend, monitor),
            _ => [],
        };
    }

    private static ReportTable Diverged(RunSummary summary) => new(
        ["diverged", "at iteration", "cause"],
        [.. summary.Diverged.Select(divergence =>
            new[] { divergence.Setting.ToString(), divergence.Iteration.ToString(CultureInfo.InvariantCulture), divergence.Cause })]);

    /// <summary>The leader whose final objective is the median (the lower one of two) of those that finished; null if none did.</summary>
    private static int? Median(RunSummary summary)
    {
        double[] last = [.. summary.Settings.SelectMany(setting => setting.Objectives)];
        int[] finished = [.. Enumerable.Range(0, last.Length).Where(i => double.IsFinite(last[i])).OrderBy(i => last[i])];
        return finished.Length == 0 ? null : finished[(finished.Length - 1) / 2];
    }

    private static Curve LearningCurve(
        RunSetup setup, RunSummary summary, IReadOnlyList<MetricsRow> metrics, IReadOnlyList<LeaderSetting> settings)
    {
        int leaders = settings.Count, seeds = setup.Options.Seeds;
        double[] x = [.. metrics.Chunk(leaders).Select(rows => (double)rows[0].Iteration)];
        List<CurveSeries> series = [];
        for (int first = 0; first < leaders; first += seeds)
        {
            double[][] members =
                [.. Enumerable.Range(first, seeds).Select(i => metrics.Chunk(leaders).Select(rows => rows[i].Objective).ToArray())];
            double[] mean = [.. x.Select((_, k) => SettingSummary.MeanOf(members.Select(m => m[k])))];
            double[] error = [.. x.Select((_, k) => SettingSummary.StandardErrorOf([.. members.Select(m => m[k])]))];
            SettingSummary setting = summary.Settings[first / seeds];
            string name = leaders == seeds
                ? setup.Estimator.Name
                : $"η {settings[first].LearningRate}, τ {settings[first].Temperature?.ToString() ?? "nominal"}";
            series.Add(new CurveSeries(
                setting.Diverged > 0 ? $"{name}, {setting.Seeds} finished" : name, x, mean,
                [.. mean.Zip(error, (m, e) => m - e)],
                [.. mean.Zip(error, (m, e) => m + e)],
                leaders == seeds ? members : null));
        }

        return new Curve("Leader objective", "leader iteration", "exact objective J", series);
    }

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
