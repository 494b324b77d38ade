namespace FastHyper.Experiments.Configuration;

/// <summary>Sets options by their keys, of settings of which later ones count before earlier ones.</summary>
internal sealed class Binder
{
    private readonly Dictionary<string, Setting> _given = [];

    /// <summary>Takes settings.</summary>
    public Binder(IEnumerable<Setting> settings)
    {
        foreach (Setting setting in settings) _given[setting.Key] = setting;
    }

    /// <summary>A text that is given, or null.</summary>
    /// <exception cref="InvalidInputException">It is no text.</exception>
    public string? Text(string key) =>
        _given.TryGetValue(key, out Setting? setting) ? (string?)Scalars.Read(setting.Value, OptionType.Text.OrNull, key) : null;

    /// <summary>A record with the options that are given, of those under a section.</summary>
    /// <exception cref="InvalidInputException">A value is refused.</exception>
    public object Bind(object options, IReadOnlyList<Option> table, string section)
    {
        foreach (Option option in table)
        {
            string key = Refusal.Join(section, option.Key);
            if (!_given.TryGetValue(key, out Setting? setting)) continue;
            options = option.With(options, Scalars.Read(setting.Value, option.Type, key));
        }

        return options;
    }

    /// <summary>A record with the options that are given, of those in no section.</summary>
    /// <exception cref="InvalidInputException">A value is refused.</exception>
    public T Bind<T>()
        where T : class, IOptions<T>, new() => (T)Bind(new T(), T.Options, "");
}
