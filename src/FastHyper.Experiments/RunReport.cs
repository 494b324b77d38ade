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
        return new ReportData(
            $"{summary.Estimator} on {summary.Problem}",
            $"{summary.Iterations} leader iterations, {setup.Options.Seeds} seeds; " +
            $"exact leader objective at temperature {Number(problem.Temperature)}",
            [
                new ReportFact("Objective before", summary.InitialObjective.ToString("F3", CultureInfo.InvariantCulture)),
                new ReportFact("Objective after", string.Create(CultureInfo.InvariantCulture, $"{summary.Best.Mean:F3} ± {summary.Best.StandardError:F3}{(summary.Best.Diverged > 0 ? $", {summary.Best.Seeds} seeds" : "")}")),
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
            [LearningCurve(setup, summary, metrics, leader.Settings)],
            shown is null ? first : [.. first.Zip(last, (b, a) => new[] { b, a }).SelectMany(pair => pair)],
            $"The band is one standard deviation over seeds{(summary.Diverged.Count > 0 ? " that have not diverged" : "")}." + (Grid(problem) is GridWorld world
                ? $" Maps show the seed whose final objective is the median{(world.Legend.Length > 0 ? ": " : "")}{world.Legend}."
                : tables.Length > 0 ? " Policies are those of the seed whose final objective is the median." : ""))
        {
            Tables = summary.Diverged.Count > 0 ? [Diverged(summary), .. tables] : tables,
        };
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
        [.. summary.Diverged.Select(divergence => new[] { divergence.Setting.ToString(), divergence.Iteration.ToString(CultureInfo.InvariantCulture), divergence.Cause })]);

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
            double[][] members = [.. Enumerable.Range(first, seeds).Select(i => metrics.Chunk(leaders).Select(rows => rows[i].Objective).ToArray())];
            double[] mean = [.. x.Select((_, k) => SettingSummary.MeanOf(members.Select(m => m[k])))];
            double[] deviation = [.. x.Select((_, k) => SettingSummary.DeviationOf(members.Select(m => m[k])))];
            SettingSummary setting = summary.Settings[first / seeds];
            string name = leaders == seeds
                ? setup.Estimator.Name
                : $"η {settings[first].LearningRate}, τ {settings[first].Temperature?.ToString() ?? "nominal"}";
            series.Add(new CurveSeries(
                setting.Diverged > 0 ? $"{name}, {setting.Seeds} finished" : name, x, mean,
                [.. mean.Zip(deviation, (m, d) => m - d)],
                [.. mean.Zip(deviation, (m, d) => m + d)],
                leaders == seeds ? members : null));
        }

        return new Curve("Leader objective", "leader iteration", "exact objective J", series);
    }

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
