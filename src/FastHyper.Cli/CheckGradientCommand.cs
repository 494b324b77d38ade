using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FastHyper.Backends;
using FastHyper.Backends.Selection;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Cli;

/// <summary><c>fasthyper check-gradient</c>: exact hypergradient against central differences.</summary>
internal static class CheckGradientCommand
{
    public static Command Create(Catalogue catalogue)
    {
        Argument<string> what = ProblemArgument.Create();
        Option<string[]> set = CommonOptions.Set();
        Option<string?> x = ProblemArgument.CreateX();
        Option<int> parameters =
            new("--parameters") { Description = "Parameters checked at the most, evenly spread.", DefaultValueFactory = _ => 512 };
        Option<double?> step =
            new("--step")
            {
                Description = "Step of the differences, relative to max(1, |x|); by default 1e-5, and less at low temperatures.",
            };
        Option<string> backend = CommonOptions.Backend();
        Option<int> threads = CommonOptions.Threads();
        Option<long> seed = CommonOptions.Seed();
        Option<bool> json = CommonOptions.Json();
        Command command =
            new("check-gradient",
                "Check a problem's exact hypergradient against central "
                + "differences.") { what, set, x, parameters, step, backend, threads, seed, json };
        command.SetAction(parsed =>
        {
            using StopSignal stop = new(CommandHost.Stopped);
            using Backend device = BackendSelector.Create(parsed.GetValue(backend)!, parsed.GetValue(threads), CommandHost.Complain);
            ProblemArgument given = ProblemArgument.Load(
                parsed.GetValue(what)!, parsed.GetValue(set) ?? [], parsed.GetValue(x), "check-gradient", catalogue);
            var problem = given.Problem;
            PullbackCheck? steps = PullbackCheck.Of(
                problem, CommonOptions.ParseSeed(parsed.GetValue(seed)), parsed.GetValue(parameters), parsed.GetValue(step), given.X);
            if (steps is not null && !parsed.GetValue(json)) Console.Out.WriteLine($"{problem.Name}: {steps}");
            // Without a grid there is no exact gradient: what steps do is all that there is to check.
            if (steps is not null && (!steps.Passed || problem is not FiniteProblem))
            {
                if (parsed.GetValue(json)) CommandHost.PrintJson(writer => Write(writer, steps));
                return steps.Passed ? CommandHost.Done : CommandHost.Failed;
            }

            GradientCheck check;
            using (StatusLine line = new())
            {
                check = GradientCheck.Run(
                    problem, device, CommonOptions.ParseSeed(parsed.GetValue(seed)), parsed.GetValue(parameters), parsed.GetValue(step),
                    given.Config?.CreateObjective(), line.Monitor(stop.Listen()), given.X);
            }

            if (parsed.GetValue(json))
            {
                CommandHost.PrintJson(writer =>
                {
                    writer.WriteBoolean("passed", check.Passed);
                    writer.WriteBoolean("undecided", check.Undecided);
                    writer.WriteNumber("checked", check.Checked);
                    writer.WriteFinite("relative_error", check.RelativeError);
                    writer.WriteFinite("largest_error", check.LargestError);
                    writer.WriteNumber("worst_parameter", check.WorstParameter);
                    writer.WriteFinite("differences_error", check.DifferencesError);
                    if (steps is not null) writer.WriteFinite("steps_error", steps.RelativeError);
                    if (check.Proof is GradientProof proof) proof.Write(writer);
                });
            }
            else
            {
                string verdict = check.Passed ? "passed" : check.Undecided ? "UNDECIDED" : "FAILED";
                string doubt = check.Undecided
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"; differences by neighbouring steps are {check.DifferencesError / check.Scale:E1} apart at best, and cannot tell")
                    : "";
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{problem.Name}: {verdict}; {check.Checked} of {problem.ParameterCount} parameters, relative error "
                        + $"{check.RelativeError:E2} (limit {GradientCheck.Threshold:E0}), worst at "
                            + $"x[{check.WorstParameter}]{(check.Scale > 0 ? "" : "; all differences are zero")}{doubt}"));
                if (check.Proof is GradientProof proof) Console.Out.WriteLine(proof);
            }

            return check.Passed || check.Undecided ? CommandHost.Done : CommandHost.Failed;
        });
        return command;
    }

    private static void Write(Utf8JsonWriter writer, PullbackCheck steps)
    {
        writer.WriteBoolean("passed", steps.Passed);
        writer.WriteNumber("checked", steps.Checked);
        writer.WriteFinite("steps_error", steps.RelativeError);
        writer.WriteString("worst_output", steps.WorstOutput);
        writer.WriteNumber("worst_parameter", steps.WorstParameter);
    }
}
