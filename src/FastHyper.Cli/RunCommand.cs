using System.CommandLine;
using System.Globalization;
using FastHyper.Backends.Selection;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;

namespace FastHyper.Cli;

/// <summary><c>fasthyper run</c>: leads a problem and leaves a run folder.</summary>
internal static class RunCommand
{
    /// <summary>What is said when a run is stopped at once.</summary>
    public const string Ending = "stopped at once; a run that has begun goes on with: run --resume, and its folder";

    public static Command Create(Catalogue catalogue)
    {
        Argument<string?> what =
            new("problem")
            {
                Description = "A preset, a built-in problem, a .yaml configuration or a .npz problem.",
                Arity = ArgumentArity.ZeroOrOne,
            };
        Option<string?> estimator = new("--estimator") { Description = $"{Names.OneOf(catalogue.Estimators.Names)}." };
        Option<long?> iterations = new("--iterations") { Description = CommonOptions.Meaning("iterations") };
        Option<int?> seeds = new("--seeds") { Description = CommonOptions.Meaning("seeds") };
        Option<string?> output =
            new("--out") { Description = "The run folder, gone on with where it has this run; by default a new one under runs/." };
        Option<string?> resume = new("--resume") { Description = "Go on with the run in this folder." };
        Option<string[]> set = CommonOptions.Set();
        Option<string?> backend = new("--backend") { Description = $"Where to compute: {BackendSelector.Names}." };
        Option<string?> precision = new("--precision") { Description = CommonOptions.Meaning("precision") };
        Option<int?> threads = new("--threads") { Description = CommonOptions.Meaning("threads") };
        Option<long?> seed = new("--seed") { Description = CommonOptions.Meaning("seed") };
        Option<string[]> log = new("--log") { Description = CommonOptions.Meaning("log"), AllowMultipleArgumentsPerToken = true };
        Option<string?> moved = new("--problem") { Description = "With --resume: where the run's problem file lies by now." };
        Option<string?> limit = TimeLimit.Option();
        Option<bool> json = CommonOptions.Json();
        Command command = new("run", "Lead a problem to a better design.")
        {
            what, estimator, iterations, seeds, output, resume, set, backend, precision, threads, seed, log, moved, limit, json,
        };
        command.SetAction(parsed =>
        {
            // Options are overrides by another name, and come before the explicit ones.
            List<string> overrides = [];
            void Override(string key, object? value)
            {
                if (value is not null) overrides.Add(string.Create(CultureInfo.InvariantCulture, $"{key}={value}"));
            }

            using StopSignal stop = new(Ending, requeues: true);
            stop.Within(TimeLimit.Parse(parsed.GetValue(limit)));
            string? name = parsed.GetValue(what);
            string? folder = parsed.GetValue(resume);
            Override("estimator.name", parsed.GetValue(estimator));
            Override("seeds", parsed.GetValue(seeds));
            Override("backend", parsed.GetValue(backend));
            Override("precision", parsed.GetValue(precision));
            Override("threads", parsed.GetValue(threads));
            Override("seed", parsed.GetValue(seed));
            if (parsed.GetValue(log) is { Length: > 0 } forms) Override("log", $"[{string.Join(", ", forms)}]");
            overrides.AddRange(parsed.GetValue(set) ?? []);
            if (folder is not null)
            {
                if (name is not null || overrides.Count > 0 || parsed.GetValue(output) is not null)
                    throw new InvalidInputException(
                        "--resume goes on with the configuration in its folder; expected no other option than --iterations, --problem, "
                            + "--max-time and --json");
                using Run resumed = Run.Resume(
                    folder, parsed.GetValue(iterations), CommandHost.Complain, catalogue, parsed.GetValue(moved));
                return Execute(resumed, stop, parsed.GetValue(json));
            }

            if (parsed.GetValue(moved) is not null)
                throw new InvalidInputException("--problem: without --resume; expected the problem itself, before the options");
            Override("iterations", parsed.GetValue(iterations));
            if (name is null) throw new InvalidInputException(
                $"run what? expected a preset ({string.Join(", ", ConfigFile.Presets)}), a .yaml configuration, a .npz problem, or "
                    + $"--resume DIR");
            RunConfig config = ConfigFile.Resolve(name, overrides, catalogue);
            using Run run = Begin(config, parsed.GetValue(output), name);
            return Execute(run, stop, parsed.GetValue(json));
        });
        return command;
    }

    /// <summary>Runs to the end, or until stopped.</summary>
    public static int Execute(Run run, StopSignal stop, bool json)
    {
        RunSummary summary;
        CancellationToken token = stop.Listen();
        try
        {
            summary = ProgressDisplay.Show(json, progress => run.Execute(progress, token));
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            CommandHost.Complain($"stopped before its first checkpoint; begin again with: run --resume {run.Folder}");
            return stop.ExitCode;
        }

        if (json)
        {
            Console.Out.Write(summary.ToJson());
        }
        else if (summary.Finished > 0)
        {
            string choice = summary.Choice is null ? "" : $" ({summary.Choice})";
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{summary.Problem}, {summary.Estimator}: objective {summary.InitialObjective:F3} -> {summary.Best.Mean:F3} ± " +
                $"{summary.Best.StandardError:F3} over {summary.Best.Seeds} seeds after {summary.Iterations} iterations{choice}, " +
                $"{summary.Seconds:F1} s, {summary.LeaderIterationsPerSecond:F0} leader iterations/s"));
            if (summary.Diverged.Count > 0)
                Console.Out.WriteLine($"{summary.Finished} of {summary.Leaders} leaders finished, {summary.Diverged.Count} diverged");
            if (summary.ObjectivesAt is null) Console.Out.WriteLine($"report: {Path.Combine(summary.Folder, "report.html")}");
        }

        if (summary.Finished == 0)
        {
            CommandHost.Complain(
                $"{(summary.Leaders == 1 ? "the leader" : $"all {summary.Leaders} leaders")} diverged by iteration {summary.Iterations}; "
                    + $"what there is of the run is in {summary.Folder}");
            return CommandHost.Failed;
        }

        if (summary.Completed) return CommandHost.Done;
        CommandHost.Complain($"stopped at iteration {summary.Iterations}; go on with: run --resume {summary.Folder}");
        return stop.ExitCode;
    }

    /// <summary>In the folder asked for, where the same run may have begun, or in a new one under runs/.</summary>
    private static Run Begin(RunConfig config, string? folder, string name) => folder switch
    {
        null => Run.BeginNext(config, Path.Combine("runs", Path.GetFileNameWithoutExtension(name)), CommandHost.Complain),
        "" => throw new InvalidInputException("--out: ''; expected the name of a folder"),
        _ => Run.Open(config, folder, CommandHost.Complain),
    };
}
