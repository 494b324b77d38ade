using System.CommandLine;
using FastHyper.Experiments.Sweeps;

namespace FastHyper.Cli;

/// <summary><c>fasthyper collect</c>: what the runs of sweeps came to, as tables and a page.</summary>
internal static class CollectCommand
{
    private const int MostTold = 16;

    public static Command Create()
    {
        Argument<string[]> folders = new("folders") { Description = "Folders of sweeps.", Arity = ArgumentArity.OneOrMore };
        Option<string?> output = new("--out") { Description = "Where to write; by default the first folder." };
        Option<string[]> by = new("--by")
        {
            Description = "Keys of axes: the best setting is chosen for each of their values.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        Option<int?> choosing = new("--choose-seeds")
        {
            Description = "Leaders of each setting that choose the best; the others report it. By default half of them.",
        };
        Option<string[]> map = new("--map")
        {
            Description = "The two keys of the heat map, rows and columns; by default the first two with several values.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        Command command = new("collect", "Gather what sweeps came to: tables, the best settings, and a page.")
        {
            folders, output, by, choosing, map,
        };
        command.SetAction(parsed =>
        {
            string[] from = parsed.GetValue(folders)!, keys = parsed.GetValue(map)!;
            string to = parsed.GetValue(output) ?? from[0];
            if (to.Length == 0) throw new InvalidInputException("--out: ''; expected the name of a folder");
            if (keys.Length is not (0 or 2)) throw new InvalidInputException($"--map: {keys.Length} keys; expected two");
            // A cell that several sweeps have counts once, where it is furthest.
            CollectedCell[] cells =
            [
                .. from.SelectMany(CollectedCell.ReadAll).GroupBy(cell => cell.Cell.Id).Select(same => same.MinBy(cell => cell.State)!),
            ];
            IReadOnlyList<SweepChoice> choices = SweepChoice.Of(cells, parsed.GetValue(by)!, parsed.GetValue(choosing));
            SweepTables.Write(to, cells, choices, keys.Length == 2 ? (keys[0], keys[1]) : null);
            return Told(cells, choices, to);
        });
        return command;
    }

    private static int Told(CollectedCell[] cells, IReadOnlyList<SweepChoice> choices, string folder)
    {
        foreach (SweepChoice choice in choices)
        {
            string group = string.Concat(choice.Group.Select(setting => $"{setting.Key}={setting.Value}: "));
            string how = choice.Among == 1 ? "the only setting"
                : choice.IsHonest ? $"best of {choice.Among} settings, chosen on {choice.Choosing.Length} other seeds"
                : $"best of {choice.Among} settings, chosen on the same seeds";
            string over = $"over {choice.Reporting.Length} seeds ({how})";
            Console.Out.WriteLine(FormattableString.Invariant(
                $"{group}{choice.Best}: objective {choice.Mean:F3} ± {choice.StandardError:F3} {over}"));
        }

        CollectedCell[] missing = [.. cells.Where(cell => cell.State != CellState.Done)];
        foreach (CollectedCell cell in missing.Take(MostTold))
        {
            string state = cell.State == CellState.Failed ? $"failed: {cell.Message}" : cell.Message;
            CommandHost.Complain($"cell {cell.Cell.Number} ({cell.Cell}) is missing: {state}");
        }

        if (missing.Length > MostTold) CommandHost.Complain($"and {missing.Length - MostTold} more cells, which cells.csv names");
        Console.Out.WriteLine($"{cells.Length - missing.Length} of {cells.Length} cells: {Path.Combine(folder, "report.html")}");
        return missing.Length > 0 ? CommandHost.Failed : CommandHost.Done;
    }
}
