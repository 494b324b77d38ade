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
    /// <summary>The options of runs and their leaders.</summary>
    public static IReadOnlyList<OptionHelp> OfRuns { get; } = [.. Of("", new RunOptions()), .. Of("", new LeaderOptions())];

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

    private static IEnumerable<OptionHelp> Of(string section, IOptions options) => Of(section, options.Listed, options);

    private static IEnumerable<OptionHelp> Of(string section, IReadOnlyList<Option> table, object defaults) =>
        from option in table
        let line = new Line(Refusal.Join(section, option.Key), option.Type, option.Of(defaults))
        select new OptionHelp(line.Key, NodeWriter.Text(line), option.Meaning, Scalars.Expected(option.Type));
}
