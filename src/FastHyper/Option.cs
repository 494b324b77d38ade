using System.Collections;

namespace FastHyper;

/// <summary>One option of a record: its key and meaning, what it takes, and how it is read and set.</summary>
public sealed class Option
{
    private readonly Func<object, object?> _get;
    private readonly Func<object, object?, object> _with;
    private readonly Func<object, bool>? _counts;

    /// <summary>Describes an option; generated code does.</summary>
    /// <param name="key">Its key, sections and all: <c>critic.step</c>.</param>
    /// <param name="meaning">What it means, in one line.</param>
    /// <param name="type">What it takes.</param>
    /// <param name="get">Its value in a record.</param>
    /// <param name="with">The record with another value.</param>
    /// <param name="counts">Whether it counts with the other values of a record; null for always.</param>
    public Option(
        string key, string meaning, OptionType type, Func<object, object?> get, Func<object, object?, object> with,
        Func<object, bool>? counts = null)
    {
        (Key, Meaning, Type) = (key, meaning, type);
        (_get, _with, _counts) = (get, with, counts);
    }

    /// <summary>Its key, sections and all: <c>critic.step</c>.</summary>
    public string Key { get; }

    /// <summary>What it means, in one line.</summary>
    public string Meaning { get; }

    /// <summary>What it takes.</summary>
    public OptionType Type { get; }

    /// <summary>Its value.</summary>
    /// <param name="options">The record.</param>
    public object? Of(object options) => _get(options);

    /// <summary>The record with another value of it.</summary>
    /// <param name="options">The record, which stays as it is.</param>
    /// <param name="value">Of the property's type.</param>
    /// <exception cref="InvalidInputException">The record does not take the value.</exception>
    public object With(object options, object? value) => _with(options, value);

    /// <summary>Whether it counts, with the other values as they are.</summary>
    /// <param name="options">The record.</param>
    public bool Counts(object options) => _counts?.Invoke(options) ?? true;

    /// <summary>The options of a record that is itself an option.</summary>
    /// <typeparam name="T">The inner record.</typeparam>
    /// <param name="section">The key that they stand under; empty for beside the outer record's.</param>
    /// <param name="get">The inner record.</param>
    /// <param name="with">The outer record with another inner one.</param>
    /// <param name="counts">Whether any of it counts; null for always.</param>
    public static IEnumerable<Option> Within<T>(
        string section, Func<object, T> get, Func<object, T, object> with, Func<object, bool>? counts = null)
        where T : class, IOptions<T>, new() =>
        T.Options.Select(inner => new Option(
            section.Length == 0 ? inner.Key : $"{section}.{inner.Key}",
            inner.Meaning,
            inner.Type,
            outer => inner.Of(get(outer)),
            (outer, value) => with(outer, (T)inner.With(get(outer), value)),
            outer => counts?.Invoke(outer) != false && inner.Counts(get(outer))));

    /// <summary>Whether a value is one: neither null nor an empty list.</summary>
    /// <param name="value">The value.</param>
    public static bool IsGiven(object? value) => value is not (null or ICollection { Count: 0 });
}
