using FastHyper.Experiments.Catalogues;
using FastHyper.Experiments.Configuration;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>What the record of an option says of it.</summary>
/// <param name="Key">Its key in a configuration.</param>
/// <param name="Default">Its default, as YAML.</param>
/// <param name="Meaning">What it means.</param>
/// <param name="Expected">What it takes.</param>
public sealed record OptionHelp(string Key, string Default, string Meaning, string Expected)
{
    /// <summary>The values of another option that it counts with; null where it counts with all, or with no single one's.</summary>
    internal string? Condition { get; init; }

    /// <summary>The options of runs and their leaders.</summary>
    public static IReadOnlyList<OptionHelp> OfRuns { get; } = [.. Of("", new RunOptions()), .. Of("", new LeaderOptions())];

    /// <summary>The meaning, and in a second line what it takes and the default.</summary>
    public override string ToString() => $"{Meaning}\n{char.ToUpperInvariant(Expected[0])}{Expected[1..]}; default {Default}.";

    /// <summary>The options of something in a catalogue.</summary>
    /// <param name="catalogue">The catalogue.</param>
    /// <param name="name">A problem, an estimator, an objective or a follower; null for the options of runs and their leaders.</param>
    /// <exception cref="InvalidInputException">There is nothing of that name.</exception>
    public static IReadOnlyList<OptionHelp> Of(Catalogue catalogue, string? name)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        if (name is null) return OfRuns;
        OptionHelp[] found =
        [
            .. Named(catalogue.Problems, ProblemRegister.SectionOf(name)), .. Named(catalogue.Objectives, "objective"),
            .. Named(catalogue.Followers, "follower"), .. Named(catalogue.Estimators, "estimator"),
        ];
        string[] names =
            [.. catalogue.Problems.Names, .. catalogue.Estimators.Names, .. catalogue.Objectives.Names, .. catalogue.Followers.Names];
        if (names.Contains(name)) return found;
        throw new InvalidInputException($"options: '{OneLine.Value(name)}'{Names.DidYouMean(name, names)}; expected {Names.OneOf(names)}");

        IEnumerable<OptionHelp> Named<TMake>(Register<TMake> register, string section) =>
            register.Entries.Where(entry => entry.Name == name).SelectMany(entry => Of(section, entry.Options, entry.Defaults));
    }

    internal static IEnumerable<OptionHelp> Of(string section, IOptions options) => Of(section, options.Listed, options);

    internal static IEnumerable<OptionHelp> Of(string section, IReadOnlyList<Option> table, object defaults) =>
        from option in table
        let line = new Line(Refusal.Join(section, option.Key), option.Type, option.Of(defaults))
        select new OptionHelp(line.Key, NodeWriter.Text(line), option.Meaning, Scalars.Expected(option.Type))
        {
            Condition = ConditionOf(section, table, defaults, option),
        };

    /// <summary>Tried out, one other option after another, with all else as it is by default.</summary>
    private static string? ConditionOf(string section, IReadOnlyList<Option> table, object defaults, Option option)
    {
        foreach (Option other in table.Where(other => other != option && other.Type.Form is OptionForm.Name or OptionForm.Flag))
        {
            (string Text, object Value)[] values = other.Type.Form == OptionForm.Flag
                ? [("false", false), ("true", true)]
                : [.. other.Type.Values.Select(value => (value.Key, value.Value))];
            string[] letting = [.. values.Where(value => option.Counts(other.With(defaults, value.Value))).Select(value => value.Text)];
            if (letting.Length > 0 && letting.Length < values.Length)
                return $"{Refusal.Join(section, other.Key)} = {string.Join(" or ", letting)}";
        }

        return null;
    }
}
