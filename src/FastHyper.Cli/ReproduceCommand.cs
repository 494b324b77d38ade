using System.CommandLine;
using System.Globalization;
using FastHyper.Experiments.Reproductions;

namespace FastHyper.Cli;

/// <summary><c>fasthyper reproduce</c>: fills a table of the literature, and can be stopped and gone on with.</summary>
internal static class ReproduceCommand
{
    public static Command Create()
    {
        Argument<string> what = new("experiment") { Description = $"{string.Join(", ", ExperimentCatalogue.Names)}, or all." };
        Option<string> output = new("--out") { Description = "The folder: a new one, or one that was stopped.", Required = true };
        Option<bool> quick = new("--quick") { Description = "Fewer seeds, iterations and cells: minutes." };
        Option<string?> estimator = new("--estimator") { Description = "Only the cells of this estimator." };
        Option<string> backend = CommonOptions.Backend();
        Option<int> threads = CommonOptions.Threads();
        Option<string?> limit = TimeLimit.Option();
        Command command =
            new("reproduce", "Run the experiments of a published table.") { what, output, quick, estimator, backend, threads, limit };
        command.SetAction(parsed =>
        {
            using StopSignal stop = new("stopped; the same command goes on", requeues: true);
            stop.Within(TimeLimit.Parse(parsed.GetValue(limit)));
            string name = parsed.GetValue(what)!, folder = parsed.GetValue(output)!;
            if (folder.Length == 0) throw new InvalidInputException("--out: ''; expected the name of a folder");
            using ReproductionCollection? all = name == "all" ? new ReproductionCollection(folder) : null;
            string[] overrides =
                [$"backend={parsed.GetValue(backend)}", string.Create(CultureInfo.InvariantCulture, $"threads={parsed.GetValue(threads)}")];
            CancellationToken token = stop.Listen();
            bool few = parsed.GetValue(quick);
            string? only = parsed.GetValue(estimator);
            foreach (Experiment experiment in all is null ? [ExperimentCatalogue.Create(name, few, only)]
                : ExperimentCatalogue.CreateAll(few, only))
            {
                string own = all?.FolderOf(experiment.Name) ?? folder;
                Reproduction reproduction = new(experiment, own, overrides, CommandHost.Complain);
                IReadOnlyList<CellResult> results = reproduction.Execute(new Lines(), token);
                all?.Add(experiment, results);
                int done = results.Count;
                if (done > 0)
                    Console.Out.WriteLine(
                        $"{done} of {experiment.Cells.Count} cells: {Path.Combine(own, "table.md")}, {Path.Combine(own, "report.html")}");
                if (done == experiment.Cells.Count) continue;
                CommandHost.Complain($"stopped after {done} of {experiment.Cells.Count} cells; the same command goes on");
                return stop.ExitCode;
            }

            if (all is not null) Console.Out.WriteLine($"all: {Path.Combine(folder, "table.md")}, {Path.Combine(folder, "report.html")}");
            return CommandHost.Done;
        });
        return command;
    }

    /// <summary>A line when a cell begins and at every quarter of it.</summary>
    private sealed class Lines : IProgress<ReproductionProgress>
    {
        private Cell? _cell;
        private DivergenceLines? _diverged;
        private long _next;

        public void Report(ReproductionProgress value)
        {
            if (!ReferenceEquals(_cell, value.Cell))
                (_cell, _next, _diverged) =
                    (value.Cell, 0, new DivergenceLines(line => CommandHost.Complain($"{value.Cell.Method}, {value.Cell.Case}: {line}")));
            _diverged!.Report(value.Run.Diverged);
            if (value.Run.Activity is null && value.Run.Iteration < _next) return;
            if (value.Run.Activity is null) _next = value.Run.Iteration + Math.Max(1, value.Run.Iterations / 4);
            string activity = value.Run.Activity is string at ? $"  {at}" : "";
            string pace = value.Run.Rate > 0
                ? string.Create(CultureInfo.InvariantCulture, $"  {value.Run.Rate:F0} leader iterations/s")
                : "";
            string cell = $"[{value.Done + 1}/{value.Cells}] {value.Cell.Method}, {value.Cell.Case}";
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{cell}: iteration {value.Run.Iteration}/{value.Run.Iterations}{activity}{pace}{Left(value.Remaining)}"));
        }

        private static string Left(TimeSpan? remaining) =>
            remaining is TimeSpan left
                ? string.Create(CultureInfo.InvariantCulture, $"  about {(long)left.TotalHours}:{left:mm\\:ss} left")
                : "";
    }
}
