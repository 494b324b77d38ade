using System.Text;
using FastHyper.Experiments.Catalogues;

namespace FastHyper.Experiments;

/// <summary>All keys of configurations as a page of Markdown, as the records of options state them.</summary>
public static class ConfigReference
{
    private const string Beginning = """
        # The configuration

        `fasthyper config --reference > docs/configuration.md` writes this page, and a test keeps it current.

        A configuration is a YAML file: `fasthyper run FILE.yaml`. It names a problem; all other keys have defaults. `--set key=value` sets
        the same keys one by one. `fasthyper config --problem P --estimator E` prints a file of exactly the keys that count with these
        choices, each with its meaning, and `run` takes it as it is. What does not count is refused with the choice that would read it, and
        so are unknown and duplicate keys, anchors, tags and empty files.

        Paths of files count from the folder of the YAML file, those of `--set` from the working directory. Integers may be written as
        `10000`, `1e4` or `10000.0`. A schedule is a number above 0, `geometric(FROM, TO, ITERATIONS)`, or
        `geometric(FROM, TO, ITERATIONS, HOLD)`, which begins to change after HOLD iterations. Options of a problem stand in a section of
        its name, `_` for `-`; those of the objective, the follower and the estimator in `objective`, `follower` and `estimator`.

        """;

    /// <summary>The page.</summary>
    /// <param name="catalogue">What can be chosen.</param>
    public static string Write(Catalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        StringBuilder page = new(Beginning.ReplaceLineEndings("\n"));
        page.Append("\n## What is chosen\n");
        OptionHelp[] choices =
            [catalogue.Problems.Help, catalogue.Objectives.Help, catalogue.Followers.Help, catalogue.Estimators.Help, RunConfig.HashHelp];
        Table(page, choices);
        page.Append("\n## Runs and leaders\n");
        Table(page, OptionHelp.OfRuns);
        Entries(page, "Problems", catalogue.Problems, ProblemRegister.SectionOf);
        Entries(page, "Objectives", catalogue.Objectives, _ => "objective");
        Entries(page, "Followers", catalogue.Followers, _ => "follower");
        Entries(page, "Estimators", catalogue.Estimators, _ => "estimator");
        return page.ToString();
    }

    private static void Entries<TMake>(StringBuilder page, string title, Register<TMake> register, Func<string, string> section)
    {
        page.Append($"\n## {title}\n");
        foreach (var same in register.Entries.GroupBy(entry => entry.Name))
        {
            page.Append($"\n### {same.Key}\n");
            IEnumerable<OptionHelp> options =
                same.SelectMany(entry => OptionHelp.Of(section(entry.Name), entry.Options, entry.Defaults));
            Table(page, [.. options.DistinctBy(help => help.Key)]);
        }
    }

    private static void Table(StringBuilder page, IReadOnlyList<OptionHelp> options)
    {
        if (options.Count == 0)
        {
            page.Append("\nNo options.\n");
            return;
        }

        page.Append("\n| key | takes | default | meaning |\n| --- | --- | --- | --- |\n");
        foreach (OptionHelp help in options)
        {
            string counts = help.Condition is null ? "" : $" Counts with {help.Condition}.";
            page.Append($"| `{help.Key}` | {Cell(help.Expected)} | `{help.Default}` | {Cell(help.Meaning + counts)} |\n");
        }
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
