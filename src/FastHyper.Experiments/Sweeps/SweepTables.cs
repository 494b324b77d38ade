using System.Globalization;
using FastHyper.Files;

namespace FastHyper.Experiments.Sweeps;

/// <summary>
/// What is collected of sweeps: cells.csv and leaders.csv, the same as .parquet, best.csv, and report.html. None of it depends on when,
/// where or in how many processes the runs were done.
/// </summary>
public static class SweepTables
{
    /// <summary>Writes all files.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="cells">What cells came to.</param>
    /// <param name="choices">The best settings.</param>
    /// <param name="map">The two keys of the heat map; null for the first that have several values.</param>
    /// <exception cref="InvalidInputException">A key is none of an axis.</exception>
    public static void Write(
        string folder, IReadOnlyList<CollectedCell> cells, IReadOnlyList<SweepChoice> choices, (string Row, string Column)? map = null)
    {
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentNullException.ThrowIfNull(choices);
        string page = Reports.HtmlReport.Render(SweepReport.Compose(cells, choices, map));
        string[] keys = [.. cells.SelectMany(cell => cell.Cell.Settings).Select(setting => setting.Key).Distinct()];
        Directory.CreateDirectory(folder);
        Table(folder, "cells", Cells(cells, keys));
        Table(folder, "leaders", Leaders(cells, keys));
        FileStore.Disk.Replace(Path.Combine(folder, "best.csv"), Csv.Text(Best(choices)));
        FileStore.Disk.Replace(Path.Combine(folder, "report.html"), page);
    }

    /// <summary>A mean with its standard error, as it is shown.</summary>
    internal static string Shown(double mean, double error) => string.Create(CultureInfo.InvariantCulture, $"{mean:F3} ± {error:F3}");

    private static List<(string Name, Array Values)> Cells(IReadOnlyList<CollectedCell> cells, string[] keys) =>
    [
        ("cell", cells.Select(cell => (long)cell.Cell.Number).ToArray()), ("id", Texts(cells, cell => cell.Cell.Id)),
        ("run", Texts(cells, cell => cell.Cell.Unit)), .. Settings(cells, keys),
        ("state", Texts(cells, cell => Names.Kebab(cell.State.ToString()))), ("message", Texts(cells, cell => cell.Message)),
        ("seeds", cells.Select(cell => (long)cell.Seeds.Count).ToArray()),
        ("finished", cells.Select(cell => (long)cell.Objectives.Count(double.IsFinite)).ToArray()),
        ("iterations", cells.Select(cell => cell.Iterations).ToArray()),
        ("objective_mean", cells.Select(cell => SettingSummary.MeanOf(cell.Objectives)).ToArray()),
        ("objective_standard_error", cells.Select(cell => SettingSummary.StandardErrorOf([.. cell.Objectives])).ToArray()),
    ];

    private static List<(string Name, Array Values)> Leaders(IReadOnlyList<CollectedCell> cells, string[] keys)
    {
        (CollectedCell Cell, ulong Seed, double Objective)[] leaders =
            [.. cells.SelectMany(cell => cell.Seeds.Zip(cell.Objectives, (seed, objective) => (cell, seed, objective)))];
        CollectedCell[] each = [.. leaders.Select(leader => leader.Cell)];
        string[] others = [.. keys.Where(key => key != "seed")];
        return
        [
            ("cell", each.Select(cell => (long)cell.Cell.Number).ToArray()), ("id", Texts(each, cell => cell.Cell.Id)),
            .. Settings(each, others), ("seed", leaders.Select(leader => (long)leader.Seed).ToArray()),
            ("objective", leaders.Select(leader => leader.Objective).ToArray()),
        ];
    }

    private static IEnumerable<string[]> Best(IReadOnlyList<SweepChoice> choices)
    {
        string[] groups = [.. choices.SelectMany(choice => choice.Group).Select(setting => setting.Key).Distinct()];
        yield return
        [
            .. groups, "best", "settings", "choosing_seeds", "choosing_mean", "reporting_seeds", "finished", "objective_mean",
            "objective_standard_error", "chosen_on_other_seeds",
        ];
        foreach (SweepChoice choice in choices)
        {
            yield return
            [
                .. groups.Select(key => choice.Group.First(setting => setting.Key == key).Value), choice.Best.ToString(),
                Text((long)choice.Among), Text((long)choice.Choosing.Length), Text(SettingSummary.MeanOf(choice.Choosing)),
                Text((long)choice.Reporting.Length), Text((long)choice.Reporting.Count(double.IsFinite)), Text(choice.Mean),
                Text(choice.StandardError), choice.IsHonest ? "true" : "false",
            ];
        }
    }

    /// <summary>A column of each key: of numbers where all of its values are.</summary>
    private static IEnumerable<(string Name, Array Values)> Settings(IReadOnlyList<CollectedCell> cells, string[] keys)
    {
        foreach (string key in keys)
        {
            string[] texts = Texts(cells, cell => cell.Cell.Settings.FirstOrDefault(setting => setting.Key == key).Value ?? "");
            double[] numbers = [.. texts.Select(text => Number(text) ?? double.NaN)];
            yield return (key, cells.Count > 0 && numbers.All(double.IsFinite) ? numbers : texts);
        }
    }

    /// <summary>The number that a text is; null where it is none.</summary>
    internal static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;

    private static string[] Texts(IReadOnlyList<CollectedCell> cells, Func<CollectedCell, string> text) => [.. cells.Select(text)];

    private static void Table(string folder, string name, List<(string Name, Array Values)> columns)
    {
        int rows = columns[0].Values.Length;
        IEnumerable<IEnumerable<string>> lines = Enumerable.Range(0, rows)
            .Select(row => columns.Select(column => Text(column.Values.GetValue(row)!)));
        FileStore.Disk.Replace(Path.Combine(folder, name + ".csv"), Csv.Text(lines.Prepend(columns.Select(column => column.Name))));
        FileStore.Disk.Replace(Path.Combine(folder, name + ".parquet"), ParquetFile.Write(columns));
    }

    // What is not known is an empty cell.
    private static string Text(object value) => value switch
    {
        double number => double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "",
        long whole => whole.ToString(CultureInfo.InvariantCulture),
        _ => (string)value,
    };
}
