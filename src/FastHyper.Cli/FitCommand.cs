using System.CommandLine;
using System.Globalization;
using FastHyper.Backends;
using FastHyper.Backends.Selection;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Files;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Leaders;
using FastHyper.Problems;

namespace FastHyper.Cli;

/// <summary><c>fasthyper fit</c>: the parameters under which observed choices are likeliest, with standard errors.</summary>
internal static class FitCommand
{
    public static Command Create(Catalogue catalogue)
    {
        Argument<string> what = new("problem") { Description = "A preset, a built-in problem, a .yaml configuration or a .npz problem." };
        Option<string> choices = new("--choices")
        {
            Description = "Observed choices (.npz): counts (S, A), or states and actions, one of each step.",
            Required = true,
        };
        Option<string?> output = new("--out") { Description = "Where x, stderr, covariance and log_likelihood go (.npz)." };
        Option<string[]> set = CommonOptions.Set();
        Option<string> backend = CommonOptions.Backend();
        Option<int> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        Command command =
            new("fit",
                "Fit a problem's parameters to observed choices, by maximum "
                + "likelihood.") { what, choices, output, set, backend, threads, json };
        command.SetAction(parsed =>
        {
            RunConfig config = ConfigFile.ResolveProblem(parsed.GetValue(what)!, parsed.GetValue(set) ?? [], "fit", catalogue);
            FiniteProblem problem = CommandHost.Told(config.CreateFiniteProblem("fit"));
            LogLikelihoodObjective observed = LogLikelihoodObjective.Load(new LogLikelihoodOptions { Choices = parsed.GetValue(choices)! });
            using Backend device = BackendSelector.Create(parsed.GetValue(backend)!, parsed.GetValue(threads), CommandHost.Complain);
            using StopSignal stop = new(CommandHost.Stopped);
            MaximumLikelihood fit;
            using (StatusLine line = new())
                fit = MaximumLikelihood.Fit(problem, observed, device, monitor: line.Monitor(stop.Listen()));
            if (parsed.GetValue(output) is string path) Save(path, problem, fit);
            if (parsed.GetValue(json)) CommandHost.PrintJson(writer => Write(writer, fit));
            else Print(problem, fit);
            if (fit.Converged) return CommandHost.Done;
            CommandHost.Complain($"the fit stopped after {fit.Steps} steps; expected steps below 1e-6 standard errors");
            return CommandHost.Failed;
        });
        return command;
    }

    private static void Save(string path, Problem problem, MaximumLikelihood fit)
    {
        int count = problem.ParameterCount;
        using NpzWriter writer = NpzWriter.Create(path);
        writer.Write("x", fit.X.AsSpan(), count);
        writer.Write("stderr", fit.StandardErrors.AsSpan(), count);
        writer.Write("covariance", fit.Covariance.AsSpan(), count, count);
        writer.WriteScalar("log_likelihood", fit.LogLikelihood);
        writer.Commit();
    }

    private static void Write(System.Text.Json.Utf8JsonWriter writer, MaximumLikelihood fit)
    {
        writer.WriteFinite("log_likelihood", fit.LogLikelihood);
        writer.WriteNumber("steps", fit.Steps);
        writer.WriteBoolean("converged", fit.Converged);
        WriteNumbers("x", fit.X);
        WriteNumbers("stderr", fit.StandardErrors);

        void WriteNumbers(string name, double[] numbers)
        {
            writer.WriteStartArray(name);
            foreach (double number in numbers) writer.WriteNumberValue(number);
            writer.WriteEndArray();
        }
    }

    private static void Print(Problem problem, MaximumLikelihood fit)
    {
        const int most = 20;
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{problem.Name}: log-likelihood {fit.LogLikelihood:G10} after {fit.Steps} steps"));
        for (int p = 0; p < Math.Min(most, fit.X.Length); p++)
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  x[{p}] = {fit.X[p]:G6} ± {fit.StandardErrors[p]:G3}"));
        if (fit.X.Length > most) Console.Out.WriteLine($"  and {fit.X.Length - most} more, in the file of --out");
    }
}
