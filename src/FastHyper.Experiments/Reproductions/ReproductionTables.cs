using System.Globalization;
using System.Text;
using FastHyper.Experiments.Reports;
using FastHyper.Files;

namespace FastHyper.Experiments.Reproductions;

/// <summary>table.md, table.csv and report.html of the cells that are done; figure.svg and figure.pdf, too, where there are maps.</summary>
internal static class ReproductionTables
{
    public static void Write(string folder, Experiment experiment, IReadOnlyList<CellResult> results)
    {
        ReportData report = Report(experiment, results);
        FileStore.Disk.Replace(Path.Combine(folder, "table.csv"), Rows(results));
        FileStore.Disk.Replace(Path.Combine(folder, "table.md"), $"# {experiment.Title}\n\n{Markdown(results)}");
        FileStore.Disk.Replace(Path.Combine(folder, "report.html"), HtmlReport.Render(report));
        if (report.Maps.Count == 0) return;
        string figure = SvgFigure.Render(report.Curves[0], report.Maps);
        FileStore.Disk.Replace(Path.Combine(folder, "figure.svg"), figure);
        FileStore.Disk.Replace(Path.Combine(folder, "figure.pdf"), PdfFigure.Render(figure));
    }

    /// <summary>table.md and report.html of several experiments, each of which has its own in the folder of its name.</summary>
    public static void Write(string folder, IReadOnlyList<(Experiment Experiment, IReadOnlyList<CellResult> Results)> parts)
    {
        StringBuilder text = new("# Reproductions\n");
        foreach ((Experiment experiment, IReadOnlyList<CellResult> results) in parts)
            text.Append(
                CultureInfo.InvariantCulture,
                    $"\n## {experiment.Title}\n\n{Markdown(results)}\n[Curves]({experiment.Name}/report.html), [settings and "
                    + $"times]({experiment.Name}/table.csv)\n");
        FileStore.Disk.Replace(Path.Combine(folder, "table.md"), text.ToString());
        CellResult[] all = [.. parts.SelectMany(part => part.Results)];
        FileStore.Disk.Replace(Path.Combine(folder, "report.html"), HtmlReport.Render(new ReportData(
            "Reproductions", Caption(all), Facts(all, parts.Sum(part => part.Experiment.Cells.Count)), [], [],
            "Each heading leads to the experiment's own page, with its learning curves.")
        {
            Tables = [.. parts.Select(part =>
                Table(part.Results) with { Heading = new ReportLink(part.Experiment.Title, $"{part.Experiment.Name}/report.html") })],
        }));
    }

    private static string Rows(IReadOnlyList<CellResult> results)
    {
        StringBuilder text =
            new("method,case,published,mean,standard_error,seeds,finished,learning_rate,temperature,iterations,seconds,"
                + "leader_iterations_per_second\n");
        foreach (CellResult r in results)
        {
            text.AppendLine(string.Join(',', new[]
            {
                Csv.Quoted(r.Cell.Method), Csv.Quoted(r.Cell.Case), Csv.Quoted(r.Cell.Published ?? ""), Number(r.Setting.Mean, "R"),
                    Number(r.Setting.StandardError, "R"),
                $"{r.Setting.Objectives.Length}", $"{r.Setting.Finished}", Csv.Quoted(r.Setting.LearningRate),
                Csv.Quoted(r.Setting.Temperature),
                $"{r.Iterations}", Number(r.Seconds, "F1"), Number(r.Rate, "F0"),
            }));
        }

        return text.ToString();
    }

