using System.CommandLine;
using System.Globalization;
using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Sweeps;

namespace FastHyper.Cli;

/// <summary><c>fasthyper sweep</c>: runs the cells of a sweep, or a shard of them.</summary>
internal static class SweepCommand
{
    public static Command Create(Catalogue catalogue)
    {
        Argument<string> what = new("sweep") { Description = "A .yaml file with a base and axes." };
        Option<string> output = new("--out")
        {
            Description = "The folder, which all shards share: a new one, or one that was stopped.",
            Required = true,
        };
        Option<string?> part = new("--shard")
        {
            Description = "Do the i-th of n parts, as in 2/6; by default what SLURM_ARRAY_TASK_ID and _COUNT say, else all.",
        };
        Option<int> workers = new("--workers")
        {
            Description = "Runs at once in this process, which share its processors.",
            DefaultValueFactory = _ => 1,
        };
        Option<int?> pack = new("--pack") { Description = "Leaders at the most that one run has as lanes; by default what the file says." };
        Option<bool> list = new("--list") { Description = "Print the cells and their runs, and do nothing." };
        Option<string?> limit = TimeLimit.Option();
        Command command = new("sweep", "Run many configurations, packed and in shards.")
        {
            what, output, part, workers, pack, list, limit,
        };
        command.SetAction(parsed =>
        {
            using StopSignal stop = new("stopped; the same command goes on", requeues: true);
            stop.Within(TimeLimit.Parse(parsed.GetValue(limit)));
            string folder = parsed.GetValue(output)!;
            if (folder.Length == 0) throw new InvalidInputException("--out: ''; expected the name of a folder");
            Shard shard = parsed.GetValue(part) is string given
                ? Shard.Parse(given)
                : Shard.OfEnvironment(Environment.GetEnvironmentVariable);
            Sweep sweep = Sweep.Load(parsed.GetValue(what)!, catalogue, parsed.GetValue(pack));
            if (parsed.GetValue(list))
            {
                foreach (SweepCell cell in sweep.Cells) Console.Out.WriteLine($"cell {cell.Number}  {cell.Id}  run {cell.Unit}  {cell}");
                return CommandHost.Done;
            }

            SweepWork work = new(sweep, folder, CommandHost.Complain);
            CancellationToken token = stop.Listen();
            int total = sweep.Units.Where((_, number) => shard.Has(number)).Count();
            return Told(work.Execute(shard, parsed.GetValue(workers), new Lines(total), token), folder, stop);
        });
        return command;
    }

    private static int Told(IReadOnlyList<SweepResult> results, string folder, StopSignal stop)
    {
        int Count(SweepOutcome outcome) => results.Count(result => result.Outcome == outcome);
        int done = Count(SweepOutcome.Done), failed = Count(SweepOutcome.Failed), elsewhere = Count(SweepOutcome.Elsewhere);
        Console.Out.WriteLine($"{done} of {results.Count} runs done; collect them with: fasthyper collect {folder}");
        if (failed > 0) CommandHost.Complain($"{failed} of {results.Count} runs failed; the same command tries them again");
        if (elsewhere > 0) CommandHost.Complain($"{elsewhere} of {results.Count} runs are another process's at the moment");
        if (Count(SweepOutcome.Stopped) > 0)
        {
            CommandHost.Complain($"stopped after {done} of {results.Count} runs; the same command goes on");
            return stop.ExitCode;
        }

        return failed > 0 ? CommandHost.Failed : elsewhere > 0 ? CommandHost.Requeue : CommandHost.Done;
    }

    /// <summary>A line for each run that ends.</summary>
    private sealed class Lines(int total) : IProgress<SweepResult>
    {
        private int _ended;

        public void Report(SweepResult value)
        {
            string cells = $"{value.Unit.Cells[0]}{(value.Unit.Cells.Count > 1 ? $" and {value.Unit.Cells.Count - 1} more" : "")}";
            string head = $"[{++_ended}/{total}] run {value.Unit.Id}: {cells}";
            if (value.Outcome == SweepOutcome.Failed) CommandHost.Complain($"{head}: {value.Message}");
            else if (value.Outcome == SweepOutcome.Elsewhere) Console.Out.WriteLine($"{head}: another process has it");
            else if (value.Outcome == SweepOutcome.Stopped) Console.Out.WriteLine($"{head}: stopped");
            else if (value.Summary is null) Console.Out.WriteLine($"{head}: done before");
            else Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{head}: {value.Summary.Iterations} iterations, objective {value.Summary.Best.Mean:G6}, {value.Summary.Seconds:F1} s"));
        }
    }
}
