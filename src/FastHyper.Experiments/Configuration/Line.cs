namespace FastHyper.Experiments.Configuration;

/// <summary>A key of a configuration with its value.</summary>
/// <param name="Key">The key, sections and all.</param>
/// <param name="Type">What it takes.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct Line(string Key, OptionType Type, object? Value)
{
    /// <summary>The lines of the options of a record that count, under a section.</summary>
    public static IEnumerable<Line> Of(string section, IReadOnlyList<Option> table, object options) =>
        from option in table
        where option.Counts(options)
        select new Line(Refusal.Join(section, option.Key), option.Type, option.Of(options));

    /// <summary>A line of text.</summary>
    public static Line Of(string key, string value) => new(key, OptionType.Text, value);
}