    /// <summary>The caption and the tables.</summary>
    private static string Markdown(IReadOnlyList<CellResult> results)
    {
        StringBuilder text = new($"{Caption(results)}\n");
        foreach ((IReadOnlyList<string> header, IReadOnlyList<string[]> rows) in (ReportTable[])[
            Table(results), .. Times(results), .. Diverged(results)])
        {
            text.Append(
                CultureInfo.InvariantCulture, $"\n| {string.Join(" | ", header)} |\n|{string.Concat(header.Select(_ => " --- |"))}\n");
            foreach (string[] row in rows) text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row)} |\n");
        }

        return text.ToString();
    }

    private static ReportData Report(Experiment experiment, IReadOnlyList<CellResult> results)
    {
        List<Curve> curves = [];
        foreach (IGrouping<string, CellResult> group in results.GroupBy(r => r.Cell.Case))
        {
            CurveSeries[] series = [.. group.Select(r =>
            {
                double[] mean = [.. r.Curve.Select(point => SettingSummary.MeanOf(point.Objectives))];
                double[] error = [.. r.Curve.Select(point => SettingSummary.StandardErrorOf(point.Objectives))];
                return new CurveSeries(
                    r.Cell.Method, [.. r.Curve.Select(point => (double)point.Iteration)], mean,
                    [.. mean.Zip(error, (m, e) => m - e)], [.. mean.Zip(error, (m, e) => m + e)]);
            })];
            ReferenceLine[] published = [.. group.Where(r => Value(r.Cell.Published) is not null)
                .Select(r => new ReferenceLine($"{r.Cell.Method}, published", Value(r.Cell.Published)!.Value))];
            if (experiment.BestKnown is double best) published = [.. published, new ReferenceLine("best known", best)];
            curves.Add(new Curve(group.Key, "leader iteration", "exact objective", series, published));
        }

        return new ReportData(
            experiment.Title, Caption(results), Facts(results, experiment.Cells.Count), curves,
            [.. results.Select(r => r.Incentives).OfType<GridMap>()],
            $"{RunReport.Band} Each method has its best setting, chosen on the same seeds.")
        { Tables = [Table(results), .. Times(results), .. Diverged(results)] };
    }

    private static ReportFact[] Facts(IReadOnlyList<CellResult> results, int cells) =>
        [new("Cells", $"{results.Count} of {cells}"), new("Seconds", Number(results.Sum(r => r.Seconds), "F0"))];

    private static string Caption(IReadOnlyList<CellResult> results) =>
        $"Exact final objective, mean ± standard error over "
            + $"{string.Join("/", results.Select(r => r.Setting.Objectives.Length).Distinct())} seeds, at the best "
                + $"setting{(results.Any(r => r.Diverging.Count > 0) ? " of those that lose the fewest seeds to divergence" : "")}, "
                    + $"chosen on the same seeds; in brackets what was published.";

    /// <summary>Methods as rows, cases as columns.</summary>
    private static ReportTable Table(IReadOnlyList<CellResult> results)
    {
        string[] cases = [.. results.Select(r => r.Cell.Case).Distinct()];
        List<string[]> rows = [];
        foreach (IGrouping<string, CellResult> method in results.GroupBy(r => r.Cell.Method))
        {
            rows.Add([method.Key, .. cases.Select(c => method.FirstOrDefault(r => r.Cell.Case == c) is CellResult r
                ? $"{Reached(r.Setting)}{(r.Cell.Published is null ? "" : $" ({r.Cell.Published})")}"
                : "")]);
        }

        return new ReportTable(["method", .. cases], rows);
    }

    /// <summary>What cells took whose incentives are shown.</summary>
    private static ReportTable[] Times(IReadOnlyList<CellResult> results)
    {
        CellResult[] shown = [.. results.Where(r => r.Incentives is not null)];
        return shown.Length == 0 ? [] : [new ReportTable(
            ["method", "iterations", "seconds", "with evaluations of the objective"],
            [.. shown.Select(r => new[] { r.Cell.Method, $"{r.Iterations}", Number(r.Seconds, "F1"), $"{r.Curve.Count}" })])];
    }

    /// <summary>The mean, with the number of its seeds where some diverged.</summary>
    private static string Reached(SettingSummary setting) => setting.Finished == 0
        ? "all diverged"
        : $"{Number(setting.Mean, "F3")} ± {Number(setting.StandardError, "F3")}{(setting.Diverged > 0 ? $", {setting.Seeds} seeds" : "")}";

    /// <summary>The settings of which seeds diverged, where there are any.</summary>
    private static ReportTable[] Diverged(IReadOnlyList<CellResult> results)
    {
        string[][] rows =
        [
            .. from r in results
               from setting in r.Diverging
               select new[] { r.Cell.Method, r.Cell.Case, setting.LearningRate, setting.Temperature, $"{setting.Diverged} of "
                   + $"{setting.Objectives.Length}{(setting == r.Setting ? "" : ", not chosen")}" },
        ];
        return rows.Length == 0 ? [] : [new ReportTable(["method", "case", "learning rate", "temperature", "seeds that diverged"], rows)];
    }

    /// <summary>The number that a published figure begins with.</summary>
    private static double? Value(string? published) =>
        published is not null
            && double.TryParse(published.Split('±')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
