using System.Globalization;
using System.Text;
using FastHyper.Experiments.Reports;

namespace FastHyper.Experiments.Reproductions;

/// <summary>table.md, table.csv and report.html of the cells that are done.</summary>
internal static class ReproductionTables
{
    public static void Write(string folder, Experiment experiment, IReadOnlyList<CellResult> results)
    {
        AtomicFile.Write(Path.Combine(folder, "table.csv"), Csv(results));
        AtomicFile.Write(Path.Combine(folder, "table.md"), Markdown(experiment, results));
        AtomicFile.Write(Path.Combine(folder, "report.html"), HtmlReport.Render(Report(experiment, results)));
    }

    private static string Csv(IReadOnlyList<CellResult> results)
    {
        StringBuilder text = new("method,case,published,mean,standard_error,seeds,learning_rate,temperature,iterations,seconds,leader_iterations_per_second\n");
        foreach (CellResult r in results)
        {
            text.AppendLine(string.Join(',', new[]
            {
                Quoted(r.Cell.Method), Quoted(r.Cell.Case), Quoted(r.Cell.Published ?? ""), Number(r.Setting.Mean, "R"), Number(r.Setting.StandardError, "R"),
                $"{r.Setting.Objectives.Length}", Quoted(r.Setting.LearningRate), Quoted(r.Setting.Temperature), $"{r.Iterations}", Number(r.Seconds, "F1"), Number(r.Rate, "F0"),
            }));
        }

        return text.ToString();
    }

    private static string Markdown(Experiment experiment, IReadOnlyList<CellResult> results)
    {
        (string[] header, List<string[]> rows) = Rows(results);
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"# {experiment.Title}").AppendLine();
        text.AppendLine(Caption(results)).AppendLine();
        text.AppendLine($"| {string.Join(" | ", header)} |").AppendLine($"|{string.Concat(header.Select(_ => " --- |"))}");
        foreach (string[] row in rows) text.AppendLine($"| {string.Join(" | ", row)} |");
        return text.ToString();
    }

    private static ReportData Report(Experiment experiment, IReadOnlyList<CellResult> results)
    {
        (string[] header, List<string[]> rows) = Rows(results);
        List<Curve> curves = [];
        foreach (IGrouping<string, CellResult> group in results.GroupBy(r => r.Cell.Case))
        {
            CurveSeries[] series = [.. group.Select(r =>
            {
                double[] mean = [.. r.Curve.Select(point => point.Objectives.Average())];
                double[] error = [.. r.Curve.Select(point => SettingSummary.StandardErrorOf(point.Objectives))];
                return new CurveSeries(
                    r.Cell.Method, [.. r.Curve.Select(point => (double)point.Iteration)], mean,
                    [.. mean.Zip(error, (m, e) => m - e)], [.. mean.Zip(error, (m, e) => m + e)]);
            })];
            ReferenceLine[] published = [.. group.Where(r => Value(r.Cell.Published) is not null).Select(r => new ReferenceLine($"{r.Cell.Method}, published", Value(r.Cell.Published)!.Value))];
            curves.Add(new Curve(group.Key, "leader iteration", "exact objective", series, published));
        }

        return new ReportData(
            experiment.Title, Caption(results), [new ReportFact("Cells", $"{results.Count} of {experiment.Cells.Count}"), new ReportFact("Seconds", Number(results.Sum(r => r.Seconds), "F0"))],
            curves, [], "Bands are standard errors over seeds; each method at its best learning rate.")
        { Tables = [new ReportTable(header, rows)] };
    }

    private static string Caption(IReadOnlyList<CellResult> results) =>
        $"Exact final objective, mean ± standard error over {string.Join("/", results.Select(r => r.Setting.Objectives.Length).Distinct())} seeds, best learning rate; in brackets what was published.";

    /// <summary>Methods as rows, cases as columns.</summary>
    private static (string[] Header, List<string[]> Rows) Rows(IReadOnlyList<CellResult> results)
    {
        string[] cases = [.. results.Select(r => r.Cell.Case).Distinct()];
        List<string[]> rows = [];
        foreach (IGrouping<string, CellResult> method in results.GroupBy(r => r.Cell.Method))
        {
            rows.Add([method.Key, .. cases.Select(c => method.FirstOrDefault(r => r.Cell.Case == c) is CellResult r
                ? $"{Number(r.Setting.Mean, "F3")} ± {Number(r.Setting.StandardError, "F3")}{(r.Cell.Published is null ? "" : $" ({r.Cell.Published})")}"
                : "")]);
        }

        return (["method", .. cases], rows);
    }

    /// <summary>The number that a published figure begins with.</summary>
    private static double? Value(string? published) =>
        published is not null && double.TryParse(published.Split('±')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;

    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
