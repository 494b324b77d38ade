using System.Globalization;
using FastHyper.Experiments.Reports;

namespace FastHyper.Experiments.Sweeps;

/// <summary>The page of a sweep: what is missing, the best settings with their curves, a heat map of two axes, and all settings.</summary>
internal static class SweepReport
{
    private const int MostCurves = 12;
    private const int MostRows = 500;
    private const int MostMarks = 12;

    public static ReportData Compose(
        IReadOnlyList<CollectedCell> cells, IReadOnlyList<SweepChoice> choices, (string Row, string Column)? map)
    {
        IReadOnlyList<SweepSetting> settings = SweepSetting.Of(cells);
        int done = cells.Count(cell => cell.State == CellState.Done);
        HeatMap? heat = HeatMap.Of(settings, map);
        bool isHonest = choices.All(choice => choice.IsHonest);
        return new ReportData(
            "Sweep", $"{Count(done, "cell")} of {cells.Count} done",
            [
                new ReportFact("Cells", $"{done} of {cells.Count}"), new ReportFact("Settings", Whole(settings.Count)),
                new ReportFact("Leaders", Whole(cells.Sum(cell => cell.Seeds.Count))),
            ],
            choices.Count == 0 ? [] : [Curves(choices)], heat is null ? [] : [heat.Map()],
            $"{RunReport.Band} {(isHonest
                ? "The best settings are chosen on some seeds, and told by others, which had no part in the choice."
                : "Where settings have one seed alone, the best are chosen on the same seeds that tell of them.")}")
        {
            Tables = [.. Missing(cells), .. Best(choices), .. heat is null ? [] : (ReportTable[])[heat.Table()], All(settings)],
        };
    }

    private static ReportTable[] Missing(IReadOnlyList<CollectedCell> cells)
    {
        CollectedCell[] missing = [.. cells.Where(cell => cell.State != CellState.Done)];
        return missing.Length == 0 ? [] :
        [
            new ReportTable(
                ["missing cell", "settings", "state"],
                [
                    .. missing.Take(MostRows).Select(cell => new[]
                    {
                        Whole(cell.Cell.Number), cell.Cell.ToString(),
                        cell.State == CellState.Failed ? $"failed: {cell.Message}" : cell.Message,
                    }),
                ]),
        ];
    }

    private static ReportTable[] Best(IReadOnlyList<SweepChoice> choices) => choices.Count == 0 ? [] :
    [
        new ReportTable(
            ["best setting", "of", "objective when chosen", "objective on other seeds", "seeds"],
            [
                .. choices.Select(choice => new[]
                {
                    choice.Best.ToString() is { Length: > 0 } name ? name : "the only one", Whole(choice.Among),
                    Shown(choice.Choosing), choice.IsHonest ? Shown(choice.Reporting) : "no others",
                    $"{choice.Choosing.Length} + {(choice.IsHonest && choice.Among > 1 ? choice.Reporting.Length : 0)}",
                }),
            ]),
    ];

    private static ReportTable All(IReadOnlyList<SweepSetting> settings) => new(
        ["setting", "objective, all seeds", "finished"],
        [
            .. settings.Take(MostRows).Select(setting => new[]
            {
                setting.ToString() is { Length: > 0 } name ? name : "the only one", Shown(setting.Objectives),
                $"{setting.Objectives.Count(double.IsFinite)} of {setting.Objectives.Length}",
            }),
        ]);

    private static Curve Curves(IReadOnlyList<SweepChoice> choices) => new(
        "Best settings", "leader iteration", "exact objective",
        [
            .. choices.Take(MostCurves).Select(choice =>
            {
                // The leaders of all cells of a setting were recorded at the same iterations.
                (long Iteration, double[] Objectives)[] points =
                [
                    .. choice.Best.Cells.SelectMany(cell => cell.Curve).GroupBy(point => point.Iteration).OrderBy(group => group.Key)
                        .Select(group => (group.Key, group.SelectMany(point => point.Objectives).ToArray())),
                ];
                double[] mean = [.. points.Select(point => SettingSummary.MeanOf(point.Objectives))];
                double[] error = [.. points.Select(point => SettingSummary.StandardErrorOf(point.Objectives))];
                return new CurveSeries(
                    choice.Best.ToString(), [.. points.Select(point => (double)point.Iteration)], mean,
                    [.. mean.Zip(error, (m, e) => m - e)], [.. mean.Zip(error, (m, e) => m + e)]);
            }),
        ]);

    private static string Shown(double[] objectives) => objectives.Any(double.IsFinite)
        ? SweepTables.Shown(SettingSummary.MeanOf(objectives), SettingSummary.StandardErrorOf(objectives))
        : "all diverged";

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The best mean of the settings of each pair of two keys' values.</summary>
    private sealed record HeatMap(string Row, string Column, string[] Rows, string[] Columns, double[] Values)
    {
        /// <summary>The map of two keys, or of the first two that have several values; null where there are not two.</summary>
        public static HeatMap? Of(IReadOnlyList<SweepSetting> settings, (string Row, string Column)? map)
        {
            string[] keys = [.. settings.SelectMany(setting => setting.Settings).Select(setting => setting.Key).Distinct()];
            foreach (string key in map is var (first, second) ? (string[])[first, second] : [])
            {
                if (!keys.Contains(key))
                    throw new InvalidInputException(
                        $"--map: '{OneLine.Value(key)}' is no key of an axis{Names.DidYouMean(key, keys)}; expected two of "
                            + $"{OneLine.List(keys)}");
            }

            string[] several = [.. keys.Where(key => ValuesOf(settings, key).Length > 1)];
            if (map is null && several.Length < 2) return null;
            (string row, string column) = map ?? (several[0], several[1]);
            string[] rows = ValuesOf(settings, row), columns = ValuesOf(settings, column);
            double sign = settings.Count > 0 && settings[0].Cells[0].Minimized ? -1 : 1;
            double[] values =
            [
                .. from r in rows
                   from c in columns
                   select settings.Where(setting => setting.Value(row) == r && setting.Value(column) == c)
                       .Select(setting => SettingSummary.MeanOf(setting.Objectives)).Where(double.IsFinite)
                       .OrderByDescending(mean => sign * mean).Append(double.NaN).First(),
            ];
            return new HeatMap(row, column, rows, columns, values);
        }

        /// <summary>In colours, rows and columns in the order of the table beside it.</summary>
        public GridMap Map()
        {
            bool isMarked = Columns.Length <= MostMarks && Rows.Length <= MostMarks;
            return new GridMap(
                $"{Row} (downwards) and {Column} (rightwards)", "objective, best of the other axes", Rows.Length, Columns.Length,
                [.. Values.Select(value => !double.IsFinite(value))], Values, null,
                isMarked
                    ? [.. Values.Select((value, i) => new GridMark(i / Columns.Length, i % Columns.Length, Number(value)))
                        .Where(mark => mark.Label.Length > 0)]
                    : []);
        }

        /// <summary>In numbers.</summary>
        public ReportTable Table() => new(
            [$"{Row} \\ {Column}", .. Columns],
            [.. Rows.Select((row, i) => (string[])[row, .. Columns.Select((_, j) => Number(Values[(i * Columns.Length) + j]))])]);

        private static string Number(double value) => double.IsFinite(value) ? value.ToString("G3", CultureInfo.InvariantCulture) : "";

        /// <summary>A key's values: numbers ascending, else in the order of the sweep.</summary>
        private static string[] ValuesOf(IReadOnlyList<SweepSetting> settings, string key)
        {
            string[] values = [.. settings.Select(setting => setting.Value(key)).Distinct()];
            return values.All(value => SweepTables.Number(value) is not null) ? [.. values.OrderBy(SweepTables.Number)] : values;
        }
    }
}
