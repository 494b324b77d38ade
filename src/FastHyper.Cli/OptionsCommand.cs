using System.CommandLine;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;

namespace FastHyper.Cli;

/// <summary><c>fasthyper options</c>: the keys of configurations, with their defaults and what they mean.</summary>
internal static class OptionsCommand
{
    public static Command Create(Catalogue catalogue)
    {
        Argument<string?> what = new("name")
        {
            Description = "A problem, an estimator, an objective or a follower; the run's own options without.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Command command = new("options", "List the keys of configurations, with their defaults and what they mean.") { what };
        command.SetAction(parsed =>
        {
            foreach ((string key, string byDefault, string meaning, string expected) in OptionHelp.Of(catalogue, parsed.GetValue(what)))
                Console.Out.WriteLine($"{key} = {byDefault}\n    {meaning} ({expected})");
            return CommandHost.Done;
        });
        return command;
    }
}
