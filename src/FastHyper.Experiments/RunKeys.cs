using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Configuration;

namespace FastHyper.Experiments;

/// <summary>
/// Holds a configuration to the keys that count in it: one that is given, and that what is chosen does not read, is refused with
/// the choice that would read it. Both follow from the tables of options; nothing is listed twice.
/// </summary>
internal static class RunKeys
{
    /// <summary>The keys that a run reads.</summary>
    public static ReadKeys OfRun(RunConfig config) => new(config.LinesOfRun().Select(line => line.Key));

    /// <summary>The keys that the problem and its objective are made of.</summary>
    public static ReadKeys OfProblem(RunConfig config) => new(config.LinesOfProblem().Select(line => line.Key));

    /// <summary>Throws unless all keys that are given are read.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="given">The keys that it was given.</param>
    /// <param name="keysOf">What is read of a configuration.</param>
    /// <param name="reader">Who reads it, in words.</param>
    public static void Require(RunConfig config, IEnumerable<Setting> given, Func<RunConfig, ReadKeys> keysOf, string reader)
    {
        ReadKeys read = keysOf(config);
        if (given.FirstOrDefault(setting => !read.Contains(setting.Key)) is Setting unread)
            throw Refusal.At(unread.Key, unread.Place, Explain(config, unread.Key, keysOf) ?? $"not read by {reader}");
    }

    /// <summary>Which choice reads the key, or the section that it is in, where the present one does not; null if none does.</summary>
    private static string? Explain(RunConfig config, string key, Func<RunConfig, ReadKeys> keysOf)
    {
        Choice[] choices = [.. Choices(config)];
        for (string item = key; item.Length > 0; item = item.LastIndexOf('.') is > 0 and int dot ? item[..dot] : "")
        {
            // A section that is read in part is no answer to what a key in it is for.
            if (item != key && keysOf(config).Contains(item)) return null;
            foreach (Choice choice in choices)
            {
                string[] readers = [.. choice.Values.Where(value => Reads(config, choice.Key, value, item, keysOf))];
                if (readers.Length == 0) continue;
                string what = item == key ? "reads it" : $"reads {item}";
                return $"{choice.Key} = {Names.OneOf(readers)} {what}, {choice.Present} does not";
            }
        }

        return null;
    }

    /// <summary>The choices that may decide which other keys are read: what the catalogue has, and options of what is chosen.</summary>
    private static IEnumerable<Choice> Choices(RunConfig config)
    {
        Line[] lines = [.. config.Lines];
        Catalogue catalogue = config.Catalogue;
        yield return Of(catalogue.Problems.Key, catalogue.Problems.Names);
        yield return Of(catalogue.Estimators.Key, catalogue.Estimators.Names);
        yield return Of(catalogue.Objectives.Key, catalogue.Objectives.Names);
        yield return Of(catalogue.Followers.Key, catalogue.Followers.Names);
        foreach (Line line in lines)
        {
            IEnumerable<string> values = line.Type switch
            {
                { Form: OptionForm.Name } => line.Type.Values.Keys,
                { Form: OptionForm.Flag } => ["false", "true"],
                { Form: OptionForm.List } => ["[]"],
                { Form: OptionForm.Int or OptionForm.Long or OptionForm.Number, AllowsNull: true } => ["1"],
                _ => [],
            };
            yield return Of(line.Key, values);
        }

        Choice Of(string key, IEnumerable<string> values) =>
            new(key, [.. values], OneLine.Value(NodeWriter.Text(lines.First(line => line.Key == key))));
    }

    private static bool Reads(RunConfig config, string choice, string value, string key, Func<RunConfig, ReadKeys> keysOf)
    {
        try
        {
            RunConfig other = config.With($"{choice}={value}");
            // An objective that the estimator does not know is one that another estimator does.
            return OfProblem(other).Contains(key) || keysOf(other).Contains(key);
        }
        catch (InvalidInputException)
        {
            // Choices that do not go with each other read nothing.
            return false;
        }
    }

    /// <summary>A key, what it may be set to, and what it is.</summary>
    private sealed record Choice(string Key, IReadOnlyList<string> Values, string Present);
}
