using System.CommandLine;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;

namespace FastHyper.Cli;

/// <summary><c>fasthyper config</c>: a configuration with all that can be set of what is chosen.</summary>
internal static class ConfigCommand
{
    public static Command Create(Catalogue catalogue)
    {
        Option<string> problem = new("--problem")
        {
            Description = "A preset, a built-in problem, a .yaml configuration or a .npz problem.",
            DefaultValueFactory = _ => "four-rooms",
        };
        Option<string?> estimator = new("--estimator") { Description = $"{Names.OneOf(catalogue.Estimators.Names)}." };
        Option<string[]> set = CommonOptions.Set();
        Option<bool> reference = new("--reference") { Description = "Print all keys that there are, as a page of Markdown." };
        Command command = new("config", "Print a configuration with the meaning, range and default of each key that counts in it.")
        {
            problem, estimator, set, reference,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(reference))
            {
                Console.Out.Write(ConfigReference.Write(catalogue));
                return CommandHost.Done;
            }

            string[] chosen = parsed.GetValue(estimator) is string name ? [$"{catalogue.Estimators.Key}={name}"] : [];
            RunConfig config = ConfigFile.Resolve(parsed.GetValue(problem)!, [.. chosen, .. parsed.GetValue(set) ?? []], catalogue);
            Console.Out.Write(config.ToCommentedYaml());
            return CommandHost.Done;
        });
        return command;
    }
}
