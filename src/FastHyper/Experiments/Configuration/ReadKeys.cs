using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FastHyper.Experiments.Configuration;

/// <summary>The keys of a configuration that a use of it reads, found by using it.</summary>
[RequiresUnreferencedCode(StrictYaml.Reflects), RequiresDynamicCode(StrictYaml.Reflects)]
internal sealed class ReadKeys
{
    private readonly HashSet<string> _keys = [];

    private ReadKeys() { }

    /// <summary>Notes what <paramref name="use"/> reads.</summary>
    public static ReadKeys Of(NotingOptions options, Action use)
    {
        List<(string Prefix, NotingOptions Options, HashSet<string> Read)> sections = [];
        Find(options, "", sections);
        foreach ((_, NotingOptions section, HashSet<string> read) in sections) section.Note(read);
        try
        {
            use();
        }
        finally
        {
            foreach ((_, NotingOptions section, _) in sections) section.Note(null);
        }

        ReadKeys keys = new();
        foreach ((string prefix, NotingOptions section, HashSet<string> read) in sections)
            foreach (Option option in Section.Of(section.GetType()).Options)
                if (read.Contains(option.Property.Name)) keys.Add(Refusal.Join(prefix, option.Key), option.Property.GetValue(section), option.Shape);
        return keys;
    }

    /// <summary>The keys.</summary>
    public IReadOnlySet<string> Keys => _keys;

    /// <summary>Whether a key, or one within it, is read.</summary>
    public bool Contains(string key)
    {
        int list = key.IndexOf('[', StringComparison.Ordinal);
        if (list >= 0) key = key[..list];
        return _keys.Contains(key) || _keys.Any(read => read.StartsWith(key + '.', StringComparison.Ordinal) || key.StartsWith(read + '.', StringComparison.Ordinal));
    }

    private static void Find(NotingOptions options, string prefix, List<(string Prefix, NotingOptions Options, HashSet<string> Read)> sections)
    {
        sections.Add((prefix, options, []));
        foreach (Option option in Section.Of(options.GetType()).Options)
            if (option.Property.GetValue(options) is NotingOptions inner) Find(inner, Refusal.Join(prefix, option.Key), sections);
    }

    private void Add(string key, object? value, Shape shape)
    {
        if (value is NotingOptions) return;
        if (value is null || shape.Form != Form.Section)
        {
            _keys.Add(key);
            return;
        }

        // Who takes all options of a section says itself which of them do not count.
        foreach (Option option in Section.Of(value.GetType()).Options)
            if (Counts(option, value)) Add(Refusal.Join(key, option.Key), option.Property.GetValue(value), option.Shape);
    }

    private static bool Counts(Option option, object options) =>
        option.Property.GetCustomAttribute<OnlyWithAttribute>() is not { } only || Equals(options.GetType().GetProperty(only.Option)?.GetValue(options), only.Value);
}
