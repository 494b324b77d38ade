using System.CommandLine;
using System.Globalization;
using FastHyper.Backends;
using FastHyper.Experiments;

namespace FastHyper.Cli;

/// <summary><c>fasthyper check-gradient</c>: exact hypergradient against central differences.</summary>
internal static class CheckGradientCommand
{
    public static Command Create()
    {
        Argument<string> what = new("problem") { Description = "A preset, a built-in problem, a .yaml configuration or a .npz problem." };
        Option<string[]> set = CommonOptions.Set();
        Option<int> parameters = new("--parameters") { Description = "Parameters checked at the most, evenly spread.", DefaultValueFactory = _ => 512 };
        Option<double?> step = new("--step") { Description = "Step of the differences, relative to max(1, |x|); by default 1e-5, and less at low temperatures." };
        Option<string> backend = CommonOptions.Backend();
        Option<int> threads = CommonOptions.Threads();
        Option<long> seed = CommonOptions.Seed();
        Option<bool> json = CommonOptions.Json();
        Command command = new("check-gradient", "Check a problem's exact hypergradient against central differences.") { what, set, parameters, step, backend, threads, seed, json };
        command.SetAction(parsed =>
        {
            RunConfig config = ConfigFile.ResolveProblem(parsed.GetValue(what)!, parsed.GetValue(set) ?? [], "check-gradient");
            using Backend device = BackendSelector.Create(parsed.GetValue(backend)!, parsed.GetValue(threads), CommandHost.Complain);
            var problem = CommandHost.Told(ExperimentFactory.CreateProblem(config));
            GradientCheck check = GradientCheck.Run(problem, device, CommonOptions.ParseSeed(parsed.GetValue(seed)), parsed.GetValue(parameters), parsed.GetValue(step), ExperimentFactory.CreateObjective(config));
            if (parsed.GetValue(json))
            {
                CommandHost.PrintJson(writer =>
                {
                    writer.WriteBoolean("passed", check.Passed);
                    writer.WriteNumber("checked", check.Checked);
                    writer.WriteFinite("relative_error", check.RelativeError);
                    writer.WriteFinite("largest_error", check.LargestError);
                    writer.WriteNumber("worst_parameter", check.WorstParameter);
                });
            }
            else
            {
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{problem.Name}: {(check.Passed ? "passed" : "FAILED")}; {check.Checked} of {problem.ParameterCount} parameters, relative error {check.RelativeError:E2} (limit {GradientCheck.Threshold:E0}), worst at x[{check.WorstParameter}]{(check.Scale > 0 ? "" : "; all differences are zero")}"));
            }

            return check.Passed ? CommandHost.Done : CommandHost.Failed;
        });
        return command;
    }
}
